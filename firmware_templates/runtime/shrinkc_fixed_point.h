/* The arithmetic of every generated model: rounding, saturation, scales, sigmoid and tanh.
 *
 * Each function computes, bit for bit, what the function of the same name computes in the Python package
 * (shrinkc/numbers/fixed_point.py and functions.py). Values that fit 16 bits travel as int32_t, so that no core has
 * to extend a sign between two steps; "16 bits" in a comment is a promise of the caller.
 *
 * Right shifts of negative numbers are arithmetic here, and a uint32_t above 2^31 converts to int32_t modulo 2^32:
 * C99 leaves both to the compiler, and gcc and clang define them so. Left shifts go through uint32_t.
 */
#ifndef SHRINKC_FIXED_POINT_H
#define SHRINKC_FIXED_POINT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHRINKC_INLINE static inline __attribute__((always_inline, unused))

/* SSAT is on every core from the M3 up; the halfword multiplies of the DSP extension on M4, M7, M33 and M55. */
#if defined(__ARM_FEATURE_SAT)
#define SHRINKC_HAS_SSAT 1
#else
#define SHRINKC_HAS_SSAT 0
#endif
#if defined(__ARM_FEATURE_DSP) && !defined(SHRINKC_PLAIN_C)
#define SHRINKC_HAS_DSP 1
#else
#define SHRINKC_HAS_DSP 0
#endif
/* A core without a 64-bit product (v6-M, v8-M baseline) multiplies by halves. */
#if defined(__ARM_ARCH) && defined(__thumb__) && !defined(__thumb2__)
#define SHRINKC_HAS_WIDE_PRODUCT 0
#else
#define SHRINKC_HAS_WIDE_PRODUCT 1
#endif
/* Which of the two instruction sets the few lines of assembly are for: v7-M and v8-M Mainline, or v6-M. */
#if defined(__thumb2__) && !defined(SHRINKC_PLAIN_C)
#define SHRINKC_HAS_THUMB2 1
#else
#define SHRINKC_HAS_THUMB2 0
#endif
#if !SHRINKC_HAS_WIDE_PRODUCT && !defined(SHRINKC_PLAIN_C)
#define SHRINKC_HAS_THUMB1 1
#else
#define SHRINKC_HAS_THUMB1 0
#endif

/* tanh at -8, -8 + 1/32, ..., 8 in Q0.15. */
extern const int16_t shrinkc_tanh_table[513];

/* Clamp to [low, high]. */
SHRINKC_INLINE int32_t shrinkc_clamp(int32_t value, int32_t low, int32_t high)
{
    const int32_t raised = value < low ? low : value;
    return raised > high ? high : raised;
}

/* Whether value is not in [-limit, limit], in one comparison. */
SHRINKC_INLINE int shrinkc_exceeds(int32_t value, int32_t limit)
{
    return (uint32_t)value + (uint32_t)limit > 2 * (uint32_t)limit;
}

/* Clamp to [-limit - 1, limit], limit being 2^n - 1: a two's complement number of n + 1 bits. */
SHRINKC_INLINE int32_t shrinkc_saturate(int32_t value, int32_t limit)
{
    return shrinkc_clamp(value, -limit - 1, limit);
}

/* Clamp to [-limit, limit]. What is clamped is rare, so it costs a branch. */
SHRINKC_INLINE int32_t shrinkc_saturate_symmetric(int32_t value, int32_t limit)
{
    if (__builtin_expect(shrinkc_exceeds(value, limit), 0)) {
        return value < 0 ? -limit : limit;
    }
    return value;
}

/* Clamp to 16 bits. */
SHRINKC_INLINE int32_t shrinkc_saturate_s16(int32_t value)
{
#if SHRINKC_HAS_SSAT
    int32_t result;
    __asm__("ssat %0, #16, %1" : "=r"(result) : "r"(value));
    return result;
#else
    const int32_t narrow = (int16_t)value; /* SXTH; what does not fit is rare */
    return __builtin_expect(narrow == value, 1) ? value : (value >> 31) ^ 32767;
#endif
}

