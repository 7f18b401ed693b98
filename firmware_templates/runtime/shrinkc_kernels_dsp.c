/* The matrix kernels for cores with the DSP extension: Cortex-M4, M7, M33, and M55 without Helium.
 *
 * SMLABB and its kin multiply either half of one register by either half of another and add, so the work is to bring
 * weights into halves, two at a time. Accumulators stay in registers while a loop goes over the columns, four columns
 * in one go. The layout of weights is in shrinkc_kernels.h; the integers are those of shrinkc_kernels_portable.c.
 * The figures beside the loops are instructions a multiplication, measured in gcc 12.2's code at -O2 for 128 rows.
 */
#include "shrinkc_kernels.h"

#include "shrinkc_dsp.h"
#include "shrinkc_dsp_digits.h"

/* ---- 8 bits: one block, four rows ---- */

SHRINKC_INLINE void add_s8(uint32_t *sum, uint32_t word, uint32_t input, half_t half)
{
    mac_two(&sum[0], &sum[2], even_bytes(word), input, half);
    mac_two(&sum[1], &sum[3], odd_bytes(word), input, half);
}

/* m4 delta s8: 2.25. A column is half an LDRD, UXTH, LDR, two SXTB16 and four SMLABT or SMLATT; four columns share the
 * two instructions of the loop. */
void shrinkc_delta_mat_mult_s8(const shrinkc_matrix_t *matrix, const shrinkc_active_t *active, uint16_t count,
                               int32_t *accumulators)
{
    const uint32_t *words = matrix->weights;
    const list_t list = list_of(active, count);
    if (count == 0) {
        return;
    }
    for (int32_t left = matrix->rows; left > 0; left -= 4, accumulators += 4, words += matrix->columns) {
        uint32_t sum[4], a, b, c, d;
        load_sums(sum, accumulators);
        const word_t *entry = list.start;
        while (entry != list.rest) {
            load_two(&entry, &a, &b);
            load_two(&entry, &c, &d);
            add_s8(sum, words[column_of(a)], a, TOP);
            add_s8(sum, words[column_of(b)], b, TOP);
            add_s8(sum, words[column_of(c)], c, TOP);
            add_s8(sum, words[column_of(d)], d, TOP);
        }
        for (; entry != list.end; entry++) {
            add_s8(sum, words[column_of(*entry)], *entry, TOP);
        }
        store_sums(accumulators, sum);
    }
}

/* m4 dense s8: 1.81. Four columns: LDRD for the inputs, two for the words, eight SXTB16, sixteen SMLAxy, CMP, BNE. */
void shrinkc_vec_mat_mult_s8(const shrinkc_matrix_t *matrix, const int16_t *input, int32_t *accumulators)
{
    const word_t *word = matrix->weights;
    const span_t span = span_of(input, matrix->columns);
    for (int32_t left = matrix->rows; left > 0; left -= 4, accumulators += 4) {
        uint32_t sum[4], ab, cd, a, b;
        load_sums(sum, accumulators);
        for (const int16_t *one = span.start; one != span.fours; one++) {
            add_s8(sum, *word++, (uint32_t)*one, BOTTOM);
        }
        const word_t *pair = as_words(span.fours);
        while (pair != as_words(span.rest)) {
            load_two(&pair, &ab, &cd);
            load_two(&word, &a, &b);
            add_s8(sum, a, ab, BOTTOM);
            add_s8(sum, b, ab, TOP);
            load_two(&word, &a, &b);
            add_s8(sum, a, cd, BOTTOM);
            add_s8(sum, b, cd, TOP);
        }
        for (const int16_t *one = span.rest; one != span.end; one++) {
            add_s8(sum, *word++, (uint32_t)*one, BOTTOM);
        }
        store_sums(accumulators, sum);
    }
}

/* ---- 16 bits: two blocks of two rows ---- */

/* A matrix with an odd number of blocks ends in a block alone: then both of the pair are that one, and what its twin
 * adds up is dropped. */
typedef struct {
    const uint32_t *low, *high;
} pair_of_blocks_t;

SHRINKC_INLINE void add_s16(uint32_t *sum, uint32_t low, uint32_t high, uint32_t input, half_t half)
{
    mac_two(&sum[0], &sum[1], low, input, half);
    mac_two(&sum[2], &sum[3], high, input, half);
}

SHRINKC_INLINE void load_blocks(uint32_t *sum, const int32_t *accumulators, int both)
{
    sum[0] = (uint32_t)accumulators[0];
    sum[1] = (uint32_t)accumulators[1];
    sum[2] = both ? (uint32_t)accumulators[2] : 0;
    sum[3] = both ? (uint32_t)accumulators[3] : 0;
}

SHRINKC_INLINE void store_blocks(int32_t *accumulators, const uint32_t *sum, int both)
{
    accumulators[0] = (int32_t)sum[0];
    accumulators[1] = (int32_t)sum[1];
    if (both) {
        accumulators[2] = (int32_t)sum[2];
        accumulators[3] = (int32_t)sum[3];
    }
}

