/* Delta products for cores with the DSP extension, weights of 8 and 16 bits. shrinkc_dsp.h tells the idea.
 *
 * A column's four rows are one word at 8 bits, two at 16 bits. At 8 bits the halves of two columns change places, so
 * that rows 0, 1 of both are in one register and rows 2, 3 in another: words of a dense product.
 */
#include "shrinkc_dsp_delta.h"

#if SHRINKC_DSP_LOOPS

/* Two columns: words at `c` and `d`, differences in `x`. Sums as in a dense product. */
#define PAIR_S8(c, d, x)                                  \
    "pkhbt  %[t], " c ", " d ", lsl #16\n"                \
    "pkhtb  " d ", " d ", " c ", asr #16\n"               \
    "smlad  r8, %[t], " x ", r8\n"                        \
    "sxtb16 %[t], %[t], ror #8\n"                         \
    "smlad  r9, %[t], " x ", r9\n"                        \
    "smlad  r10, " d ", " x ", r10\n"                     \
    "sxtb16 " d ", " d ", ror #8\n"                       \
    "smlad  r11, " d ", " x ", r11\n"

/* 16 multiplications, 21 instructions. */
#define ROUND_S8                                \
    "ldmia  %[pairs]!, {r0, r1, r2, r3, r4, r5}\n" \
    "ldr    r0, [%[word], r0, lsl #2]\n"        \
    "ldr    r1, [%[word], r1, lsl #2]\n"        \
    "ldr    r3, [%[word], r3, lsl #2]\n"        \
    "ldr    r4, [%[word], r4, lsl #2]\n"        \
    PAIR_S8("r0", "r1", "r2")                   \
    PAIR_S8("r3", "r4", "r5")

/* Four rows. `t` holds the call, then what is needed for a moment. */
SHRINKC_INLINE void rows_s8(const uint32_t *word, delta_t *call)
{
    const pair_t *pairs;
    __asm__ volatile("push   {%[t]}\n"
                     "ldrd   r0, r1, [%[t], #12]\n"
                     "ldmia  r0, {r8, r9, r10, r11}\n"
                     "add    r8, r8, r1\n"
                     "add    r10, r10, r1\n"
                     "add    r8, r8, r9, lsl #8\n"
                     "add    r10, r10, r11, lsl #8\n"
                     "ldrd   r0, %[pairs], [%[t]]\n"
                     "ldr    %[t], [%[t], #8]\n"
                     "push   {%[t]}\n" /* the end of the list */
                     ENTER("r0") TURN(ROUND_S8)
                     "ldr    %[t], [sp]\n"
                     "cmp    %[pairs], %[t]\n"
                     "bne    1b\n"
                     "ldr    %[t], [sp, #4]\n"
                     "add    sp, sp, #8\n"
                     "ldr    r0, [%[t], #12]\n"
                     "sub    r8, r8, r9, lsl #8\n"
                     "sub    r10, r10, r11, lsl #8\n"
                     "stmia  r0!, {r8, r9, r10, r11}\n"
                     "str    r0, [%[t], #12]\n"
                     : [t] "+r"(call), [pairs] "=&r"(pairs)
                     : [word] "r"(word)
                     : "r0", "r1", "r2", "r3", "r4", "r5", "r8", "r9", "r10", "r11", "cc", "memory");
}

/* One column, its difference in the bottom or top half of `x`. */
#define COLUMN_S16(c, x, half)                            \
    "add    " c ", %[word], " c ", lsl #3\n"              \
    "ldrd   " c ", %[t], [" c "]\n"                       \
    "smlab" half " r8, " c ", " x ", r8\n"                \
    "smlat" half " r9, " c ", " x ", r9\n"                \
    "smlab" half " r10, %[t], " x ", r10\n"               \
    "smlat" half " r11, %[t], " x ", r11\n"

/* 16 multiplications, 25 instructions. */
#define ROUND_S16                                  \
    "ldmia  %[pairs]!, {r0, r1, r2, r3, r4, r5}\n" \
    COLUMN_S16("r0", "r2", "b")                    \
    COLUMN_S16("r1", "r2", "t")                    \
    COLUMN_S16("r3", "r5", "b")                    \
    COLUMN_S16("r4", "r5", "t")

