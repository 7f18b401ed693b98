/* Halves of a word with four rows of 4 bits or eight of 2 bits: their measures, and the rows from them.
 *
 * Four bits. A half is v0 + 16 v1 + 256 v2 + 4096 s3, and S0 to S3 are the sums of the rows. SXTB16 by ROR 8 takes the
 * top bytes, v2 + 16 s3. With the masks as 32-bit constants of one instruction the measures are
 *     mixed = S0 + 16 S1 + 256 S2 + 4096 S3     the word
 *     m1    =      16 S1                        word AND 0x00F000F0
 *     m2    =                  S2 +   16 S3     bytes
 *     m3    =                         16 S3     bytes BIC 0x000F000F
 * Two bits. A half has eight digits: mixed as above and m1, m2, m3 = 4 S1, 16 S2, 64 S3 by AND; top = S4 + 4 S5 + 16 S6
 * + 64 S7 and m5, m6, m7 = 4 S5, 16 S6, 64 S7 from the bytes.
 *
 * Measures start at what undoes the excess, so in the end S is a row's true sum. A multiple of it must fit 32 bits if
 * it is to be divided (on the way it may wrap), so columns are taken in chunks: 1024 of inputs up to 16383, 512 of
 * differences twice as large. Then 16 S of 4 bits is at most 16 * 8 * 16383 * 1024 < 2^31, and 64 S of 2 bits at most
 * 64 * 2 * 16383 * 1024 < 2^31.
 */
#ifndef SHRINKC_DSP_DIGITS_H
#define SHRINKC_DSP_DIGITS_H

#include "shrinkc_dsp.h"

#define DENSE_CHUNK 1024u
#define DELTA_CHUNK 512u

/* How many columns of `count` the chunk that starts with column `first` has. */
SHRINKC_INLINE uint32_t chunk_at(uint32_t first, uint32_t count, uint32_t most)
{
    const uint32_t left = count - first;
    return left < most ? left : most;
}

/* Where measures start, so that the excess of the digits is undone: `excess` is 2^(b-1) times the sum of the inputs.
 * The top row of a half has none. */
SHRINKC_INLINE void first_measures_s4(uint32_t *first, uint32_t excess)
{
    first[0] = 0u - (1u + 16u + 256u) * excess;
    first[1] = 0u - 16u * excess;
    first[2] = 0u - excess;
    first[3] = 0;
}

SHRINKC_INLINE void first_measures_s2(uint32_t *first, uint32_t excess)
{
    first[0] = 0u - (1u + 4u + 16u + 64u + 256u * (1u + 4u + 16u)) * excess;
    first[1] = 0u - 4u * excess;
    first[2] = 0u - 16u * excess;
    first[3] = 0u - 64u * excess;
    first[4] = 0u - (1u + 4u + 16u) * excess;
    first[5] = 0u - 4u * excess;
    first[6] = 0u - 16u * excess;
    first[7] = 0;
}

/* The C of one word and two inputs. */
SHRINKC_INLINE void measure_s4(uint32_t *m, uint32_t word, uint32_t input)
{
    const uint32_t bytes = odd_bytes(word);
    m[0] = dual_mac(m[0], word, input);
    m[1] = dual_mac(m[1], word & 0x00F000F0u, input);
    m[2] = dual_mac(m[2], bytes, input);
    m[3] = dual_mac(m[3], bytes & ~0x000F000Fu, input);
}

SHRINKC_INLINE void measure_s2(uint32_t *m, uint32_t word, uint32_t input)
{
    const uint32_t bytes = odd_bytes(word);
    m[0] = dual_mac(m[0], word, input);
    m[1] = dual_mac(m[1], word & 0x000C000Cu, input);
    m[2] = dual_mac(m[2], word & 0x00300030u, input);
    m[3] = dual_mac(m[3], word & 0x00C000C0u, input);
    m[4] = dual_mac(m[4], bytes, input);
    m[5] = dual_mac(m[5], bytes & 0x000C000Cu, input);
    m[6] = dual_mac(m[6], bytes & 0x00300030u, input);
    m[7] = dual_mac(m[7], bytes & ~0x003F003Fu, input);
}

