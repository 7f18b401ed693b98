/* Matrix products over packed weights: dense, and of the columns alone whose input has changed (delta).
 *
 * Compile shrinkc_scan.c and one of
 *     shrinkc_kernels_portable.c    any core and the host: Cortex-M0+, M3
 *     shrinkc_kernels_dsp.c         cores with the DSP extension: Cortex-M4, M7, M33, M55 without Helium
 * Both give the same integers.
 *
 * A delta product keeps two things from step to step: what was sent of each input element (from 0) and the
 * accumulators (from the bias). shrinkc_delta_scan_* compares the new vector with what was sent and lists the columns
 * to send; shrinkc_delta_mat_mult_* adds those columns, times the difference, to the accumulators, which then equal
 * bias + W * sent exactly. The compiler proves that such a sum fits 32 bits whatever mixture of old and new values it
 * holds, so columns may be added in any order and two at a time.
 */
#ifndef SHRINKC_KERNELS_H
#define SHRINKC_KERNELS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One column to send. Word alignment lets a kernel fetch an entry, or several, in one load. */
typedef struct {
    uint16_t column;
    int16_t delta;
} __attribute__((aligned(4))) shrinkc_active_t;

/* A vector as the input of products: its grid and its thresholds. An element on the grid is
 * shrinkc_quantize_vector(element, multiplier, shift, limit). limit is at most 127 where sent values are kept in
 * int8_t, and at most 16383 where they are kept in int16_t: a difference of two always fits 16 bits. */
typedef struct {
    uint16_t width;
    int16_t multiplier; /* positive */
    uint8_t shift;      /* 1 to 30 */
    int16_t limit;
    int16_t threshold;         /* an element is sent when it has moved by more than this: 0 or larger */
    const int16_t *thresholds; /* one per element, or NULL: threshold serves all */
} shrinkc_send_group_t;

/* Packed weights, two's complement, in words: R = 32 / bits rows share a word.
 *
 *     word[block * columns + column], block = row / R:
 *      31                       8 7      0            8 bits, R = 4
 *     | row 4b+3 | 4b+2 | 4b+1 | row 4b |
 *
 * The weight of row block * R + k stands in bits [k * bits, (k + 1) * bits). Rows are filled up to a whole block with
 * zero weights, and every accumulator array has room for the filled-up rows: 0 is added to those. */
typedef struct {
    const uint32_t *weights;
    uint16_t rows; /* without the filling */
    uint16_t columns;
} shrinkc_matrix_t;

/* Find what to send: d = grid(vector[j]) - sent[j]; where |d| > threshold, sent[j] follows and {j, d} is listed.
 * `active` has room for group->width entries; the number of entries is returned. */
uint16_t shrinkc_delta_scan_s8(const shrinkc_send_group_t *group, const int16_t *vector, int8_t *sent,
                               shrinkc_active_t *active);
uint16_t shrinkc_delta_scan_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *sent,
                                shrinkc_active_t *active);

/* The whole vector on the grid, for a dense product. */
void shrinkc_quantize_dense(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *quantized);

/* accumulators[row] += W[row][column] * delta, over the listed columns. */
void shrinkc_delta_mat_mult_s2(const shrinkc_matrix_t *matrix, const shrinkc_active_t *active, uint16_t count,
                               int32_t *accumulators);
void shrinkc_delta_mat_mult_s4(const shrinkc_matrix_t *matrix, const shrinkc_active_t *active, uint16_t count,
                               int32_t *accumulators);
void shrinkc_delta_mat_mult_s8(const shrinkc_matrix_t *matrix, const shrinkc_active_t *active, uint16_t count,
                               int32_t *accumulators);
void shrinkc_delta_mat_mult_s16(const shrinkc_matrix_t *matrix, const shrinkc_active_t *active, uint16_t count,
                                int32_t *accumulators);

/* accumulators[row] += sum over the columns of W[row][column] * input[column]. */
void shrinkc_vec_mat_mult_s2(const shrinkc_matrix_t *matrix, const int16_t *input, int32_t *accumulators);
void shrinkc_vec_mat_mult_s4(const shrinkc_matrix_t *matrix, const int16_t *input, int32_t *accumulators);
void shrinkc_vec_mat_mult_s8(const shrinkc_matrix_t *matrix, const int16_t *input, int32_t *accumulators);
void shrinkc_vec_mat_mult_s16(const shrinkc_matrix_t *matrix, const int16_t *input, int32_t *accumulators);

#ifdef __cplusplus
}
#endif

#endif
