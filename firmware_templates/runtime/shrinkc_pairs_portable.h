/* Weights of 2 and 4 bits, two rows in the halves of one register. For the portable family.
 *
 * Stored with 2^(bits-1) added, w is an unsigned digit u. A mask leaves the digits of two rows that lie 16 bits apart,
 * u[k] + 2^16 u[k + R/2], where R rows share a word; one multiplication by the input serves both, and one sum takes
 * both. Its low half runs over after so many columns, and before that it is flushed: added to the two rows' own sums
 * in memory. The sum begins at 2^15, so that the low half is never negative and borrows nothing from the high one.
 *
 * An AND, which shifts its operand for nothing, and an MLA for two weights on v7-M; LSRS, ANDS, MULS and ADD on v6-M.
 */
#ifndef SHRINKC_PAIRS_PORTABLE_H
#define SHRINKC_PAIRS_PORTABLE_H

#include "shrinkc_registers_portable.h"
#include "shrinkc_list_portable.h"

/* Four pairs of rows: digits at `shift`, shift + bits, ..., and 16 bits above them. Constants at every use. */
typedef struct {
    int bits, shift;
} pairs_t;

#define HALF_BIAS 0x8000u

SHRINKC_INLINE uint32_t mask_of(int bits)
{
    return bits == 4 ? 0x000F000Fu : 0x00030003u;
}

SHRINKC_INLINE void add_pairs(pairs_t pairs, uint32_t *sum, uint32_t word, uint32_t input)
{
    const uint32_t mask = mask_of(pairs.bits), digits = word >> pairs.shift;
    sum[0] += (digits & mask) * input;
    sum[1] += ((digits >> pairs.bits) & mask) * input;
    sum[2] += ((digits >> (2 * pairs.bits)) & mask) * input;
    sum[3] += ((digits >> (3 * pairs.bits)) & mask) * input;
}

#if SHRINKC_HAS_V7M
#define DENSE_TEMPORARIES "r2", "r3", "r4", "r5"
#define DELTA_TEMPORARIES "r2", "r3", "r4"
#define PAIR(w, x, shift, sum) "and r4, %[mask], " w shift "\n mla %[" sum "], r4, " x ", %[" sum "]\n"
/* 8 multiplications, 8 instructions. */
#define PAIRS(w, x, c0, c1, c2, c3) PAIR(w, x, c0, "s0") PAIR(w, x, c1, "s1") PAIR(w, x, c2, "s2") PAIR(w, x, c3, "s3")
#define PAIRS_S4(w, x) PAIRS(w, x, "", ", lsr #4", ", lsr #8", ", lsr #12")
#define PAIRS_S2(w, x) PAIRS(w, x, "", ", lsr #2", ", lsr #4", ", lsr #6")
#define PAIRS_S2_UPPER(w, x) PAIRS(w, x, ", lsr #8", ", lsr #10", ", lsr #12", ", lsr #14")
/* Two columns, four times over. */
#define DENSE_TWO(pairs) \
    "ldrd r2, r3, [%[w]], #8\n ldrsh r5, [%[x]], #2\n" pairs("r2", "r5") "ldrsh r5, [%[x]], #2\n" pairs("r3", "r5")
#define DENSE_PAIRS(pairs) DENSE_TWO(pairs) DENSE_TWO(pairs) DENSE_TWO(pairs) DENSE_TWO(pairs)
#define DELTA_ONE(pairs) "ldrd r2, r3, [%[list]], #8\n ldr r2, [%[w], r2]\n" pairs("r2", "r3")
#define DELTA_TWO(pairs) DELTA_ONE(pairs) DELTA_ONE(pairs)
#define DELTA_PAIRS(pairs) DELTA_TWO(pairs) DELTA_TWO(pairs) DELTA_TWO(pairs) DELTA_TWO(pairs)
/* Halves of the sums to the rows in r2 to r5. */
#define LOAD_ROWS(rows) "ldmia %[" rows "], {r2, r3, r4, r5}\n"
#define LOW(sum, row) "uxth r6, %[" sum "]\n add " row ", " row ", r6\n"
#define HIGH(sum, row) "add " row ", " row ", %[" sum "], asr #16\n"

