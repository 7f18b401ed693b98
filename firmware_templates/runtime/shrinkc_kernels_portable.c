/* The matrix kernels in plain C, for any core and for the host. The layout of weights is in shrinkc_kernels.h.
 *
 * Rows are taken a few at a time: their accumulators stay in registers while the loop goes over the columns, and each
 * column's index, difference and weight word are loaded once for all of them. The functions below serve every width
 * of weight; `bits` and `first` are constants where they are called, so an unpacking is one SBFX on an M3 and two
 * shifts on an M0+.
 */
#include "shrinkc_kernels.h"

#include "shrinkc_fixed_point.h"

#if SHRINKC_HAS_WIDE_PRODUCT
#define SHRINKC_FEW_REGISTERS 0
#else
#define SHRINKC_FEW_REGISTERS 1
#endif

/* A quarter to a whole of a block: the rows of digits first to first + 3 of the words from `words` on (at 16 bits, the
 * two rows that a word holds). */
typedef struct {
    const uint32_t *words;
    int first;
} strip_t;

/* Weight k of a word. */
SHRINKC_INLINE int32_t weight(uint32_t word, int bits, int k)
{
    return (int32_t)(word << (32 - bits * (k + 1))) >> (32 - bits);
}

SHRINKC_INLINE void add_column(uint32_t word, int bits, int first, int32_t input, int32_t *sum)
{
    sum[0] += weight(word, bits, first) * input;
    sum[1] += weight(word, bits, first + 1) * input;
    if (bits < 16) { /* a word of 16-bit weights holds two rows */
        sum[2] += weight(word, bits, first + 2) * input;
        sum[3] += weight(word, bits, first + 3) * input;
    }
}

SHRINKC_INLINE int rows_of_strip(int bits)
{
    return bits == 16 ? 2 : 4;
}

/* Accumulators travel between memory and registers once per strip, not once per column. Spelt out, since gcc makes
 * a loop here into a call of memcpy. */
SHRINKC_INLINE void copy_strip(int32_t *to, const int32_t *from, int rows)
{
    to[0] = from[0];
    to[1] = from[1];
    if (rows == 4) {
        to[2] = from[2];
        to[3] = from[3];
    }
}

SHRINKC_INLINE void delta_one(strip_t a, int bits, const shrinkc_active_t *active, const shrinkc_active_t *end,
                              int32_t *accumulators)
{
    const int rows = rows_of_strip(bits);
    int32_t sum[4];
    copy_strip(sum, accumulators, rows);
    for (; active != end; active++) {
        add_column(a.words[active->column], bits, a.first, active->delta, sum);
    }
    copy_strip(accumulators, sum, rows);
}

/* Two strips in one go over the columns; v6-M has too few registers to gain by it. */
SHRINKC_INLINE void delta_two(strip_t a, strip_t b, int bits, const shrinkc_active_t *active,
                              const shrinkc_active_t *end, int32_t *accumulators)
{
    const int rows = rows_of_strip(bits);
#if SHRINKC_FEW_REGISTERS
    delta_one(a, bits, active, end, accumulators);
    delta_one(b, bits, active, end, accumulators + rows);
#else
    int32_t sum[8];
    copy_strip(sum, accumulators, rows);
    copy_strip(sum + rows, accumulators + rows, rows);
    for (; active != end; active++) {
        const int32_t column = active->column, delta = active->delta;
        add_column(a.words[column], bits, a.first, delta, sum);
        add_column(b.words[column], bits, b.first, delta, sum + rows);
    }
    copy_strip(accumulators, sum, rows);
    copy_strip(accumulators + rows, sum + rows, rows);
#endif
}

SHRINKC_INLINE void dense_one(strip_t a, int bits, const int16_t *input, const int16_t *end, int32_t *accumulators)
{
    const int rows = rows_of_strip(bits);
    int32_t sum[4];
    copy_strip(sum, accumulators, rows);
    while (input != end) {
        add_column(*a.words++, bits, a.first, *input++, sum);
    }
    copy_strip(accumulators, sum, rows);
}

SHRINKC_INLINE void dense_two(strip_t a, strip_t b, int bits, const int16_t *input, const int16_t *end,
                              int32_t *accumulators)
{
    const int rows = rows_of_strip(bits);
#if SHRINKC_FEW_REGISTERS
    dense_one(a, bits, input, end, accumulators);
    dense_one(b, bits, input, end, accumulators + rows);
#else
    int32_t sum[8];
    copy_strip(sum, accumulators, rows);
    copy_strip(sum + rows, accumulators + rows, rows);
    while (input != end) {
        const int32_t value = *input++;
        add_column(*a.words++, bits, a.first, value, sum);
        add_column(*b.words++, bits, b.first, value, sum + rows);
    }
    copy_strip(accumulators, sum, rows);
    copy_strip(accumulators + rows, sum + rows, rows);
#endif
}

