/* The arithmetic of shrinkc_fixed_point.h, four units side by side: shrinkc_x4_NAME is shrinkc_NAME of every lane.
 *
 * Without Helium that is also how they are computed, here and on the host. With it, each is a handful of instructions
 * whose rounding is the same: VRSHR and VRMULH round halves up, VMULH rounds down. Sums, differences and products of
 * vectors, and of a vector and a number, are written with + - and *.
 */
#ifndef SHRINKC_LANES_H
#define SHRINKC_LANES_H

#include "shrinkc_fixed_point.h"

#if defined(__ARM_FEATURE_MVE) && !defined(SHRINKC_PLAIN_C)
#define SHRINKC_HAS_MVE 1
#include <arm_mve.h>
#else
#define SHRINKC_HAS_MVE 0
#endif

typedef int32_t shrinkc_x4_t __attribute__((vector_size(16)));

/* Shifts by a number known at compile time: an immediate where the compiler has come to know it, a register else.
 * clang wants a literal. */
#if defined(__OPTIMIZE__) && !defined(__clang__)
#define SHRINKC_X4_KNOWN(bits) __builtin_constant_p(bits)
#else
#define SHRINKC_X4_KNOWN(bits) 0
#endif

#if SHRINKC_HAS_MVE

/* `left` units from a pointer on, four at most; the lanes beyond them read 0. */
SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_load_s16(const int16_t *values, uint32_t left)
{
    if (SHRINKC_X4_KNOWN(left >= 4u) && left >= 4u) {
        return (shrinkc_x4_t)vldrhq_s32(values);
    }
    return (shrinkc_x4_t)vldrhq_z_s32(values, vctp32q(left));
}

SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_load_s32(const int32_t *values, uint32_t left)
{
    if (SHRINKC_X4_KNOWN(left >= 4u) && left >= 4u) {
        return (shrinkc_x4_t)vldrwq_s32(values);
    }
    return (shrinkc_x4_t)vldrwq_z_s32(values, vctp32q(left));
}

/* The same, where they are stored. Values that fit 16 bits. */
SHRINKC_INLINE void shrinkc_x4_store_s16(int16_t *values, shrinkc_x4_t value, uint32_t left)
{
    if (SHRINKC_X4_KNOWN(left >= 4u) && left >= 4u) {
        vstrhq_s32(values, (int32x4_t)value);
    } else {
        vstrhq_p_s32(values, (int32x4_t)value, vctp32q(left));
    }
}

SHRINKC_INLINE void shrinkc_x4_store_s32(int32_t *values, shrinkc_x4_t value, uint32_t left)
{
    if (SHRINKC_X4_KNOWN(left >= 4u) && left >= 4u) {
        vstrwq_s32(values, (int32x4_t)value);
    } else {
        vstrwq_p_s32(values, (int32x4_t)value, vctp32q(left));
    }
}

/* value * 2^bits, modulo 2^32. */
SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_shift_left(shrinkc_x4_t value, int32_t bits)
{
    return bits == 0 ? value : (shrinkc_x4_t)vshlq_r_s32((int32x4_t)value, bits);
}

SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_clamp(shrinkc_x4_t value, int32_t low, int32_t high)
{
    return (shrinkc_x4_t)vmaxq_s32(vminq_s32((int32x4_t)value, vdupq_n_s32(high)), vdupq_n_s32(low));
}

SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_saturate(shrinkc_x4_t value, int32_t limit)
{
    return shrinkc_x4_clamp(value, -limit - 1, limit);
}

SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_saturate_symmetric(shrinkc_x4_t value, int32_t limit)
{
    return shrinkc_x4_clamp(value, -limit, limit);
}

/* At the top of the word, which needs no limits in registers. */
SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_saturate_s16(shrinkc_x4_t value)
{
    return (shrinkc_x4_t)vshrq_n_s32(vqshlq_n_s32((int32x4_t)value, 16), 16);
}

SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_rounding_shift(shrinkc_x4_t value, int32_t bits)
{
#if defined(__OPTIMIZE__) && !defined(__clang__)
    if (__builtin_constant_p(bits) && bits > 0) {
        return (shrinkc_x4_t)vrshrq_n_s32((int32x4_t)value, bits);
    }
#endif
    return (shrinkc_x4_t)vrshlq_n_s32((int32x4_t)value, -bits);
}

SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_multiply_wide(shrinkc_x4_t value, shrinkc_x4_t factor)
{
    return (shrinkc_x4_t)vmulhq_s32((int32x4_t)value, vshlq_n_s32((int32x4_t)factor, 16));
}

/* accumulator * multiplier * 2^(left - 16 - right), halves up. VRMULH divides by 2^32, so where `right` is no more than
 * left + 16 the factors are raised by what is missing, the multiplier by at most 16. */
SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_rescale(shrinkc_x4_t accumulator, shrinkc_x4_t multiplier, int32_t left,
                                               int32_t right)
{
    const int32_t raise = 16 + left - right;
    if (raise >= 0) {
        const shrinkc_x4_t sum = shrinkc_x4_shift_left(accumulator, raise > 16 ? raise - 16 : 0);
        const shrinkc_x4_t factor = shrinkc_x4_shift_left(multiplier, raise > 16 ? 16 : raise);
        return (shrinkc_x4_t)vrmulhq_s32((int32x4_t)sum, (int32x4_t)factor);
    }
    const shrinkc_x4_t sum = shrinkc_x4_shift_left(accumulator, left);
    return shrinkc_x4_rounding_shift(shrinkc_x4_multiply_wide(sum, multiplier), right);
}

SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_relu(shrinkc_x4_t value)
{
    return (shrinkc_x4_t)vmaxq_s32((int32x4_t)value, vdupq_n_s32(0));
}

SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_clamp_q15(shrinkc_x4_t argument)
{
    return (shrinkc_x4_t)vminq_s32((int32x4_t)(shrinkc_x4_relu(argument) * 8), vdupq_n_s32(32767));
}

/* The table's entries around each argument, and the line between. It rises, so that their differences are unsigned
 * numbers, and the argument's low bits, raised to the top of the word, are the fraction for VRMULH. */
SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_tanh_q15(shrinkc_x4_t argument)
{
    const uint32x4_t entry = vreinterpretq_u32_s32(vshrq_n_s32((int32x4_t)argument, 7));
    const uint32x4_t fraction = vshlq_n_u32(vreinterpretq_u32_s32((int32x4_t)argument), 25);
    const int16_t *lows = shrinkc_tanh_table + 256, *highs = shrinkc_tanh_table + 257;
    __asm__("" : "+r"(lows)); /* two registers, and not one and an addition at every use */
    __asm__("" : "+r"(highs));
    const int32x4_t low = vldrhq_gather_shifted_offset_s32(lows, entry);
    const int32x4_t high = vldrhq_gather_shifted_offset_s32(highs, entry);
    const uint32x4_t rise = vreinterpretq_u32_s32(vsubq_s32(high, low));
    return (shrinkc_x4_t)vaddq_s32(low, vreinterpretq_s32_u32(vrmulhq_u32(rise, fraction)));
}

SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_sigmoid_q15(shrinkc_x4_t argument)
{
    return (shrinkc_x4_t)vhaddq_n_s32((int32x4_t)shrinkc_x4_tanh_q15(argument), 32768);
}

#else /* the definition: lane by lane; functions that stay functions, or sanitizers would swell each loop */

#define SHRINKC_X4_TWIN static __attribute__((noinline, unused))

SHRINKC_X4_TWIN shrinkc_x4_t shrinkc_x4_load_s16(const int16_t *values, uint32_t left)
{
    shrinkc_x4_t result = {0, 0, 0, 0};
    for (uint32_t lane = 0; lane < 4u && lane < left; lane++) {
        result[lane] = values[lane];
    }
    return result;
}

