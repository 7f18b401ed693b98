/* Delta products for cores with the DSP extension, weights of 4 and 2 bits. shrinkc_dsp_digits.h tells the idea.
 *
 * A column of a block of four rows at 4 bits, or of eight at 2 bits, is a half of a word: column j is halfword j. The
 * halves of two columns of the list make a word as in a dense product.
 */
#include "shrinkc_dsp_delta.h"
#include "shrinkc_dsp_digits.h"

#if SHRINKC_DSP_LOOPS

#define LOAD_PAIR(c, d)                         \
    "ldrh   " c ", [%[word], " c ", lsl #1]\n"  \
    "ldrh   " d ", [%[word], " d ", lsl #1]\n"  \
    "orr    " c ", " c ", " d ", lsl #16\n"

/* 16 multiplications, 21 instructions. */
#define ROUND_S4                                   \
    "ldmia  %[pairs]!, {r0, r1, r2, r3, r4, r5}\n" \
    LOAD_PAIR("r0", "r1")                          \
    MEASURE_S4("r0", "r1", "r2")                   \
    LOAD_PAIR("r3", "r4")                          \
    MEASURE_S4("r3", "r4", "r5")

/* Four rows. `t` holds the call, then the end of the list. */
SHRINKC_INLINE void rows_s4(const uint32_t *word, delta_t *call)
{
    const pair_t *pairs;
    __asm__ volatile("push   {%[t]}\n"
                     "add    r0, %[t], #16\n"
                     "ldmia  r0, {r8, r9, r10, r11}\n"
                     "ldrd   r0, %[pairs], [%[t]]\n"
                     "ldr    %[t], [%[t], #8]\n"
                     ENTER("r0") TURN(ROUND_S4)
                     "cmp    %[pairs], %[t]\n"
                     "bne    1b\n"
                     "pop    {%[t]}\n"
                     "ldr    r0, [%[t], #12]\n"
                     "ldmia  r0, {r2, r3, r4, r5}\n"
                     ADD_ROWS_S4("r2", "r3", "r4", "r5")
                     "stmia  r0!, {r2, r3, r4, r5}\n"
                     "str    r0, [%[t], #12]\n"
                     : [t] "+r"(call), [pairs] "=&r"(pairs)
                     : [word] "r"(word)
                     : "r0", "r1", "r2", "r3", "r4", "r5", "r8", "r9", "r10", "r11", "cc", "memory");
}

/* 16 multiplications, 19 instructions. */
#define ROUND_S2                        \
    "ldmia  %[pairs]!, {r0, r1, r2}\n"  \
    LOAD_PAIR("r0", "r1")               \
    MEASURE_S2("r0", "r1", "r2")

/* The columns of eight rows. */
SHRINKC_INLINE void measure_rows_s2(const uint32_t *word, const delta_t *call, uint32_t *m)
{
    const pair_t *pairs = call->pairs;
    register uint32_t skip __asm__("r0") = call->skip;
    register const pair_t *end __asm__("r1") = call->end;
    __asm__ volatile("push   {r1}\n"
                     ENTER("r0") TURN(ROUND_S2)
                     "ldr    r0, [sp]\n"
                     "cmp    %[pairs], r0\n"
                     "bne    1b\n"
                     "add    sp, sp, #4\n"
                     : [pairs] "+r"(pairs), "+r"(skip), "+r"(end), MEASURES_S2(m)
                     : [word] "r"(word)
                     : "r2", "cc", "memory");
}

#else

/* Halfword `column`. */
SHRINKC_INLINE uint32_t half_at(const uint32_t *word, uint32_t column)
{
    return word[column / 2] >> (16 * (column & 1u)) & 0xFFFFu;
}

SHRINKC_INLINE uint32_t halves_of(const uint32_t *word, const pair_t *pair)
{
    return bottoms(half_at(word, pair->column[0]), half_at(word, pair->column[1]));
}

SHRINKC_INLINE void rows_s4(const uint32_t *word, delta_t *call)
{
    uint32_t m[4] = {call->first[0], call->first[1], call->first[2], call->first[3]};
    for (const pair_t *pair = call->pairs; pair != call->end; pair++) {
        measure_s4(m, halves_of(word, pair), pair->differences);
    }
    add_rows_s4(m, call->sums, call->sums);
    call->sums += 4;
}

SHRINKC_INLINE void measure_rows_s2(const uint32_t *word, const delta_t *call, uint32_t *m)
{
    for (const pair_t *pair = call->pairs; pair != call->end; pair++) {
        measure_s2(m, halves_of(word, pair), pair->differences);
    }
}

#endif

SHRINKC_INLINE void rows_s2(const uint32_t *word, delta_t *call)
{
    const uint32_t *first = call->first;
    uint32_t m[MEASURES] = {first[0], first[1], first[2], first[3], first[4], first[5], first[6], first[7]};
    measure_rows_s2(word, call, m);
    add_rows_s2(m, call->sums, call->sums);
    call->sums += 8;
}

SHRINKC_INLINE void chunk_s4(const shrinkc_matrix_t *matrix, const pair_t *pairs, uint32_t count, int32_t *sums)
{
    const uint32_t *word = matrix->weights, words = blocks_of(matrix->columns, 2);
    delta_t call = delta_of(pairs, count, 4, sums);
    first_measures_s4(call.first, 8u * total_of_pairs(call.pairs, call.end));
    for (uint32_t left = blocks_of(matrix->rows, 4); left != 0; left--, word += words) {
        rows_s4(word, &call);
    }
}

SHRINKC_INLINE void chunk_s2(const shrinkc_matrix_t *matrix, const pair_t *pairs, uint32_t count, int32_t *sums)
{
    const uint32_t *word = matrix->weights, words = blocks_of(matrix->columns, 2);
    delta_t call = delta_of(pairs, count, 2, sums);
    first_measures_s2(call.first, 2u * total_of_pairs(call.pairs, call.end));
    for (uint32_t left = blocks_of(matrix->rows, 8); left != 0; left--, word += words) {
        rows_s2(word, &call);
    }
}

/* m4 delta s4: 1.36. */
SHRINKC_NO_FRAME_POINTER
void shrinkc_delta_mat_mult_s4(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums)
{
    const pair_t *const pairs = (const pair_t *)list;
    for (uint32_t entry = 0; entry < count; entry += DELTA_CHUNK) {
        chunk_s4(matrix, pairs + entry / 2, chunk_at(entry, count, DELTA_CHUNK), sums);
    }
}

/* m4 delta s2: 1.25. */
SHRINKC_NO_FRAME_POINTER
void shrinkc_delta_mat_mult_s2(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums)
{
    const pair_t *const pairs = (const pair_t *)list;
    for (uint32_t entry = 0; entry < count; entry += DELTA_CHUNK) {
        chunk_s2(matrix, pairs + entry / 2, chunk_at(entry, count, DELTA_CHUNK), sums);
    }
}
