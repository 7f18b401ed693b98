/* The instructions of the DSP extension that the kernels use, and their loads. For shrinkc_kernels_dsp.c alone. */
#ifndef SHRINKC_DSP_H
#define SHRINKC_DSP_H

#include "shrinkc_fixed_point.h"
#include "shrinkc_kernels.h"

/* Words in memory that may have been written as something else: entries of an active list, pairs of inputs. */
typedef uint32_t __attribute__((may_alias)) word_t;

/* sum += half of a * half of b; mac_bottom_top is the bottom half of a by the top half of b. The sum wraps. gcc 12
 * makes two instructions of the intrinsics in arm_acle.h, hence the assembly. */
#define SHRINKC_MAC(name, instruction)                                        \
    SHRINKC_INLINE void name(uint32_t *sum, uint32_t a, uint32_t b)           \
    {                                                                         \
        __asm__(instruction " %0, %1, %2, %0" : "+r"(*sum) : "r"(a), "r"(b)); \
    }
SHRINKC_MAC(mac_bottom_bottom, "smlabb")
SHRINKC_MAC(mac_bottom_top, "smlabt")
SHRINKC_MAC(mac_top_bottom, "smlatb")
SHRINKC_MAC(mac_top_top, "smlatt")
#undef SHRINKC_MAC

/* Which half of a register holds the input. A constant at every use. */
typedef enum { BOTTOM, TOP } half_t;

/* Two rows += the halves of `weights` times one half of `input`. */
SHRINKC_INLINE void mac_two(uint32_t *row, uint32_t *row_of_top, uint32_t weights, uint32_t input, half_t half)
{
    if (half == TOP) {
        mac_bottom_top(row, weights, input);
        mac_top_top(row_of_top, weights, input);
    } else {
        mac_bottom_bottom(row, weights, input);
        mac_top_bottom(row_of_top, weights, input);
    }
}

/* Bytes 0 and 2 of a word, signed, in halves. */
SHRINKC_INLINE uint32_t even_bytes(uint32_t word)
{
    uint32_t halves;
    __asm__("sxtb16 %0, %1" : "=r"(halves) : "r"(word));
    return halves;
}

/* Bytes 1 and 3, signed, in halves. */
SHRINKC_INLINE uint32_t odd_bytes(uint32_t word)
{
    uint32_t halves;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(halves) : "r"(word));
    return halves;
}

/* Bytes 1 and 3, unsigned, in halves. */
SHRINKC_INLINE uint32_t odd_unsigned_bytes(uint32_t word)
{
    uint32_t halves;
    __asm__("uxtb16 %0, %1, ror #8" : "=r"(halves) : "r"(word));
    return halves;
}

/* Two words, and on, in one instruction. The pointer is word-aligned. */
SHRINKC_INLINE void load_two(const word_t **pointer, uint32_t *first, uint32_t *second)
{
    __asm__("ldrd %0, %1, [%2], #8"
            : "=&r"(*first), "=&r"(*second), "+r"(*pointer)
            : "m"(*(const word_t(*)[2]) * pointer));
}

/* An entry of an active list is a word: the column in its bottom half, the difference in its top half. */
SHRINKC_INLINE uint32_t column_of(uint32_t entry)
{
    return (uint16_t)entry;
}

/* How an active list is read: four entries at a time up to `rest`, one at a time up to `end`. */
typedef struct {
    const word_t *start, *rest, *end;
} list_t;

SHRINKC_INLINE list_t list_of(const shrinkc_active_t *active, uint32_t count)
{
    const word_t *start = (const word_t *)active;
    return (list_t){start, start + (count & ~3u), start + count};
}

/* How the input of a dense product is read: one column up to `fours`, which is word-aligned, four at a time up to
 * `rest`, one at a time up to `end`. */
typedef struct {
    const int16_t *start, *fours, *rest, *end;
} span_t;

SHRINKC_INLINE span_t span_of(const int16_t *input, uint32_t columns)
{
    const uint32_t before = columns == 0 ? 0 : ((uintptr_t)input >> 1) & 1u;
    const int16_t *fours = input + before;
    return (span_t){input, fours, fours + ((columns - before) & ~3u), input + columns};
}

SHRINKC_INLINE const word_t *as_words(const int16_t *aligned)
{
    return (const word_t *)(const void *)aligned;
}

/* Four accumulators between memory and registers. */
SHRINKC_INLINE void load_sums(uint32_t *sum, const int32_t *accumulators)
{
    sum[0] = (uint32_t)accumulators[0];
    sum[1] = (uint32_t)accumulators[1];
    sum[2] = (uint32_t)accumulators[2];
    sum[3] = (uint32_t)accumulators[3];
}

SHRINKC_INLINE void store_sums(int32_t *accumulators, const uint32_t *sum)
{
    accumulators[0] = (int32_t)sum[0];
    accumulators[1] = (int32_t)sum[1];
    accumulators[2] = (int32_t)sum[2];
    accumulators[3] = (int32_t)sum[3];
}

#endif
