/* Products of 2- and 4-bit weights, for any core. Rows in pairs, as shrinkc_pairs_portable.h says, where eight columns
 * fit a half of a sum; with larger inputs, one row after the other. */
#include "shrinkc_kernels.h"

#include "shrinkc_pairs_portable.h"

/* log2 of the columns between two flushes, at most 2^8 of them; 0 where it would be fewer than eight. */
SHRINKC_INLINE uint32_t columns_to_flush(int bits, uint32_t largest)
{
    uint32_t columns = 3, half = ((1u << bits) - 1) * largest << 3;
    if (half >= HALF_BIAS) {
        return 0;
    }
    for (half <<= 1; half < HALF_BIAS && columns < 8; half <<= 1) {
        columns++;
    }
    return columns;
}

/* What each row loses in the end: the offset of its digits, and the bias of its low half as often as it is flushed. */
SHRINKC_INLINE void begin_rows(int bits, uint32_t offset, uint32_t bias, const int32_t *start, int32_t *sums)
{
    const int half = 16 / bits;
    for (int row = 0; row < half; row++) {
        sums[row] = (int32_t)((uint32_t)start[row] - offset - bias);
        sums[row + half] = (int32_t)((uint32_t)start[row + half] - offset);
    }
}

SHRINKC_INLINE void flush_pair(int bits, uint32_t sum, int32_t *sums)
{
    sums[0] = (int32_t)((uint32_t)sums[0] + (sum & 0xFFFFu));
    sums[16 / bits] = (int32_t)((uint32_t)sums[16 / bits] + (uint32_t)((int32_t)sum >> 16));
}

SHRINKC_INLINE void flush(pairs_t pairs, const uint32_t *sum, int32_t *sums)
{
    int32_t *const row = sums + pairs.shift / pairs.bits;
    flush_pair(pairs.bits, sum[0], row);
    flush_pair(pairs.bits, sum[1], row + 1);
    flush_pair(pairs.bits, sum[2], row + 2);
    flush_pair(pairs.bits, sum[3], row + 3);
}

SHRINKC_INLINE void begin_pairs(uint32_t *sum)
{
    sum[0] = sum[1] = sum[2] = sum[3] = HALF_BIAS;
}

/* Eight rows of a block over all columns. */
SHRINKC_INLINE void dense_rows(pairs_t pairs, const uint32_t *word, const int16_t *next, const int16_t *end,
                               uint32_t log_columns, int32_t *sums)
{
    while (next != end) {
        const int32_t left = (int32_t)(end - next), most = INT32_C(1) << log_columns;
        const int32_t now = left < most ? left : most;
        const int16_t *const eights = next + (now & ~7), *const last = next + now;
        uint32_t sum[4];
        begin_pairs(sum);
        if (next != eights) {
            dense_pairs(pairs, sum, &word, &next, eights);
        }
        for (; next != last; next++) {
            add_pairs(pairs, sum, *word++, (uint32_t)*next);
        }
        flush(pairs, sum, sums);
    }
}

SHRINKC_INLINE void delta_rows(pairs_t pairs, const uint32_t *words, const entry_t *next, const entry_t *end,
                               uint32_t log_columns, int32_t *sums)
{
    while (next != end) {
        const int32_t left = (int32_t)(end - next), most = INT32_C(1) << log_columns;
        const int32_t now = left < most ? left : most;
        const entry_t *const eights = next + (now & ~7), *const last = next + now;
        uint32_t sum[4];
        begin_pairs(sum);
        if (next != eights) {
            delta_pairs(pairs, sum, words, &next, eights);
        }
        for (; next != last; next++) {
            add_pairs(pairs, sum, words[next->offset / 4], (uint32_t)next->delta);
        }
        flush(pairs, sum, sums);
    }
}

/* How a call's columns are flushed, and what that costs its rows. */
typedef struct {
    uint32_t log_columns, offset, bias;
} plan_t;

SHRINKC_INLINE plan_t plan_of(int bits, int32_t total, uint32_t largest, uint32_t columns)
{
    const uint32_t log_columns = columns_to_flush(bits, largest), more = (UINT32_C(1) << log_columns) - 1;
    return (plan_t){log_columns, (uint32_t)total << (bits - 1), ((columns + more) >> log_columns) * HALF_BIAS};
}

/* Inputs of more than 9 bits or so: every digit on its own. */
SHRINKC_INLINE void add_digits(int bits, uint32_t word, uint32_t input, int32_t *sums)
{
    for (int row = 0; row < 32 / bits; row++) {
        sums[row] = (int32_t)((uint32_t)sums[row] + ((word >> (row * bits)) & ((1u << bits) - 1)) * input);
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
    for (int32_t left = matrix->rows; left > 0; left -= rows, start += rows, sums += rows) {
        begin_rows(bits, plan.offset, plan.log_columns == 0 ? 0 : plan.bias, start, sums);
        if (plan.log_columns == 0) {
            for (const int16_t *next = input; next != end; next++) {
                add_digits(bits, *word++, (uint32_t)*next, sums);
            }
            continue;
        }
        dense_rows((pairs_t){bits, 0}, word, input, end, plan.log_columns, sums);
        if (bits == 2) {
            dense_rows((pairs_t){bits, 8}, word, input, end, plan.log_columns, sums);
        }
        word += matrix->columns;
    }
}

SHRINKC_INLINE void delta_matrix(int bits, const shrinkc_matrix_t *matrix, const uint32_t *list, uint32_t count,
                                 int32_t *sums)
{
    const entry_t *const first = entries_of(list), *const end = first + count;
    const uint32_t *words = matrix->weights;
    const int rows = 32 / bits;
    if (count == 0) {
        return;
    }
    const plan_t plan = plan_of(bits, head_of(list)->total, head_of(list)->largest, count);
    for (int32_t left = matrix->rows; left > 0; left -= rows, sums += rows, words += matrix->columns) {
        begin_rows(bits, plan.offset, plan.log_columns == 0 ? 0 : plan.bias, sums, sums);
        if (plan.log_columns == 0) {
            for (const entry_t *next = first; next != end; next++) {
                add_digits(bits, words[next->offset / 4], (uint32_t)next->delta, sums);
            }
            continue;
        }
        delta_rows((pairs_t){bits, 0}, words, first, end, plan.log_columns, sums);
        if (bits == 2) {
            delta_rows((pairs_t){bits, 8}, words, first, end, plan.log_columns, sums);
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
