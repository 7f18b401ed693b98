/* Two elements a register: to the grid, and how far they have moved. For shrinkc_scan_dsp.c alone.
 *
 * SMLAWB and SMLAWT multiply 32 bits by a half and keep the top 32 bits. With the multiplier moved up by 32 - shift, an
 * element comes out with its grid value in the top half and the fraction below: half a unit added and the bottom half
 * dropped, it is rounded. A shift below 16 does not leave room for that; then elements go one by one.
 */
#ifndef SHRINKC_DSP_GRID_H
#define SHRINKC_DSP_GRID_H

#include "shrinkc_grid.h"

typedef uint32_t __attribute__((may_alias)) word_t;

#define SMALLEST_SHIFT 16
#define HALF_A_UNIT 0x8000u

#if SHRINKC_HAS_DSP
#define SHRINKC_ON_TWO(name, instruction, ...)                                  \
    SHRINKC_INLINE uint32_t name(uint32_t a, uint32_t b)                        \
    {                                                                           \
        uint32_t result;                                                        \
        __asm__(instruction " %0, " __VA_ARGS__ : "=r"(result) : "r"(a), "r"(b)); \
        return result;                                                          \
    }
SHRINKC_ON_TWO(subtract_halves, "ssub16", "%1, %2")
SHRINKC_ON_TWO(beyond_halves, "uqsub16", "%1, %2")
SHRINKC_ON_TWO(join_tops, "pkhtb", "%2, %1, asr #16")
#undef SHRINKC_ON_TWO

SHRINKC_INLINE uint32_t even_bytes_of(uint32_t word)
{
    uint32_t halves;
    __asm__("sxtb16 %0, %1" : "=r"(halves) : "r"(word));
    return halves;
}

SHRINKC_INLINE uint32_t odd_bytes_of(uint32_t word)
{
    uint32_t halves;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(halves) : "r"(word));
    return halves;
}

SHRINKC_INLINE uint32_t scaled_bottom(uint32_t start, uint32_t factor, uint32_t halves)
{
    __asm__("smlawb %0, %1, %2, %0" : "+r"(start) : "r"(factor), "r"(halves));
    return start;
}

SHRINKC_INLINE uint32_t scaled_top(uint32_t start, uint32_t factor, uint32_t halves)
{
    __asm__("smlawt %0, %1, %2, %0" : "+r"(start) : "r"(factor), "r"(halves));
    return start;
}
#else
SHRINKC_INLINE uint32_t subtract_halves(uint32_t a, uint32_t b)
{
    return ((a - b) & 0xFFFFu) | ((a >> 16) - (b >> 16)) << 16;
}

/* max(a - b, 0) of unsigned halves. */
SHRINKC_INLINE uint32_t beyond_halves(uint32_t a, uint32_t b)
{
    const uint32_t bottom = (uint16_t)a > (uint16_t)b ? (a - b) & 0xFFFFu : 0;
    return a >> 16 > b >> 16 ? bottom | ((a >> 16) - (b >> 16)) << 16 : bottom;
}

SHRINKC_INLINE uint32_t join_tops(uint32_t first, uint32_t second)
{
    return first >> 16 | (second & 0xFFFF0000u);
}

SHRINKC_INLINE uint32_t even_bytes_of(uint32_t word)
{
    return (uint32_t)(uint16_t)(int8_t)word | (uint32_t)(int8_t)(word >> 16) << 16;
}

SHRINKC_INLINE uint32_t odd_bytes_of(uint32_t word)
{
    return even_bytes_of(word >> 8);
}

SHRINKC_INLINE uint32_t scaled_bottom(uint32_t start, uint32_t factor, uint32_t halves)
{
    return start + (uint32_t)(((int64_t)(int32_t)factor * (int16_t)halves) >> 16);
}

SHRINKC_INLINE uint32_t scaled_top(uint32_t start, uint32_t factor, uint32_t halves)
{
    return scaled_bottom(start, factor, halves >> 16);
}
#endif

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

SHRINKC_INLINE int word_aligned(const void *pointer)
{
    return ((uintptr_t)pointer & 3u) == 0;
}

#endif