SHRINKC_X4_TWIN shrinkc_x4_t shrinkc_x4_load_s32(const int32_t *values, uint32_t left)
{
    shrinkc_x4_t result = {0, 0, 0, 0};
    for (uint32_t lane = 0; lane < 4u && lane < left; lane++) {
        result[lane] = values[lane];
    }
    return result;
}

SHRINKC_X4_TWIN void shrinkc_x4_store_s16(int16_t *values, shrinkc_x4_t value, uint32_t left)
{
    for (uint32_t lane = 0; lane < 4u && lane < left; lane++) {
        values[lane] = (int16_t)value[lane];
    }
}

SHRINKC_X4_TWIN void shrinkc_x4_store_s32(int32_t *values, shrinkc_x4_t value, uint32_t left)
{
    for (uint32_t lane = 0; lane < 4u && lane < left; lane++) {
        values[lane] = value[lane];
    }
}

#define SHRINKC_X4_LANES(name, parameters, call)              \
    SHRINKC_X4_TWIN shrinkc_x4_t shrinkc_x4_##name parameters \
    {                                                         \
        shrinkc_x4_t result = {0, 0, 0, 0};                   \
        for (int lane = 0; lane < 4; lane++) {                \
            result[lane] = shrinkc_##name call;               \
        }                                                     \
        return result;                                        \
    }
SHRINKC_X4_LANES(clamp, (shrinkc_x4_t a, int32_t low, int32_t high), (a[lane], low, high))
SHRINKC_X4_LANES(saturate, (shrinkc_x4_t a, int32_t limit), (a[lane], limit))
SHRINKC_X4_LANES(saturate_symmetric, (shrinkc_x4_t a, int32_t limit), (a[lane], limit))
SHRINKC_X4_LANES(saturate_s16, (shrinkc_x4_t a), (a[lane]))
SHRINKC_X4_LANES(rounding_shift, (shrinkc_x4_t a, int32_t bits), (a[lane], bits))
SHRINKC_X4_LANES(multiply_wide, (shrinkc_x4_t a, shrinkc_x4_t b), (a[lane], b[lane]))
SHRINKC_X4_LANES(rescale, (shrinkc_x4_t a, shrinkc_x4_t b, int32_t left, int32_t right),
                 (a[lane], b[lane], left, right))
SHRINKC_X4_LANES(relu, (shrinkc_x4_t a), (a[lane]))
SHRINKC_X4_LANES(clamp_q15, (shrinkc_x4_t a), (a[lane]))
SHRINKC_X4_LANES(tanh_q15, (shrinkc_x4_t a), (a[lane]))
SHRINKC_X4_LANES(sigmoid_q15, (shrinkc_x4_t a), (a[lane]))
#undef SHRINKC_X4_LANES

#endif

/* ---- Made of the above ---- */

SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_requantize(shrinkc_x4_t accumulator, shrinkc_x4_t multiplier, int32_t left,
                                                  int32_t right)
{
    return shrinkc_x4_saturate_s16(shrinkc_x4_rescale(accumulator, multiplier, left, right));
}

SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_multiply_shift(shrinkc_x4_t a, shrinkc_x4_t b, int32_t bits)
{
    return shrinkc_x4_rounding_shift(a * b, bits);
}

SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_scale_state(shrinkc_x4_t state, shrinkc_x4_t factor)
{
    return shrinkc_x4_multiply_wide(state, factor) * 2;
}

SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_mix(shrinkc_x4_t share, shrinkc_x4_t a, shrinkc_x4_t b)
{
    return b + shrinkc_x4_rounding_shift((a - b) * share, 15);
}

SHRINKC_INLINE shrinkc_x4_t shrinkc_x4_mix_wide(shrinkc_x4_t share, shrinkc_x4_t a, shrinkc_x4_t b)
{
    return b + shrinkc_x4_scale_state(a - b, share);
}

#endif
