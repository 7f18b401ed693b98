/* Four rows at once, 8 or 16 bits: one word of four weights a column, or two words of two. For the portable family.
 *
 * Weights are never unpacked. Stored with 2^(bits-1) added, w is an unsigned digit u, and a word is a number in base
 * B = 2^bits:
 *     word >> (bits * k)  =  u[k] + B u[k+1] + B^2 u[k+2] + ...
 * So the shifted word is multiplied by the input as it is and summed, for every k, all modulo 2^32; and once a block
 *     sum of u[k] x  =  sums[k] - B * sums[k+1]              (the topmost sum has nothing above it)
 *     sum of w[k] x  =  sum of u[k] x - 2^(bits-1) * sum of x
 * which is exact, since the compiler has proven that the result fits 32 bits.
 *
 * The loops take eight columns in one go; sums stay in registers, and on v6-M in the high ones, where only ADD reaches.
 */
#ifndef SHRINKC_ROWS_PORTABLE_H
#define SHRINKC_ROWS_PORTABLE_H

#include "shrinkc_registers_portable.h"
#include "shrinkc_list_portable.h"

/* A column's word or two words, times its input. */
SHRINKC_INLINE void add_column(int bits, uint32_t *sum, const uint32_t *words, uint32_t input)
{
    const uint32_t low = words[0], high = bits == 8 ? low >> 16 : words[1];
    sum[0] += low * input;
    sum[1] += (low >> bits) * input;
    sum[2] += high * input;
    sum[3] += (high >> bits) * input;
}

/* Where the words of a column of a list are. */
SHRINKC_INLINE const uint32_t *words_at(int bits, const uint32_t *words, uint32_t offset)
{
    return (const uint32_t *)(const void *)((const uint8_t *)words + (uint32_t)(bits / 8) * offset);
}

#if SHRINKC_HAS_V7M
#define MLA(w, x, sum) "mla %[" sum "], " w ", " x ", %[" sum "]\n"
#define DOWN(w, bits) "lsr " w ", " w ", #" bits "\n"
/* 4 multiplications, 7 instructions. The register of the word is used up. */
#define FOUR(w, x) \
    MLA(w, x, "s0") DOWN(w, "8") MLA(w, x, "s1") DOWN(w, "8") MLA(w, x, "s2") DOWN(w, "8") MLA(w, x, "s3")
/* 2 multiplications, 3 instructions. */
#define TWO(w, x, low, high) MLA(w, x, low) DOWN(w, "16") MLA(w, x, high)
/* Words in r2 to r5, the input in r6. */
#define WORDS "ldmia %[w]!, {r2, r3, r4, r5}\n"
#define INPUT "ldrsh r6, [%[x]], #2\n"
/* 16 multiplications, 33 instructions. */
#define DENSE_S8 WORDS INPUT FOUR("r2", "r6") INPUT FOUR("r3", "r6") INPUT FOUR("r4", "r6") INPUT FOUR("r5", "r6")
#define COLUMN(low, high, x) TWO(low, x, "s0", "s1") TWO(high, x, "s2", "s3")
#define DENSE_S16 WORDS INPUT COLUMN("r2", "r3", "r6") INPUT COLUMN("r4", "r5", "r6")
#define DENSE_S8_EIGHT DENSE_S8 DENSE_S8
#define DENSE_S16_EIGHT DENSE_S16 DENSE_S16 DENSE_S16 DENSE_S16
/* Two entries in r2 to r5, and a word in the place of its offset: 8 multiplications, 17 instructions. */
#define DELTA_S8 \
    "ldmia %[list]!, {r2, r3, r4, r5}\n ldr r2, [%[w], r2]\n" FOUR("r2", "r3") "ldr r4, [%[w], r4]\n" FOUR("r4", "r5")
#define COLUMN_S16(offset, delta) \
    "add " offset ", %[w], " offset ", lsl #1\n ldrd " offset ", r6, [" offset "]\n" COLUMN(offset, "r6", delta)
#define DELTA_S16 "ldmia %[list]!, {r2, r3, r4, r5}\n" COLUMN_S16("r2", "r3") COLUMN_S16("r4", "r5")
#define DELTA_S8_EIGHT DELTA_S8 DELTA_S8 DELTA_S8 DELTA_S8
#define DELTA_S16_EIGHT DELTA_S16 DELTA_S16 DELTA_S16 DELTA_S16

#elif SHRINKC_HAS_V6M
/* One weight is LSRS, MULS, ADD; the lowest digit needs no shift. */
#define DIGIT(w, x, shift, sum) \
    "lsrs r6, " w ", #" shift "\n muls r6, " x ", r6\n add %[" sum "], %[" sum "], r6\n"
