/* Products of 2- and 4-bit weights, for any core. Rows in pairs, as shrinkc_pairs_portable.h says, where eight columns
 * fit a half of a sum; with larger inputs, four rows at a time. */
#include "shrinkc_kernels.h"

#include "shrinkc_pairs_portable.h"

/* What each row loses in the end: the offset of its digits, and the bias of its low half as often as it is flushed. */
SHRINKC_INLINE void begin_rows(int bits, uint32_t offset, uint32_t bias, const int32_t *start, int32_t *sums)
{
    const int half = 16 / bits;
    for (int row = 0; row < half; row++) {
        sums[row] = (int32_t)((uint32_t)start[row] - offset - bias);
        sums[row + half] = (int32_t)((uint32_t)start[row + half] - offset);
    }
}

SHRINKC_INLINE void begin_pairs(uint32_t *sum)
{
    sum[0] = sum[1] = sum[2] = sum[3] = HALF_BIAS;
}

/* Eight rows of a block over all columns: flushed after `most` of them, and what is left by eights comes last. */
SHRINKC_INLINE void dense_rows(pairs_t pairs, const uint32_t *word, const int16_t *next, uint32_t columns,
                               int32_t most, int32_t *sums)
{
    const int16_t *const eights = next + (columns & ~7u), *const end = next + columns;
    uint32_t sum[4];
    while (next != eights) {
        begin_pairs(sum);
        dense_pairs(pairs, sum, &word, &next, eights - next < most ? eights : next + most);
        flush(pairs, sum, sums);
    }
    if (next != end) {
        begin_pairs(sum);
        for (; next != end; next++) {
            add_pairs(pairs, sum, *word++, (uint32_t)*next);
        }
        flush(pairs, sum, sums);
    }
}

SHRINKC_INLINE void delta_rows(pairs_t pairs, const uint32_t *words, const entry_t *next, uint32_t count,
                               int32_t most, int32_t *sums)
{
    const entry_t *const eights = next + (count & ~7u), *const end = next + count;
    uint32_t sum[4];
    while (next != eights) {
        begin_pairs(sum);
        delta_pairs(pairs, sum, words, &next, eights - next < most ? eights : next + most);
        flush(pairs, sum, sums);
    }
    if (next != end) {
        begin_pairs(sum);
        for (; next != end; next++) {
            add_pairs(pairs, sum, words[next->offset / 4], (uint32_t)next->delta);
        }
        flush(pairs, sum, sums);
    }
}

/* How many columns between two flushes, or 0; and what a row loses in the end: the offset of its digits, and the bias
 * of a low half as often as it is flushed. */
typedef struct {
    int32_t most;
    uint32_t offset, bias;
} plan_t;

/* The most columns, a power of two from 8 to 256, that cannot overfill a half of a sum. */
SHRINKC_INLINE plan_t plan_of(int bits, int32_t total, uint32_t largest, uint32_t columns)
{
    const uint32_t offset = (uint32_t)total << (bits - 1), digit = (1u << bits) - 1;
    uint32_t log_most = 3;
    if (8 * digit * largest >= HALF_BIAS) {
        return (plan_t){0, offset, 0};
    }
    while (log_most < 8 && (2 * digit * largest << log_most) < HALF_BIAS) {
        log_most++;
    }
    const int32_t most = INT32_C(1) << log_most;
    const uint32_t flushes = ((columns & ~7u) + (uint32_t)most - 1) >> log_most;
    return (plan_t){most, offset, (flushes + ((columns & 7u) != 0)) * HALF_BIAS};
}

/* Where the inputs are too large for that: four rows at a time without a mask, parted as in shrinkc_rows_portable.h. */
SHRINKC_INLINE void add_digits(int bits, uint32_t *sum, uint32_t digits, uint32_t input)
{
    sum[0] += digits * input;
    sum[1] += (digits >> bits) * input;
    sum[2] += (digits >> (2 * bits)) * input;
    sum[3] += (digits >> (3 * bits)) * input;
}