/* sums = start + the rows that were measured. */
SHRINKC_INLINE void add_rows_s4(const uint32_t *m, const int32_t *start, int32_t *sums)
{
    sums[0] = (int32_t)((uint32_t)start[0] + m[0] - m[1] - (m[2] << 8));
    sums[1] = (int32_t)((uint32_t)start[1] + shifted_down(m[1], 4));
    sums[2] = (int32_t)((uint32_t)start[2] + m[2] - m[3]);
    sums[3] = (int32_t)((uint32_t)start[3] + shifted_down(m[3], 4));
}

SHRINKC_INLINE void add_rows_s2(const uint32_t *m, const int32_t *start, int32_t *sums)
{
    sums[0] = (int32_t)((uint32_t)start[0] + m[0] - m[1] - m[2] - m[3] - (m[4] << 8));
    sums[1] = (int32_t)((uint32_t)start[1] + shifted_down(m[1], 2));
    sums[2] = (int32_t)((uint32_t)start[2] + shifted_down(m[2], 4));
    sums[3] = (int32_t)((uint32_t)start[3] + shifted_down(m[3], 6));
    sums[4] = (int32_t)((uint32_t)start[4] + m[4] - m[5] - m[6] - m[7]);
    sums[5] = (int32_t)((uint32_t)start[5] + shifted_down(m[5], 2));
    sums[6] = (int32_t)((uint32_t)start[6] + shifted_down(m[6], 4));
    sums[7] = (int32_t)((uint32_t)start[7] + shifted_down(m[7], 6));
}

#if SHRINKC_DSP_LOOPS

/* The same in assembly: 8 multiplications, 7 instructions. mixed, m1, m2, m3 are in r8 to r11; `word` and `bytes` are
 * lost. */
#define MEASURE_S4(word, bytes, input)                 \
    "smlad  r8, " word ", " input ", r8\n"             \
    "sxtb16 " bytes ", " word ", ror #8\n"             \
    "and    " word ", " word ", #0x00F000F0\n"         \
    "smlad  r9, " word ", " input ", r9\n"             \
    "smlad  r10, " bytes ", " input ", r10\n"          \
    "bic    " bytes ", " bytes ", #0x000F000F\n"       \
    "smlad  r11, " bytes ", " input ", r11\n"

/* Four rows from r8 to r11, added to what `a` to `d` hold. */
#define ADD_ROWS_S4(a, b, c, d)                        \
    "sub    r8, r8, r9\n"                              \
    "add    " a ", " a ", r8\n"                        \
    "sub    " a ", " a ", r10, lsl #8\n"               \
    "add    " b ", " b ", r9, asr #4\n"                \
    "sub    r10, r10, r11\n"                           \
    "add    " c ", " c ", r10\n"                       \
    "add    " d ", " d ", r11, asr #4\n"

/* 16 multiplications, 15 instructions. `word` and `part` are lost. */
#define MEASURE_S2(word, part, input)                           \
    "smlad  %[m0], " word ", " input ", %[m0]\n"                \
    "and    " part ", " word ", #0x000C000C\n"                  \
    "smlad  %[m1], " part ", " input ", %[m1]\n"                \
    "and    " part ", " word ", #0x00300030\n"                  \
    "smlad  %[m2], " part ", " input ", %[m2]\n"                \
    "and    " part ", " word ", #0x00C000C0\n"                  \
    "smlad  %[m3], " part ", " input ", %[m3]\n"                \
    "sxtb16 " word ", " word ", ror #8\n"                       \
    "smlad  %[m4], " word ", " input ", %[m4]\n"                \
    "and    " part ", " word ", #0x000C000C\n"                  \
    "smlad  %[m5], " part ", " input ", %[m5]\n"                \
    "and    " part ", " word ", #0x00300030\n"                  \
    "smlad  %[m6], " part ", " input ", %[m6]\n"                \
    "bic    " part ", " word ", #0x003F003F\n"                  \
    "smlad  %[m7], " part ", " input ", %[m7]\n"

/* Operands of eight measures, m[0] to m[7]. */
#define MEASURES_S2(m)                                                                                      \
    [m0] "+r"(m[0]), [m1] "+r"(m[1]), [m2] "+r"(m[2]), [m3] "+r"(m[3]), [m4] "+r"(m[4]), [m5] "+r"(m[5]), \
        [m6] "+r"(m[6]), [m7] "+r"(m[7])

#endif

#endif