/* round(value / 2^bits), halves up; 0 <= bits <= 30, and value + 2^(bits-1) fits 32 bits. */
SHRINKC_INLINE int32_t shrinkc_rounding_shift(int32_t value, int32_t bits)
{
    return (value + ((INT32_C(1) << bits) >> 1)) >> bits;
}

/* shrinkc_multiply_wide from two 32-bit products: the top and the bottom half of value, the latter unsigned. */
SHRINKC_INLINE int32_t shrinkc_multiply_wide_by_halves(int32_t value, int32_t factor)
{
#if SHRINKC_HAS_THUMB1
    int32_t top; /* the compiler makes two more instructions */
    __asm__(".syntax unified\n asrs %[top], %[value], #16\n uxth %[value], %[value]\n"
            "muls %[top], %[factor], %[top]\n muls %[value], %[factor], %[value]\n"
            "asrs %[value], %[value], #16\n adds %[value], %[value], %[top]"
            : [value] "+&l"(value), [top] "=&l"(top)
            : [factor] "l"(factor)
            : "cc");
    return value;
#else
    const int32_t low = (int32_t)((uint32_t)value & 0xFFFFu);
    return (value >> 16) * factor + ((low * factor) >> 16);
#endif
}

/* floor(value * factor / 2^16), factor 16 bits signed: SMULWB. */
SHRINKC_INLINE int32_t shrinkc_multiply_wide(int32_t value, int32_t factor)
{
#if SHRINKC_HAS_DSP
    int32_t result;
    __asm__("smulwb %0, %1, %2" : "=r"(result) : "r"(value), "r"(factor));
    return result;
#elif SHRINKC_HAS_WIDE_PRODUCT
    /* The upper half of one SMULL. */
    return (int32_t)(((int64_t)value * (int32_t)((uint32_t)factor << 16)) >> 32);
#else
    return shrinkc_multiply_wide_by_halves(value, factor);
#endif
}

/* 2 * round(accumulator * multiplier * 2^(left - 16 - right)), or one more: `>> 1` is left to the caller.
 * (p + 2^(right-1)) >> right is ((p >> (right-1)) + 1) >> 1, which spares building the power of two. */
SHRINKC_INLINE int32_t shrinkc_rescale_twice(int32_t accumulator, int32_t multiplier, int32_t left, int32_t right)
{
    const int32_t raised = (int32_t)((uint32_t)accumulator << left);
    return (shrinkc_multiply_wide(raised, multiplier) >> (right - 1)) + 1;
}

/* round(accumulator * multiplier * 2^(left - 16 - right)), halves up. multiplier is a positive int16,
 * accumulator * 2^left fits 32 bits, 1 <= right <= 30. For sums of several accumulators, saturated after they are
 * added. */
SHRINKC_INLINE int32_t shrinkc_rescale(int32_t accumulator, int32_t multiplier, int32_t left, int32_t right)
{
    return shrinkc_rescale_twice(accumulator, multiplier, left, right) >> 1;
}

/* saturate_s16(rescale). SSAT shifts its operand for nothing: LSL, SMULWB, SUB, ASR, ADD, SSAT on an M4. */
SHRINKC_INLINE int32_t shrinkc_requantize(int32_t accumulator, int32_t multiplier, int32_t left, int32_t right)
{
    const int32_t twice = shrinkc_rescale_twice(accumulator, multiplier, left, right);
#if SHRINKC_HAS_SSAT
    int32_t result;
    __asm__("ssat %0, #16, %1, asr #1" : "=r"(result) : "r"(twice));
    return result;
#else
    return shrinkc_saturate_s16(twice >> 1);
#endif
}

/* max(value, 0). */
SHRINKC_INLINE int32_t shrinkc_relu(int32_t value)
{
    return value < 0 ? 0 : value;
}

