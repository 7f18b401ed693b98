/* The matrix kernels in plain C, for any core and for the host. The layout of weights is in shrinkc_kernels.h.
 *
 * Weights are never unpacked. With 2^(bits-1) added, w becomes an unsigned digit u, and a word (one EOR makes all of
 * its digits unsigned) is a number in base B = 2^bits:
 *     word >> (bits * k)  =  u[k] + B u[k+1] + B^2 u[k+2] + ...
 * So the shifted word is multiplied by the input as it is and summed, for every k, all modulo 2^32; and once a block
 *     sum of u[k] x  =  sums[k] - B * sums[k+1]              (the topmost sum has nothing above it)
 *     sum of w[k] x  =  sum of u[k] x - 2^(bits-1) * sum of x
 * which is exact, since the compiler has proven that the result fits 32 bits. That is a shift, a multiplication and an
 * addition a weight on a Cortex-M0+, and LSR and MLA on an M3.
 *
 * Instructions a multiplication, measured in gcc 12.2's code at -O2 for 128 rows:
 *     m3 dense s2: 2.40     m3 delta s2: 2.79     m0plus dense s2: 3.98     m0plus delta s2: 4.17
 *     m3 dense s4: 2.34     m3 delta s4: 2.69     m0plus dense s4: 3.92     m0plus delta s4: 4.11
 *     m3 dense s8: 2.53     m3 delta s8: 3.10     m0plus dense s8: 3.79     m0plus delta s8: 3.98
 *     m3 dense s16: 3.03    m3 delta s16: 3.91    m0plus dense s16: 4.54    m0plus delta s16: 4.92
 */
#include "shrinkc_kernels.h"

#include "shrinkc_fixed_point.h"
#include "shrinkc_list_portable.h"

/* Rows in one go over the columns, their sums in registers. */
#if SHRINKC_HAS_WIDE_PRODUCT
#define LARGEST_STRIP 8
#else
#define LARGEST_STRIP 4
#endif

/* *sum += product, and no cleverness: v6-M multiplies in eight low registers but can add to the others, so that is
 * where sums belong; elsewhere gcc would reorder the additions of several columns and lose MLA. */
SHRINKC_INLINE void add_to(uint32_t *sum, uint32_t product)
{
#if defined(__thumb__) && !defined(__thumb2__)
    __asm__("add %0, %1" : "+h"(*sum) : "l"(product));
#else
    *sum += product;
    __asm__("" : "+r"(*sum));
#endif
}

/* Some rows of a block: digits first to first + rows - 1 of its words. Constants at every use. */
typedef struct {
    int bits, first, rows;
} strip_t;

/* sum[k] += word >> (bits * (first + k)) times input. Spelt out, so that gcc keeps the sums in registers. */
SHRINKC_INLINE void add_column(uint32_t *sum, uint32_t word, strip_t strip, uint32_t input)
{
    const uint32_t digits = word >> (strip.bits * strip.first);
    if (strip.rows == 8) {
        add_to(&sum[7], (digits >> (7 * strip.bits)) * input);
        add_to(&sum[6], (digits >> (6 * strip.bits)) * input);
        add_to(&sum[5], (digits >> (5 * strip.bits)) * input);
        add_to(&sum[4], (digits >> (4 * strip.bits)) * input);
    }
    if (strip.rows >= 4) {
        add_to(&sum[3], (digits >> (3 * strip.bits)) * input);
        add_to(&sum[2], (digits >> (2 * strip.bits)) * input);
    }
    add_to(&sum[1], (digits >> strip.bits) * input);
    add_to(&sum[0], digits * input);
}

SHRINKC_INLINE void store_sums(uint32_t *to, const uint32_t *sum, int rows)
{
    to[0] = sum[0];
    to[1] = sum[1];
    if (rows >= 4) {
        to[2] = sum[2];
        to[3] = sum[3];
    }
    if (rows == 8) {
        to[4] = sum[4];
        to[5] = sum[5];
        to[6] = sum[6];
        to[7] = sum[7];
    }
}

SHRINKC_INLINE uint32_t word_at(const uint32_t *words, uint32_t offset)
{
    return words[offset / 4];
}

SHRINKC_INLINE void delta_strip(const uint32_t *words, strip_t strip, const entry_t *active, uint32_t count,
                                uint32_t *sums)
{
    const entry_t *fours = active + (count & ~3u), *end = active + count;
    uint32_t sum[8] = {0};
    for (; active != fours; active += 4) {
        add_column(sum, word_at(words, active[0].offset), strip, (uint32_t)active[0].delta);
        add_column(sum, word_at(words, active[1].offset), strip, (uint32_t)active[1].delta);
        add_column(sum, word_at(words, active[2].offset), strip, (uint32_t)active[2].delta);
        add_column(sum, word_at(words, active[3].offset), strip, (uint32_t)active[3].delta);
    }
    for (; active != end; active++) {
        add_column(sum, word_at(words, active->offset), strip, (uint32_t)active->delta);
    }
    store_sums(sums + strip.first, sum, strip.rows);
}

