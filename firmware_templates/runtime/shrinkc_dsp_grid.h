/* Elements to the grid, two from a register. For shrinkc_scan_dsp.c alone.
 *
 * SMLAWB and SMLAWT multiply 32 bits by a half and keep the top 32 bits. With the multiplier moved up by 32 - shift, an
 * element comes out with its grid value in the top half and the fraction below: half a unit added and the bottom half
 * dropped, it is rounded. A shift below 16 does not leave room for that; then elements go one by one.
 */
#ifndef SHRINKC_DSP_GRID_H
#define SHRINKC_DSP_GRID_H

#include "shrinkc_dsp.h"
#include "shrinkc_grid.h"

#define SMALLEST_SHIFT 16
#define LARGEST_THRESHOLD 16383 /* a grid value, at most 2^30 / 2^16 here, and it share a half */
#define HALF_A_UNIT 0x8000u

/* a - b of halves. */
SHRINKC_INLINE uint32_t subtract_halves(uint32_t a, uint32_t b)
{
#if SHRINKC_HAS_DSP
    uint32_t halves;
    __asm__("ssub16 %0, %1, %2" : "=r"(halves) : "r"(a), "r"(b));
    return halves;
#else
    return ((a - b) & 0xFFFFu) | ((a >> 16) - (b >> 16)) << 16;
#endif
}

/* max(a - b, 0) of unsigned halves. */
SHRINKC_INLINE uint32_t beyond_halves(uint32_t a, uint32_t b)
{
#if SHRINKC_HAS_DSP
    uint32_t halves;
    __asm__("uqsub16 %0, %1, %2" : "=r"(halves) : "r"(a), "r"(b));
    return halves;
#else
    const uint32_t bottom = (uint16_t)a > (uint16_t)b ? (a - b) & 0xFFFFu : 0;
    return a >> 16 > b >> 16 ? bottom | ((a >> 16) - (b >> 16)) << 16 : bottom;
#endif
}

/* start + (factor * half >> 16), of the bottom and of the top half. */
SHRINKC_INLINE uint32_t scaled_bottom(uint32_t start, uint32_t factor, uint32_t halves)
{
#if SHRINKC_HAS_DSP
    uint32_t sum;
    __asm__("smlawb %0, %1, %2, %3" : "=r"(sum) : "r"(factor), "r"(halves), "r"(start));
    return sum;
#else
    return start + (uint32_t)(((int64_t)(int32_t)factor * (int16_t)halves) >> 16);
#endif
}

SHRINKC_INLINE uint32_t scaled_top(uint32_t start, uint32_t factor, uint32_t halves)
{
#if SHRINKC_HAS_DSP
    uint32_t sum;
    __asm__("smlawt %0, %1, %2, %3" : "=r"(sum) : "r"(factor), "r"(halves), "r"(start));
    return sum;
#else
    return scaled_bottom(start, factor, halves >> 16);
#endif
}

/* Four elements, grid value + offset in the top halves. `start` is the offset in the top half, half a unit below. */
typedef struct {
    uint32_t one, two, three, four;
} scaled_t;

SHRINKC_INLINE scaled_t scale_four(const word_t *pair, uint32_t factor, uint32_t start)
{
    return (scaled_t){scaled_bottom(start, factor, pair[0]), scaled_top(start, factor, pair[0]),
                      scaled_bottom(start, factor, pair[1]), scaled_top(start, factor, pair[1])};
}

SHRINKC_INLINE uint32_t both_halves(int32_t value)
{
    return (uint32_t)value * 0x00010001u;
}

SHRINKC_INLINE uint32_t factor_of(const shrinkc_send_group_t *group)
{
    return (uint32_t)group->multiplier << (32 - group->shift);
}

SHRINKC_INLINE int word_aligned(const void *pointer)
{
    return ((uintptr_t)pointer & 3u) == 0;
}

/* The vector is loaded as words, and the shift has room. */
SHRINKC_INLINE int may_go_by_four(const shrinkc_send_group_t *group, const int16_t *vector)
{
    return group->shift >= SMALLEST_SHIFT && word_aligned(vector);
}

#endif