/* m4 delta s16: 2.00. A word is two halves already; what is left is the entry, the two loads and the loop. */
void shrinkc_delta_mat_mult_s16(const shrinkc_matrix_t *matrix, const shrinkc_active_t *active, uint16_t count,
                                int32_t *accumulators)
{
    const uint32_t *low = matrix->weights;
    const list_t list = list_of(active, count);
    if (count == 0) {
        return;
    }
    for (int32_t left = matrix->rows; left > 0; left -= 4, accumulators += 4, low += 2 * matrix->columns) {
        const uint32_t *high = left > 2 ? low + matrix->columns : low;
        uint32_t sum[4], a, b, c, d;
        load_blocks(sum, accumulators, left > 2);
        const word_t *entry = list.start;
        while (entry != list.rest) {
            load_two(&entry, &a, &b);
            load_two(&entry, &c, &d);
            add_s16(sum, low[column_of(a)], high[column_of(a)], a, TOP);
            add_s16(sum, low[column_of(b)], high[column_of(b)], b, TOP);
            add_s16(sum, low[column_of(c)], high[column_of(c)], c, TOP);
            add_s16(sum, low[column_of(d)], high[column_of(d)], d, TOP);
        }
        for (; entry != list.end; entry++) {
            add_s16(sum, low[column_of(*entry)], high[column_of(*entry)], *entry, TOP);
        }
        store_blocks(accumulators, sum, left > 2);
    }
}

/* m4 dense s16: 1.44. Four columns: five LDRD, sixteen SMLAxy, CMP, BNE. */
void shrinkc_vec_mat_mult_s16(const shrinkc_matrix_t *matrix, const int16_t *input, int32_t *accumulators)
{
    const span_t span = span_of(input, matrix->columns);
    const word_t *low = matrix->weights;
    for (int32_t left = matrix->rows; left > 0; left -= 4, accumulators += 4, low += matrix->columns) {
        const word_t *high = left > 2 ? low + matrix->columns : low;
        uint32_t sum[4], ab, cd, a, b, c, d;
        load_blocks(sum, accumulators, left > 2);
        for (const int16_t *one = span.start; one != span.fours; one++) {
            add_s16(sum, *low++, *high++, (uint32_t)*one, BOTTOM);
        }
        const word_t *pair = as_words(span.fours);
        while (pair != as_words(span.rest)) {
            load_two(&pair, &ab, &cd);
            load_two(&low, &a, &b);
            load_two(&high, &c, &d);
            add_s16(sum, a, c, ab, BOTTOM);
            add_s16(sum, b, d, ab, TOP);
            load_two(&low, &a, &b);
            load_two(&high, &c, &d);
            add_s16(sum, a, c, cd, BOTTOM);
            add_s16(sum, b, d, cd, TOP);
        }
        for (const int16_t *one = span.rest; one != span.end; one++) {
            add_s16(sum, *low++, *high++, (uint32_t)*one, BOTTOM);
        }
        store_blocks(accumulators, sum, left > 2);
    }
}

/* ---- 2 and 4 bits: eight rows of a block, see shrinkc_dsp_digits.h ---- */

/* m4 delta s4: 2.12. A column: LDR, UXTH, LDR, EOR, two AND, two UXTB16, eight SMLAxT. */
void shrinkc_delta_mat_mult_s4(const shrinkc_matrix_t *matrix, const shrinkc_active_t *active, uint16_t count,
                               int32_t *accumulators)
{
    const uint32_t *words = matrix->weights;
    const list_t list = list_of(active, count);
    const uint32_t total = total_of_list(list);
    if (count == 0) {
        return;
    }
    for (int32_t left = matrix->rows; left > 0; left -= 8, accumulators += 8, words += matrix->columns) {
        delta_block(words, digits_of(4, 0), list, total, accumulators);
    }
}

/* m4 dense s4: 1.97. A column: LDR, EOR, two AND, two UXTB16, eight SMLAxy; and half an LDR for its input. */
void shrinkc_vec_mat_mult_s4(const shrinkc_matrix_t *matrix, const int16_t *input, int32_t *accumulators)
{
    const uint32_t *words = matrix->weights;
    const span_t span = span_of(input, matrix->columns);
    const uint32_t total = total_of_span(span);
    for (int32_t left = matrix->rows; left > 0; left -= 8, accumulators += 8, words += matrix->columns) {
        dense_block(words, digits_of(4, 0), span, total, accumulators);
    }
}

/* m4 delta s2: 2.12. Sixteen rows in two passes over the block: sixteen sums would not fit the registers. */
void shrinkc_delta_mat_mult_s2(const shrinkc_matrix_t *matrix, const shrinkc_active_t *active, uint16_t count,
                               int32_t *accumulators)
{
    const uint32_t *words = matrix->weights;
    const list_t list = list_of(active, count);
    const uint32_t total = total_of_list(list);
    if (count == 0) {
        return;
    }
    for (int32_t left = matrix->rows; left > 0; left -= 16, accumulators += 16, words += matrix->columns) {
        delta_block(words, digits_of(2, 0), list, total, accumulators);
        delta_block(words, digits_of(2, 4), list, total, accumulators);
    }
}

/* m4 dense s2: 1.97. */
void shrinkc_vec_mat_mult_s2(const shrinkc_matrix_t *matrix, const int16_t *input, int32_t *accumulators)
{
    const uint32_t *words = matrix->weights;
    const span_t span = span_of(input, matrix->columns);
    const uint32_t total = total_of_span(span);
    for (int32_t left = matrix->rows; left > 0; left -= 16, accumulators += 16, words += matrix->columns) {
        dense_block(words, digits_of(2, 0), span, total, accumulators);
        dense_block(words, digits_of(2, 4), span, total, accumulators);
    }
}