#elif SHRINKC_HAS_V6M
#define DENSE_TEMPORARIES "r2", "r4", "r5", "r6"
#define DELTA_TEMPORARIES "r2", "r5", "r6"
/* The word in r2. */
#define PAIR(x, shift, sum) \
    "lsrs r6, r2, #" shift "\n ands r6, r6, %[mask]\n muls r6, " x ", r6\n add %[" sum "], %[" sum "], r6\n"
#define LAST_PAIR(x) "ands r2, r2, %[mask]\n muls r2, " x ", r2\n add %[s0], %[s0], r2\n"
#define PAIRS(x, c1, c2, c3) PAIR(x, c1, "s1") PAIR(x, c2, "s2") PAIR(x, c3, "s3")
/* 8 multiplications, 15 instructions. */
#define PAIRS_S4(x) PAIRS(x, "4", "8", "12") LAST_PAIR(x)
#define PAIRS_S2(x) PAIRS(x, "2", "4", "6") LAST_PAIR(x)
/* 8 multiplications, 16 instructions: the lowest digits do not start the word. */
#define PAIRS_S2_UPPER(x) PAIRS(x, "10", "12", "14") "lsrs r2, r2, #8\n" LAST_PAIR(x)
/* Two columns, twice over: two inputs in r4, the lower one also in r5. */
#define WORD "ldmia %[w]!, {r2}\n"
#define DENSE_TWO(pairs) "ldmia %[x]!, {r4}\n sxth r5, r4\n" WORD pairs("r5") "asrs r4, r4, #16\n" WORD pairs("r4")
#define DENSE_PAIRS(pairs) DENSE_TWO(pairs) DENSE_TWO(pairs)
#define DELTA_ONE(pairs) "ldmia %[list]!, {r2, r5}\n ldr r2, [%[w], r2]\n" pairs("r5")
#define DELTA_PAIRS(pairs) DELTA_ONE(pairs) DELTA_ONE(pairs) DELTA_ONE(pairs) DELTA_ONE(pairs)
#define LOAD_ROWS(rows) "ldmia %[" rows "]!, {r2, r3, r4, r5}\n subs %[" rows "], %[" rows "], #16\n"
#define LOW(sum, row) "mov r6, %[" sum "]\n uxth r6, r6\n adds " row ", " row ", r6\n"
#define HIGH(sum, row) "mov r6, %[" sum "]\n asrs r6, r6, #16\n adds " row ", " row ", r6\n"
#endif

#if SHRINKC_HAS_V7M || SHRINKC_HAS_V6M
#define FLUSH_LOW LOW("s0", "r2") LOW("s1", "r3") LOW("s2", "r4") LOW("s3", "r5")
#define FLUSH_HIGH HIGH("s0", "r2") HIGH("s1", "r3") HIGH("s2", "r4") HIGH("s3", "r5")
#define DENSE_LOOP(digits)                                                                   \
    __asm__ volatile(".syntax unified\n1:\n" DENSE_PAIRS(digits) "cmp %[x], %[end]\n bne 1b" \
            : SUMS, [w] "+r"(w), [x] "+r"(x)                                                 \
            : [mask] "r"(mask), [end] "r"(last)                                              \
            : DENSE_TEMPORARIES, "cc", "memory")
#define DELTA_LOOP(digits)                                                                      \
    __asm__ volatile(".syntax unified\n1:\n" DELTA_PAIRS(digits) "cmp %[list], %[end]\n bne 1b" \
            : SUMS, [list] "+r"(next)                                                           \
            : [w] "r"(w), [mask] "r"(mask), [end] "r"(last)                                     \
            : DELTA_TEMPORARIES, "cc", "memory")