#define LOWEST(w, x, sum) "muls " w ", " x ", " w "\n add %[" sum "], %[" sum "], " w "\n"
/* 4 multiplications, 11 instructions. */
#define FOUR(w, x) DIGIT(w, x, "24", "s3") DIGIT(w, x, "16", "s2") DIGIT(w, x, "8", "s1") LOWEST(w, x, "s0")
/* 2 multiplications, 5 instructions. */
#define TWO(w, x, low, high) DIGIT(w, x, "16", high) LOWEST(w, x, low)
/* Words in r2 and r3; two inputs in r4, the lower one also in r5. */
#define INPUTS "ldmia %[x]!, {r4}\n sxth r5, r4\n"
#define NEXT "asrs r4, r4, #16\n"
#define DENSE_S8 "ldmia %[w]!, {r2, r3}\n" INPUTS FOUR("r2", "r5") NEXT FOUR("r3", "r4")
#define COLUMN(x) TWO("r2", x, "s0", "s1") TWO("r3", x, "s2", "s3")
#define DENSE_S16 "ldmia %[w]!, {r2, r3}\n" INPUTS COLUMN("r5") "ldmia %[w]!, {r2, r3}\n" NEXT COLUMN("r4")
#define DENSE_S8_EIGHT DENSE_S8 DENSE_S8 DENSE_S8 DENSE_S8
#define DENSE_S16_EIGHT DENSE_S16 DENSE_S16 DENSE_S16 DENSE_S16
/* Two entries in r2 to r5, and a word in the place of its offset. */
#define DELTA_S8 \
    "ldmia %[list]!, {r2, r3, r4, r5}\n ldr r2, [%[w], r2]\n" FOUR("r2", "r3") "ldr r4, [%[w], r4]\n" FOUR("r4", "r5")
/* One entry in r4 and r5, two words in r2 and r3. */
#define DELTA_S16 "ldmia %[list]!, {r4, r5}\n adds r4, r4, r4\n adds r4, r4, %[w]\n ldmia r4!, {r2, r3}\n" COLUMN("r5")
#define DELTA_S8_EIGHT DELTA_S8 DELTA_S8 DELTA_S8 DELTA_S8
#define DELTA_S16_EIGHT DELTA_S16 DELTA_S16 DELTA_S16 DELTA_S16 DELTA_S16 DELTA_S16 DELTA_S16 DELTA_S16
#endif

#if SHRINKC_HAS_V7M || SHRINKC_HAS_V6M
#define DENSE_LOOP(eight)                                                      \
    __asm__ volatile(".syntax unified\n1:\n" eight "cmp %[x], %[end]\n bne 1b" \
            : SUMS, [w] "+r"(w), [x] "+r"(x)                                   \
            : [end] "r"(last)                                                  \
            : "r2", "r3", "r4", "r5", "r6", "cc", "memory")
#define DELTA_LOOP(eight)                                                         \
    __asm__ volatile(".syntax unified\n1:\n" eight "cmp %[list], %[end]\n bne 1b" \
            : SUMS, [list] "+r"(next)                                             \
            : [w] "r"(w), [end] "r"(last)                                         \
            : "r2", "r3", "r4", "r5", "r6", "cc", "memory")
#endif

/* Eight columns and eight more, from *input (below end) up to end.
 *     m3 dense s8: 2.15     m0plus dense s8: 3.36     m3 dense s16: 1.97     m0plus dense s16: 3.23 */
SHRINKC_INLINE void dense_eights(int bits, uint32_t *sum, const uint32_t **word, const int16_t **input,
                                 const int16_t *end)
{
#if SHRINKC_HAS_V7M || SHRINKC_HAS_V6M
    HOLD_SUMS(sum);
    register const uint32_t *w IN("r0") = *word;
    register const int16_t *x IN("r1") = *input, *last IN("r12") = end;
    if (bits == 8) {
        DENSE_LOOP(DENSE_S8_EIGHT);
    } else {
        DENSE_LOOP(DENSE_S16_EIGHT);
    }
    STORE_SUMS(sum);
    *word = w;
    *input = x;
#else
    for (; *input != end; ++*input, *word += bits / 8) {
        add_column(bits, sum, *word, (uint32_t)**input);
    }
#endif
}

/* Eight entries of a list and eight more, from *entry (below end) up to end.
 *     m3 delta s8: 2.19     m0plus delta s8: 3.19     m3 delta s16: 2.19     m0plus delta s16: 3.56 */
SHRINKC_INLINE void delta_eights(int bits, uint32_t *sum, const uint32_t *words, const entry_t **entry,
                                 const entry_t *end)
{
#if SHRINKC_HAS_V7M || SHRINKC_HAS_V6M
    HOLD_SUMS(sum);
    register const uint32_t *w IN("r0") = words;
    register const entry_t *next IN("r1") = *entry, *last IN("r12") = end;
    if (bits == 8) {
        DELTA_LOOP(DELTA_S8_EIGHT);
    } else {
        DELTA_LOOP(DELTA_S16_EIGHT);
    }
    STORE_SUMS(sum);
    *entry = next;
#else
    for (; *entry != end; ++*entry) {
        add_column(bits, sum, words_at(bits, words, (*entry)->offset), (uint32_t)(*entry)->delta);
    }
#endif
}

#endif
