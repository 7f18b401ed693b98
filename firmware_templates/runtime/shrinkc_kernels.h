/* Matrix products over packed weights: dense, and of the columns alone whose input has changed (delta).
 *
 * Compile the files of one family, which define the functions declared here; those that read inputs as bytes, at the
 * end, are of the Helium family alone:
 *     shrinkc_kernels_portable*.c, shrinkc_scan_portable.c    any core: Cortex-M0, M0+, M3
 *     shrinkc_kernels_dsp_*.c, shrinkc_scan_dsp.c             cores with the DSP extension: Cortex-M4, M7, M33
 *     shrinkc_kernels_helium_*.c, shrinkc_scan_helium.c       cores with Helium: Cortex-M55
 * All give the same integers, and all compile everywhere: where an instruction is missing, its plain C twin stands in.
 * Weights are packed for one kernel of one family; the layouts are in the families' files and in the compiler's
 * lower/kernels.py.
 *
 * A delta product keeps two things from step to step: what was sent of each input element (from 0) and the sums (from
 * the bias). shrinkc_delta_scan_* compares the new vector with what was sent and lists the columns to send;
 * shrinkc_delta_mat_mult_* adds those columns, times the difference, to the sums, which then equal bias + W * sent
 * exactly. The compiler proves that such a sum fits 32 bits whatever mixture of old and new values it holds, so columns
 * may be added in any order and several at a time.
 */
#ifndef SHRINKC_KERNELS_H
#define SHRINKC_KERNELS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A vector as the input of products: its grid and its thresholds. An element on the grid is
 * round(element * multiplier / 2^shift), clamped to +-limit: shrinkc_grid.h. limit is at most 127 where sent values are kept in
 * int8_t, and at most 16383 where they are kept in int16_t: a difference of two always fits 16 bits. */
typedef struct {
    uint16_t width;
    int16_t multiplier; /* positive */
    uint8_t shift;      /* 1 to 30 */
    int16_t limit;
    int16_t threshold;         /* an element is sent when it has moved by more than this: 0 or larger */
    const int16_t *thresholds; /* one per element, or NULL: threshold serves all */
} shrinkc_send_group_t;

/* Packed weights. Rows are filled up to what the kernel computes at once: sums have room for them, and what they come
 * to means nothing. The filling of columns adds nothing, whatever the input holds there. */
typedef struct {
    const uint32_t *weights;
    uint16_t rows; /* without the filling, like the columns */
    uint16_t columns;
} shrinkc_matrix_t;

/* Find what to send: d = grid(vector[j]) - sent[j]; where |d| > threshold, sent[j] follows and column j is listed with
 * d. The list's format is the family's own; the number of columns in it is returned. */
uint16_t shrinkc_delta_scan_s8(const shrinkc_send_group_t *group, const int16_t *vector, int8_t *sent, uint32_t *list);
uint16_t shrinkc_delta_scan_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *sent,
                                uint32_t *list);

/* sums[row] += W[row][column] * d, over the columns of a list. */
void shrinkc_delta_mat_mult_s2(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums);
void shrinkc_delta_mat_mult_s4(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums);
void shrinkc_delta_mat_mult_s8(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums);
void shrinkc_delta_mat_mult_s16(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums);

/* The input of a dense product: the whole vector on the grid, or only those elements that have moved by more than
 * their threshold, while the others hold what they were. It is word-aligned and has room for the filled-up columns. */
void shrinkc_quantize_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *input);
void shrinkc_hold_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *input);

/* sums[row] = start[row] + the sum over the columns of W[row][column] * input[column]. start may be sums. */
void shrinkc_vec_mat_mult_s2(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                             int32_t *sums);
void shrinkc_vec_mat_mult_s4(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                             int32_t *sums);
void shrinkc_vec_mat_mult_s8(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                             int32_t *sums);
void shrinkc_vec_mat_mult_s16(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                              int32_t *sums);

/* The same for inputs on grids of 8 bits or fewer, which the Helium family reads as bytes. */
void shrinkc_quantize_s8(const shrinkc_send_group_t *group, const int16_t *vector, int8_t *input);
void shrinkc_hold_s8(const shrinkc_send_group_t *group, const int16_t *vector, int8_t *input);
void shrinkc_vec_mat_mult_s2_s8(const shrinkc_matrix_t *matrix, const int8_t *input, const int32_t *start,
                                int32_t *sums);
void shrinkc_vec_mat_mult_s4_s8(const shrinkc_matrix_t *matrix, const int8_t *input, const int32_t *start,
                                int32_t *sums);
void shrinkc_vec_mat_mult_s8_s8(const shrinkc_matrix_t *matrix, const int8_t *input, const int32_t *start,
                                int32_t *sums);
void shrinkc_vec_mat_mult_s16_s8(const shrinkc_matrix_t *matrix, const int8_t *input, const int32_t *start,
                                 int32_t *sums);

#ifdef __cplusplus
}
#endif

#endif