/* Returns the lowest sum, which the rows below have mixed into theirs. */
SHRINKC_INLINE uint32_t part_digits(int bits, const uint32_t *sum, uint32_t above, int32_t *sums)
{
    sums[0] = (int32_t)((uint32_t)sums[0] + sum[0] - (sum[1] << bits));
    sums[1] = (int32_t)((uint32_t)sums[1] + sum[1] - (sum[2] << bits));
    sums[2] = (int32_t)((uint32_t)sums[2] + sum[2] - (sum[3] << bits));
    sums[3] = (int32_t)((uint32_t)sums[3] + sum[3] - (above << bits));
    return sum[0];
}

SHRINKC_INLINE void dense_wide(int bits, const uint32_t *words, const int16_t *input, uint32_t columns, int32_t *sums)
{
    uint32_t above = 0;
    for (int row = 32 / bits - 4; row >= 0; row -= 4) {
        uint32_t sum[4] = {0, 0, 0, 0};
        for (uint32_t j = 0; j < columns; j++) {
            add_digits(bits, sum, words[j] >> (row * bits), (uint32_t)input[j]);
        }
        above = part_digits(bits, sum, above, sums + row);
    }
}

SHRINKC_INLINE void delta_wide(int bits, const uint32_t *words, const entry_t *entry, uint32_t count, int32_t *sums)
{
    uint32_t above = 0;
    for (int row = 32 / bits - 4; row >= 0; row -= 4) {
        uint32_t sum[4] = {0, 0, 0, 0};
        for (uint32_t j = 0; j < count; j++) {
            add_digits(bits, sum, words[entry[j].offset / 4] >> (row * bits), (uint32_t)entry[j].delta);
        }
        above = part_digits(bits, sum, above, sums + row);
    }
}

SHRINKC_INLINE void dense_matrix(int bits, const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                                 int32_t *sums)
{
    const int16_t *const end = input + matrix->columns;
    const uint32_t *word = matrix->weights;
    const int rows = 32 / bits;
    int32_t total = 0, largest = 0;
    for (const int16_t *next = input; next != end; next++) {
        total += *next;
        largest |= *next ^ (*next >> 15);
    }
    const plan_t plan = plan_of(bits, total, (uint32_t)largest + 1, matrix->columns);
    for (int32_t left = matrix->rows; left > 0; left -= rows, start += rows, sums += rows, word += matrix->columns) {
        begin_rows(bits, plan.offset, plan.bias, start, sums);
        if (plan.most == 0) {
            dense_wide(bits, word, input, matrix->columns, sums);
            continue;
        }
        dense_rows((pairs_t){bits, 0}, word, input, matrix->columns, plan.most, sums);
        if (bits == 2) {
            dense_rows((pairs_t){bits, 8}, word, input, matrix->columns, plan.most, sums);
        }
    }
}

SHRINKC_INLINE void delta_matrix(int bits, const shrinkc_matrix_t *matrix, const uint32_t *list, uint32_t count,
                                 int32_t *sums)
{
    const entry_t *const first = entries_of(list);
    const uint32_t *words = matrix->weights;
    const int rows = 32 / bits;
    if (count == 0) {
        return;
    }
    const plan_t plan = plan_of(bits, head_of(list)->total, head_of(list)->largest, count);
    for (int32_t left = matrix->rows; left > 0; left -= rows, sums += rows, words += matrix->columns) {
        begin_rows(bits, plan.offset, plan.bias, sums, sums);
        if (plan.most == 0) {
            delta_wide(bits, words, first, count, sums);
            continue;
        }
        delta_rows((pairs_t){bits, 0}, words, first, count, plan.most, sums);
        if (bits == 2) {
            delta_rows((pairs_t){bits, 8}, words, first, count, plan.most, sums);
        }
    }
}

void shrinkc_delta_mat_mult_s2(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums)
{
    delta_matrix(2, matrix, list, count, sums);
}

void shrinkc_delta_mat_mult_s4(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums)
{
    delta_matrix(4, matrix, list, count, sums);
}

void shrinkc_vec_mat_mult_s2(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                             int32_t *sums)
{
    dense_matrix(2, matrix, input, start, sums);
}

void shrinkc_vec_mat_mult_s4(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                             int32_t *sums)
{
    dense_matrix(4, matrix, input, start, sums);
}
