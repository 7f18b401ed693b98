/* Products of 8- and 16-bit weights, for any core: four rows of a matrix at a time, as shrinkc_rows_portable.h says. */
#include "shrinkc_kernels.h"

#include "shrinkc_rows_portable.h"

/* What four sums start from, so that parting them in `finish` also takes off 2^(bits-1) times the sum of the inputs. */
typedef struct {
    uint32_t sum[4];
} begin_t;

SHRINKC_INLINE begin_t begin_with(int bits, int32_t total)
{
    const uint32_t offset = (uint32_t)total << (bits - 1), top = 0 - offset;
    const uint32_t third = (top << bits) - offset, second = (third << bits) - offset;
    return bits == 8 ? (begin_t){{(second << bits) - offset, second, third, top}} : (begin_t){{third, top, third, top}};
}

SHRINKC_INLINE void copy_begin(uint32_t *sum, const begin_t *begin)
{
    sum[0] = begin->sum[0];
    sum[1] = begin->sum[1];
    sum[2] = begin->sum[2];
    sum[3] = begin->sum[3];
}

SHRINKC_INLINE void finish(int bits, const uint32_t *sum, const int32_t *start, int32_t *sums)
{
    const uint32_t above = bits == 8 ? sum[2] << 8 : 0;
    sums[0] = (int32_t)((uint32_t)start[0] + sum[0] - (sum[1] << bits));
    sums[1] = (int32_t)((uint32_t)start[1] + sum[1] - above);
    sums[2] = (int32_t)((uint32_t)start[2] + sum[2] - (sum[3] << bits));
    sums[3] = (int32_t)((uint32_t)start[3] + sum[3]);
}

SHRINKC_INLINE void dense_matrix(int bits, const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                                 int32_t *sums)
{
    const int16_t *const eights = input + (matrix->columns & ~7u), *const end = input + matrix->columns;
    const uint32_t *word = matrix->weights;
    int32_t total = 0;
    for (const int16_t *next = input; next != end; next++) {
        total += *next;
    }
    const begin_t begin = begin_with(bits, total);
    for (int32_t left = matrix->rows; left > 0; left -= 4, start += 4, sums += 4) {
        const int16_t *next = input;
        uint32_t sum[4];
        copy_begin(sum, &begin);
        if (next != eights) {
            dense_eights(bits, sum, &word, &next, eights);
        }
        for (; next != end; next++, word += bits / 8) {
            add_column(bits, sum, word, (uint32_t)*next);
        }
        finish(bits, sum, start, sums);
    }
}

SHRINKC_INLINE void delta_matrix(int bits, const shrinkc_matrix_t *matrix, const uint32_t *list, uint32_t count,
                                 int32_t *sums)
{
    const entry_t *const first = entries_of(list), *const eights = first + (count & ~7u), *const end = first + count;
    const uint32_t *words = matrix->weights, stride = (uint32_t)(bits / 8) * matrix->columns;
    if (count == 0) {
        return;
    }
    const begin_t begin = begin_with(bits, head_of(list)->total);
    for (int32_t left = matrix->rows; left > 0; left -= 4, sums += 4, words += stride) {
        const entry_t *next = first;
        uint32_t sum[4];
        copy_begin(sum, &begin);
        if (next != eights) {
            delta_eights(bits, sum, words, &next, eights);
        }
        for (; next != end; next++) {
            add_column(bits, sum, words_at(bits, words, next->offset), (uint32_t)next->delta);
        }
        finish(bits, sum, sums, sums);
    }
}

void shrinkc_delta_mat_mult_s8(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums)
{
    delta_matrix(8, matrix, list, count, sums);
}

void shrinkc_delta_mat_mult_s16(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums)
{
    delta_matrix(16, matrix, list, count, sums);
}

void shrinkc_vec_mat_mult_s8(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                             int32_t *sums)
{
    dense_matrix(8, matrix, input, start, sums);
}

void shrinkc_vec_mat_mult_s16(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                              int32_t *sums)
{
    dense_matrix(16, matrix, input, start, sums);
}