#endif

/* Eight columns and eight more, from *input (below end) up to end, which is before any low half runs over.
 *     m3 dense s4: 1.52     m0plus dense s4: 2.76     m3 dense s2: 1.33     m0plus dense s2: 2.49 */
SHRINKC_INLINE void dense_pairs(pairs_t pairs, uint32_t *sum, const uint32_t **word, const int16_t **input,
                                const int16_t *end)
{
#if SHRINKC_HAS_V7M || SHRINKC_HAS_V6M
    HOLD_SUMS(sum);
    register const uint32_t *w IN("r0") = *word;
    register uint32_t mask IN("r3") = mask_of(pairs.bits);
    register const int16_t *x IN("r1") = *input, *last IN("r12") = end;
    if (pairs.bits == 4) {
        DENSE_LOOP(PAIRS_S4);
    } else if (pairs.shift == 0) {
        DENSE_LOOP(PAIRS_S2);
    } else {
        DENSE_LOOP(PAIRS_S2_UPPER);
    }
    STORE_SUMS(sum);
    *word = w;
    *input = x;
#else
    for (; *input != end; ++*input, ++*word) {
        add_pairs(pairs, sum, **word, (uint32_t)**input);
    }
#endif
}

/* The same over the entries of a list, from *entry (below end) up to end.
 *     m3 delta s4: 1.81     m0plus delta s4: 3.05     m3 delta s2: 1.41     m0plus delta s2: 2.47 */
SHRINKC_INLINE void delta_pairs(pairs_t pairs, uint32_t *sum, const uint32_t *words, const entry_t **entry,
                                const entry_t *end)
{
#if SHRINKC_HAS_V7M || SHRINKC_HAS_V6M
    HOLD_SUMS(sum);
    register const uint32_t *w IN("r0") = words;
    register uint32_t mask IN("r3") = mask_of(pairs.bits);
    register const entry_t *next IN("r1") = *entry, *last IN("r12") = end;
    if (pairs.bits == 4) {
        DELTA_LOOP(PAIRS_S4);
    } else if (pairs.shift == 0) {
        DELTA_LOOP(PAIRS_S2);
    } else {
        DELTA_LOOP(PAIRS_S2_UPPER);
    }
    STORE_SUMS(sum);
    *entry = next;
#else
    for (; *entry != end; ++*entry) {
        add_pairs(pairs, sum, words[(*entry)->offset / 4], (uint32_t)(*entry)->delta);
    }
#endif
}

/* Each half to its row's sum. */
SHRINKC_INLINE void flush(pairs_t pairs, const uint32_t *sum, int32_t *sums)
{
    int32_t *low = sums + pairs.shift / pairs.bits, *high = low + 16 / pairs.bits;
#if SHRINKC_HAS_V7M || SHRINKC_HAS_V6M
    HOLD_SUMS(sum);
    register int32_t *rows IN("r0") = low, *upper IN("r1") = high;
    __asm__ volatile(".syntax unified\n" LOAD_ROWS("rows") FLUSH_LOW "stmia %[rows]!, {r2, r3, r4, r5}\n"
            LOAD_ROWS("upper") FLUSH_HIGH "stmia %[upper]!, {r2, r3, r4, r5}"
            : [rows] "+r"(rows), [upper] "+r"(upper)
            : [s0] "r"(s0), [s1] "r"(s1), [s2] "r"(s2), [s3] "r"(s3)
            : "r2", "r3", "r4", "r5", "r6", "cc", "memory");
#else
    for (int pair = 0; pair < 4; pair++) {
        low[pair] = (int32_t)((uint32_t)low[pair] + (sum[pair] & 0xFFFFu));
        high[pair] = (int32_t)((uint32_t)high[pair] + (uint32_t)((int32_t)sum[pair] >> 16));
    }
#endif
}

#endif