/* Every strip of a matrix, two at a time: the halves of a block at 2 and 4 bits, neighbouring blocks at 8 and 16. */
SHRINKC_INLINE void delta_matrix(const shrinkc_matrix_t *matrix, int bits, const shrinkc_active_t *active,
                                 uint16_t count, int32_t *accumulators)
{
    const int rows = 32 / bits;
    const shrinkc_active_t *end = active + count;
    const uint32_t *words = matrix->weights;
    int32_t left = matrix->rows;
    while (left > 0) {
        if (bits < 8) {
            delta_two((strip_t){words, 0}, (strip_t){words, 4}, bits, active, end, accumulators);
        } else if (left <= rows) {
            delta_one((strip_t){words, 0}, bits, active, end, accumulators);
        } else {
            const strip_t next = {words + matrix->columns, 0};
            delta_two((strip_t){words, 0}, next, bits, active, end, accumulators);
            words = next.words;
            accumulators += rows;
            left -= rows;
        }
        if (bits == 2) {
            delta_two((strip_t){words, 8}, (strip_t){words, 12}, bits, active, end, accumulators + 8);
        }
        words += matrix->columns;
        accumulators += rows;
        left -= rows;
    }
}

SHRINKC_INLINE void dense_matrix(const shrinkc_matrix_t *matrix, int bits, const int16_t *input,
                                 int32_t *accumulators)
{
    const int rows = 32 / bits;
    const int16_t *end = input + matrix->columns;
    const uint32_t *words = matrix->weights;
    int32_t left = matrix->rows;
    while (left > 0) {
        if (bits < 8) {
            dense_two((strip_t){words, 0}, (strip_t){words, 4}, bits, input, end, accumulators);
        } else if (left <= rows) {
            dense_one((strip_t){words, 0}, bits, input, end, accumulators);
        } else {
            const strip_t next = {words + matrix->columns, 0};
            dense_two((strip_t){words, 0}, next, bits, input, end, accumulators);
            words = next.words;
            accumulators += rows;
            left -= rows;
        }
        if (bits == 2) {
            dense_two((strip_t){words, 8}, (strip_t){words, 12}, bits, input, end, accumulators + 8);
        }
        words += matrix->columns;
        accumulators += rows;
        left -= rows;
    }
}

void shrinkc_delta_mat_mult_s2(const shrinkc_matrix_t *matrix, const shrinkc_active_t *active, uint16_t count,
                               int32_t *accumulators)
{
    delta_matrix(matrix, 2, active, count, accumulators);
}

void shrinkc_delta_mat_mult_s4(const shrinkc_matrix_t *matrix, const shrinkc_active_t *active, uint16_t count,
                               int32_t *accumulators)
{
    delta_matrix(matrix, 4, active, count, accumulators);
}

void shrinkc_delta_mat_mult_s8(const shrinkc_matrix_t *matrix, const shrinkc_active_t *active, uint16_t count,
                               int32_t *accumulators)
{
    delta_matrix(matrix, 8, active, count, accumulators);
}

void shrinkc_delta_mat_mult_s16(const shrinkc_matrix_t *matrix, const shrinkc_active_t *active, uint16_t count,
                                int32_t *accumulators)
{
    delta_matrix(matrix, 16, active, count, accumulators);
}

void shrinkc_vec_mat_mult_s2(const shrinkc_matrix_t *matrix, const int16_t *input, int32_t *accumulators)
{
    dense_matrix(matrix, 2, input, accumulators);
}

void shrinkc_vec_mat_mult_s4(const shrinkc_matrix_t *matrix, const int16_t *input, int32_t *accumulators)
{
    dense_matrix(matrix, 4, input, accumulators);
}

void shrinkc_vec_mat_mult_s8(const shrinkc_matrix_t *matrix, const int16_t *input, int32_t *accumulators)
{
    dense_matrix(matrix, 8, input, accumulators);
}

void shrinkc_vec_mat_mult_s16(const shrinkc_matrix_t *matrix, const int16_t *input, int32_t *accumulators)
{
    dense_matrix(matrix, 16, input, accumulators);
}