SHRINKC_INLINE void dense_strip(const uint32_t *words, strip_t strip, const int16_t *input, uint32_t columns,
                                uint32_t *sums)
{
    const int16_t *fours = input + (columns & ~3u), *end = input + columns;
    uint32_t sum[8] = {0};
    for (; input != fours; input += 4) {
        add_column(sum, *words++, strip, (uint32_t)input[0]);
        add_column(sum, *words++, strip, (uint32_t)input[1]);
        add_column(sum, *words++, strip, (uint32_t)input[2]);
        add_column(sum, *words++, strip, (uint32_t)input[3]);
    }
    for (; input != end; input++) {
        add_column(sum, *words++, strip, (uint32_t)input[0]);
    }
    store_sums(sums + strip.first, sum, strip.rows);
}

/* From the sums of a block to its accumulators. `total` is the sum of the inputs. */
SHRINKC_INLINE void finish_block(const int32_t *start, int32_t *accumulators, const uint32_t *sums, int bits,
                                 int32_t total)
{
    const int rows = 32 / bits;
    const uint32_t offset = (uint32_t)total << (bits - 1);
    uint32_t above = 0;
    for (int k = rows - 1; k >= 0; k--) {
        const uint32_t sum = sums[k];
        accumulators[k] = (int32_t)((uint32_t)start[k] + sum - above - offset);
        above = sum << bits;
    }
}

SHRINKC_INLINE int rows_of_strip(int bits)
{
    return 32 / bits < LARGEST_STRIP ? 32 / bits : LARGEST_STRIP;
}

SHRINKC_INLINE void delta_matrix(const shrinkc_matrix_t *matrix, int bits, const entry_t *active,
                                 uint16_t count, int32_t *accumulators)
{
    const int rows = 32 / bits, step = rows_of_strip(bits);
    const uint32_t *words = matrix->weights;
    uint32_t sums[16];
    int32_t total = 0;
    if (count == 0) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        total += active[i].delta;
    }
    for (int32_t left = matrix->rows; left > 0; left -= rows, accumulators += rows, words += matrix->columns) {
        delta_strip(words, (strip_t){bits, 0, step}, active, count, sums);
        if (rows > step) {
            delta_strip(words, (strip_t){bits, step, step}, active, count, sums);
        }
        if (rows > 2 * step) {
            delta_strip(words, (strip_t){bits, 2 * step, step}, active, count, sums);
            delta_strip(words, (strip_t){bits, 3 * step, step}, active, count, sums);
        }
        finish_block(accumulators, accumulators, sums, bits, total);
    }
}

SHRINKC_INLINE void dense_matrix(const shrinkc_matrix_t *matrix, int bits, const int16_t *input,
                                 const int32_t *start, int32_t *accumulators)
{
    const int rows = 32 / bits, step = rows_of_strip(bits);
    const uint32_t columns = matrix->columns;
    const uint32_t *words = matrix->weights;
    uint32_t sums[16];
    int32_t total = 0;
    for (uint32_t j = 0; j < columns; j++) {
        total += input[j];
    }
    for (int32_t left = matrix->rows; left > 0; left -= rows, accumulators += rows, words += columns, start += rows) {
        dense_strip(words, (strip_t){bits, 0, step}, input, columns, sums);
        if (rows > step) {
            dense_strip(words, (strip_t){bits, step, step}, input, columns, sums);
        }
        if (rows > 2 * step) {
            dense_strip(words, (strip_t){bits, 2 * step, step}, input, columns, sums);
            dense_strip(words, (strip_t){bits, 3 * step, step}, input, columns, sums);
        }
        finish_block(start, accumulators, sums, bits, total);
    }
}

void shrinkc_delta_mat_mult_s2(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums)
{
    delta_matrix(matrix, 2, (const entry_t *)(const void *)list, count, sums);
}

void shrinkc_delta_mat_mult_s4(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums)
{
    delta_matrix(matrix, 4, (const entry_t *)(const void *)list, count, sums);
}

void shrinkc_delta_mat_mult_s8(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums)
{
    delta_matrix(matrix, 8, (const entry_t *)(const void *)list, count, sums);
}

void shrinkc_delta_mat_mult_s16(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums)
{
    delta_matrix(matrix, 16, (const entry_t *)(const void *)list, count, sums);
}

void shrinkc_vec_mat_mult_s2(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                             int32_t *sums)
{
    dense_matrix(matrix, 2, input, start, sums);
}

void shrinkc_vec_mat_mult_s4(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                             int32_t *sums)
{
    dense_matrix(matrix, 4, input, start, sums);
}

void shrinkc_vec_mat_mult_s8(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                             int32_t *sums)
{
    dense_matrix(matrix, 8, input, start, sums);
}

void shrinkc_vec_mat_mult_s16(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                             int32_t *sums)
{
    dense_matrix(matrix, 16, input, start, sums);
}
