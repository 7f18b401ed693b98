/* Dense products for cores with the DSP extension, weights of 4 and 2 bits. shrinkc_dsp_digits.h tells the idea.
 *
 * At 4 bits a tile is 4 rows x 8 columns, two columns a word; at 2 bits 8 rows x 2 columns, one word.
 */
#include "shrinkc_dsp_dense.h"
#include "shrinkc_dsp_digits.h"

#if SHRINKC_DSP_LOOPS

/* 32 multiplications, 31 instructions. */
#define ROUND_S4                           \
    "ldmia  %[word]!, {r3, r4, r5, r6}\n"  \
    "ldrd   %[a], %[b], [%[input]], #8\n"  \
    MEASURE_S4("r3", "%[t]", "%[a]")       \
    MEASURE_S4("r4", "%[t]", "%[b]")       \
    "ldrd   %[a], %[b], [%[input]], #8\n"  \
    MEASURE_S4("r5", "%[t]", "%[a]")       \
    MEASURE_S4("r6", "%[t]", "%[b]")

/* Four rows. `t` holds the call, then the end of the input or part of a word. */
SHRINKC_INLINE const uint32_t *rows_s4(const uint32_t *word, dense_t *call)
{
    uint32_t input, a, b;
    __asm__ volatile("push   {%[t]}\n"
                     "add    %[a], %[t], #20\n"
                     "ldmia  %[a], {r8, r9, r10, r11}\n"
                     "ldrd   %[a], %[input], [%[t]]\n"
                     "ldr    %[t], [%[t], #8]\n"
                     "push   {%[t]}\n"
                     ENTER("%[a]") TURN(ROUND_S4)
                     "ldr    %[t], [sp]\n"
                     "cmp    %[input], %[t]\n"
                     "bne    1b\n"
                     "ldr    %[t], [sp, #4]\n"
                     "add    sp, sp, #8\n"
                     "ldrd   %[a], %[b], [%[t], #12]\n"
                     "ldmia  %[a]!, {r3, r4, r5, r6}\n"
                     ADD_ROWS_S4("r3", "r4", "r5", "r6")
                     "stmia  %[b]!, {r3, r4, r5, r6}\n"
                     "strd   %[a], %[b], [%[t], #12]\n"
                     : [word] "+r"(word), [t] "+r"(call), [input] "=&r"(input), [a] "=&r"(a), [b] "=&r"(b)
                     :
                     : "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "cc", "memory");
    return word;
}

/* 16 multiplications, 17 instructions. */
#define ROUND_S2                           \
    "ldr    %[w], [%[word]], #4\n"         \
    "ldr    %[x], [%[input]], #4\n"        \
    MEASURE_S2("%[w]", "%[t]", "%[x]")

/* The columns of eight rows. */
SHRINKC_INLINE const uint32_t *measure_rows_s2(const uint32_t *word, const dense_t *call, uint32_t *m)
{
    const word_t *input = call->input, *end = call->end;
    uint32_t x, t = call->skip;
    __asm__ volatile("push   {%[w]}\n" /* the end of the input */
                     ENTER("%[t]") TURN(ROUND_S2)
                     "ldr    %[t], [sp]\n"
                     "cmp    %[input], %[t]\n"
                     "bne    1b\n"
                     "add    sp, sp, #4\n"
                     : [word] "+r"(word), [input] "+r"(input), [w] "+r"(end), [x] "=&r"(x), [t] "+r"(t), MEASURES_S2(m)
                     :
                     : "cc", "memory");
    return word;
}

#else

SHRINKC_INLINE const uint32_t *rows_s4(const uint32_t *word, dense_t *call)
{
    uint32_t m[4] = {call->first[0], call->first[1], call->first[2], call->first[3]};
    for (const word_t *input = call->input; input != call->end; input++) {
        measure_s4(m, *word++, *input);
    }
    add_rows_s4(m, call->start, call->sums);
    call->start += 4;
    call->sums += 4;
    return word;
}

SHRINKC_INLINE const uint32_t *measure_rows_s2(const uint32_t *word, const dense_t *call, uint32_t *m)
{
    for (const word_t *input = call->input; input != call->end; input++) {
        measure_s2(m, *word++, *input);
    }
    return word;
}

#endif

/* Eight rows. */
SHRINKC_INLINE const uint32_t *rows_s2(const uint32_t *word, dense_t *call)
{
    const uint32_t *first = call->first;
    uint32_t m[MEASURES] = {first[0], first[1], first[2], first[3], first[4], first[5], first[6], first[7]};
    word = measure_rows_s2(word, call, m);
    add_rows_s2(m, call->start, call->sums);
    call->start += 8;
    call->sums += 8;
    return word;
}

/* One chunk of columns for all rows; `others` words of a block belong to other chunks. */
SHRINKC_INLINE void chunk_s4(const uint32_t *word, uint32_t others, uint32_t rows, dense_t *call)
{
    for (uint32_t left = blocks_of(rows, 4); left != 0; left--) {
        word = rows_s4(word, call) + others;
    }
}

SHRINKC_INLINE void chunk_s2(const uint32_t *word, uint32_t others, uint32_t rows, dense_t *call)
{
    for (uint32_t left = blocks_of(rows, 8); left != 0; left--) {
        word = rows_s2(word, call) + others;
    }
}

/* m4 dense s4: 1.00. */
SHRINKC_NO_FRAME_POINTER
void shrinkc_vec_mat_mult_s4(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                             int32_t *sums)
{
    const uint32_t words = 4 * blocks_of(matrix->columns, 8);
    for (uint32_t column = 0; column < matrix->columns; column += DENSE_CHUNK, start = sums) {
        const uint32_t columns = chunk_at(column, matrix->columns, DENSE_CHUNK);
        dense_t call = dense_of(input + column, columns, 8, start, sums);
        first_measures_s4(call.first, 8u * total_of_inputs(input + column, columns));
        chunk_s4(matrix->weights + column / 2, words - 4 * blocks_of(columns, 8), matrix->rows, &call);
    }
}

/* m4 dense s2: 1.12. */
SHRINKC_NO_FRAME_POINTER
void shrinkc_vec_mat_mult_s2(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                             int32_t *sums)
{
    const uint32_t words = blocks_of(matrix->columns, 2);
    for (uint32_t column = 0; column < matrix->columns; column += DENSE_CHUNK, start = sums) {
        const uint32_t columns = chunk_at(column, matrix->columns, DENSE_CHUNK);
        dense_t call = dense_of(input + column, columns, 2, start, sums);
        first_measures_s2(call.first, 2u * total_of_inputs(input + column, columns));
        chunk_s2(matrix->weights + column / 2, words - blocks_of(columns, 2), matrix->rows, &call);
    }
}