/* round(a * b / 2^bits), halves up; a * b + 2^(bits-1) fits 32 bits. */
SHRINKC_INLINE int32_t shrinkc_multiply_shift(int32_t a, int32_t b, int32_t bits)
{
    return shrinkc_rounding_shift(a * b, bits);
}

/* A 32-bit state (at most 2^30 - 1 in magnitude) times a Q0.15 gate. The last bit is always 0. */
SHRINKC_INLINE int32_t shrinkc_scale_state(int32_t state, int32_t factor)
{
    return 2 * shrinkc_multiply_wide(state, factor);
}

/* b + round(share * (a - b) / 2^15): between a and b, since share is a Q0.15 gate. (a - b) * share fits 32 bits. */
SHRINKC_INLINE int32_t shrinkc_mix(int32_t share, int32_t a, int32_t b)
{
    return b + shrinkc_rounding_shift((a - b) * share, 15);
}

/* shrinkc_mix of 32-bit numbers whose difference fits 32 bits. */
SHRINKC_INLINE int32_t shrinkc_mix_wide(int32_t share, int32_t a, int32_t b)
{
    return b + shrinkc_scale_state(a - b, share);
}

/* min(max(x, 0), 1) of 16 bits in Q3.12, in Q0.15. */
SHRINKC_INLINE int32_t shrinkc_clamp_q15(int32_t argument)
{
    const int32_t value = shrinkc_relu(argument) * 8;
    return value < 32767 ? value : 32767;
}

/* tanh of 16 bits in Q3.12, in Q0.15: the line between the two table entries around the argument. */
SHRINKC_INLINE int32_t shrinkc_tanh_q15(int32_t argument)
{
    const int16_t *const middle = shrinkc_tanh_table + 256;
#if SHRINKC_HAS_THUMB2
    /* The compiler would add the 256 to every index. */
    const int16_t *entry;
    __asm__("add %0, %1, %2, lsl #1" : "=r"(entry) : "r"(middle), "r"(argument >> 7));
    const int32_t fraction = argument & 127, low = entry[0];
    return low + (((entry[1] - low) * fraction + 64) >> 7);
#elif SHRINKC_HAS_THUMB1
    /* In four low registers. */
    int32_t low, part;
    __asm__(".syntax unified\n asrs %[part], %[argument], #7\n lsls %[part], %[part], #1\n"
            "ldrsh %[low], [%[middle], %[part]]\n adds %[part], %[part], #2\n"
            "ldrsh %[part], [%[middle], %[part]]\n subs %[part], %[part], %[low]\n"
            "lsls %[argument], %[argument], #25\n lsrs %[argument], %[argument], #25\n"
            "muls %[part], %[argument], %[part]\n adds %[part], %[part], #64\n"
            "asrs %[part], %[part], #7\n adds %[low], %[low], %[part]"
            : [low] "=&l"(low), [part] "=&l"(part), [argument] "+l"(argument)
            : [middle] "l"(middle)
            : "cc");
    return low;
#else
    const int16_t *const entry = middle + (argument >> 7);
    const int32_t fraction = argument & 127, low = entry[0];
    return low + (((entry[1] - low) * fraction + 64) >> 7);
#endif
}

/* sigmoid of 16 bits in Q4.11, in Q0.15: (1 + tanh(x / 2)) / 2, and x / 2 is the same integer read as Q3.12. */
SHRINKC_INLINE int32_t shrinkc_sigmoid_q15(int32_t argument)
{
    int32_t value = shrinkc_tanh_q15(argument);
#if SHRINKC_HAS_THUMB1
    int32_t one; /* made in the loop: the compiler would keep it in a high register, and move it twice */
    __asm__(".syntax unified\n movs %[one], #128\n lsls %[one], %[one], #8\n"
            "adds %[value], %[value], %[one]\n asrs %[value], %[value], #1"
            : [value] "+l"(value), [one] "=&l"(one)
            :
            : "cc");
    return value;
#else
    value += 32768;
    return value >> 1;
#endif
}

#ifdef __cplusplus
}
#endif

#endif