/* Four rows. */
SHRINKC_INLINE void rows_s16(const uint32_t *word, delta_t *call)
{
    const pair_t *pairs;
    __asm__ volatile("push   {%[t]}\n"
                     "ldr    r0, [%[t], #12]\n"
                     "ldmia  r0, {r8, r9, r10, r11}\n"
                     "ldrd   r0, %[pairs], [%[t]]\n"
                     "ldr    %[t], [%[t], #8]\n"
                     "push   {%[t]}\n"
                     ENTER("r0") TURN(ROUND_S16)
                     "ldr    %[t], [sp]\n"
                     "cmp    %[pairs], %[t]\n"
                     "bne    1b\n"
                     "ldr    %[t], [sp, #4]\n"
                     "add    sp, sp, #8\n"
                     "ldr    r0, [%[t], #12]\n"
                     "stmia  r0!, {r8, r9, r10, r11}\n"
                     "str    r0, [%[t], #12]\n"
                     : [t] "+r"(call), [pairs] "=&r"(pairs)
                     : [word] "r"(word)
                     : "r0", "r1", "r2", "r3", "r4", "r5", "r8", "r9", "r10", "r11", "cc", "memory");
}

#else

SHRINKC_INLINE void rows_s8(const uint32_t *word, delta_t *call)
{
    uint32_t odd0 = (uint32_t)call->sums[1], mixed0 = (uint32_t)call->sums[0] + (odd0 << 8) + call->first[0];
    uint32_t odd2 = (uint32_t)call->sums[3], mixed2 = (uint32_t)call->sums[2] + (odd2 << 8) + call->first[0];
    for (const pair_t *pair = call->pairs; pair != call->end; pair++) {
        const uint32_t one = word[pair->column[0]], other = word[pair->column[1]];
        mixed0 = dual_mac(mixed0, bottoms(one, other), pair->differences);
        odd0 = dual_mac(odd0, odd_bytes(bottoms(one, other)), pair->differences);
        mixed2 = dual_mac(mixed2, tops(one, other), pair->differences);
        odd2 = dual_mac(odd2, odd_bytes(tops(one, other)), pair->differences);
    }
    *call->sums++ = (int32_t)(mixed0 - (odd0 << 8));
    *call->sums++ = (int32_t)odd0;
    *call->sums++ = (int32_t)(mixed2 - (odd2 << 8));
    *call->sums++ = (int32_t)odd2;
}

SHRINKC_INLINE void rows_s16(const uint32_t *word, delta_t *call)
{
    for (uint32_t half = 0; half < 2; half++) {
        uint32_t even = (uint32_t)call->sums[0], odd = (uint32_t)call->sums[1];
        for (const pair_t *pair = call->pairs; pair != call->end; pair++) {
            const uint32_t one = word[2 * pair->column[0] + half], other = word[2 * pair->column[1] + half];
            even = dual_mac(even, bottoms(one, other), pair->differences);
            odd = dual_mac(odd, tops(one, other), pair->differences);
        }
        *call->sums++ = (int32_t)even;
        *call->sums++ = (int32_t)odd;
    }
}

#endif

/* m4 delta s8: 1.37. */
void shrinkc_delta_mat_mult_s8(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums)
{
    if (count == 0) {
        return;
    }
    delta_t call = delta_of((const pair_t *)list, count, 4, sums);
    call.first[0] = 0u - 128u * total_of_pairs(call.pairs, call.end);
    const uint32_t *word = matrix->weights;
    for (uint32_t left = blocks_of(matrix->rows, 4); left != 0; left--, word += matrix->columns) {
        rows_s8(word, &call);
    }
}

/* m4 delta s16: 1.61. */
void shrinkc_delta_mat_mult_s16(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums)
{
    if (count == 0) {
        return;
    }
    delta_t call = delta_of((const pair_t *)list, count, 4, sums);
    const uint32_t *word = matrix->weights;
    for (uint32_t left = blocks_of(matrix->rows, 4); left != 0; left--, word += 2 * matrix->columns) {
        rows_s16(word, &call);
    }
}
