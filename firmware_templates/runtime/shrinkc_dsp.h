/* What the products of the DSP family share: the idea, and the instructions.
 *
 * SMLAD multiplies both halves of a register by both halves of another and adds the two products. So a word of weights
 * has a column in its bottom half and the next one in its top half, and the two inputs lie side by side in memory. A
 * half holds several rows of its column, two of 8 bits, four of 4 bits or eight of 2 bits, as one number
 *     u[0] + 2^b u[1] + 2^2b u[2] + ... + 2^(16-b) s[last]
 * whose digits u are excess coded (w + 2^(b-1), never negative) and whose last is two's complement. SMLAD on the word
 * as it stands sums up all its rows, mixed. Each mask that leaves some of them, and one more SMLAD, is one more
 * measure; as many measures as rows tell the rows apart, once a block of rows. All of it is modulo 2^32.
 *
 * The loops over the columns are blocks of assembly, since gcc spoils them (no LDM, nothing in place); beside each is
 * its twin, the C that defines it. A turn of a loop has several rounds written out, and TBB enters it where the rounds
 * to do make whole turns. They take 13 registers: what a call is about therefore lies in memory (dense_t, delta_t) and
 * its address waits on the stack while the columns go by. gcc does not find 13 registers when it does not optimise, nor
 * for a Cortex-M55, nor in position-independent code, which may keep one of them for its base: then the twins compile.
 */
#ifndef SHRINKC_DSP_H
#define SHRINKC_DSP_H

#include <stddef.h>

#include "shrinkc_fixed_point.h"
#include "shrinkc_kernels.h"

#if SHRINKC_HAS_DSP && defined(__OPTIMIZE__) && !defined(__PIC__) && !defined(__ARM_FEATURE_MVE)
#define SHRINKC_DSP_LOOPS 1
#else
#define SHRINKC_DSP_LOOPS 0
#endif

/* A function that has such a loop keeps no frame pointer, whatever the flags say. */
#if defined(__clang__)
#define SHRINKC_NO_FRAME_POINTER
#else
#define SHRINKC_NO_FRAME_POINTER __attribute__((optimize("omit-frame-pointer")))
#endif

/* Words in memory that were written as something else: pairs of inputs. */
typedef uint32_t __attribute__((may_alias)) word_t;

/* On the core: that a struct's member is where the assembly reads it. */
#if SHRINKC_HAS_DSP
#define CHECK_OFFSET(type, member, offset) \
    typedef char type##_##member##_check[offsetof(type, member) == (offset) ? 1 : -1] __attribute__((unused))
#else
#define CHECK_OFFSET(type, member, offset) typedef char type##_##member##_check[1] __attribute__((unused))
#endif

#define ONES 0x00010001u /* for the sum of two halves */
#define MEASURES 8       /* of a block of rows, at most */
#define ROUNDS 4u        /* in a turn of a loop */

/* Into the middle of a turn of four rounds, after as many rounds as `skip` says; at its end the code goes on with
 * "bne 1b" while there is more. */
#define ENTER(skip) "tbb [pc, " skip "]\n0: .byte (1f - 0b) / 2, (2f - 0b) / 2, (3f - 0b) / 2, (4f - 0b) / 2\n"
#define TURN(round) "1:" round "2:" round "3:" round "4:" round

SHRINKC_INLINE uint32_t rounds_to_skip(uint32_t rounds)
{
    return (0u - rounds) & (ROUNDS - 1u);
}

SHRINKC_INLINE uint32_t blocks_of(uint32_t rows, uint32_t height)
{
    return (rows + height - 1) / height;
}

/* SMLAD: sum + bottom * bottom + top * top, of signed halves. */
SHRINKC_INLINE uint32_t dual_mac(uint32_t sum, uint32_t a, uint32_t b)
{
#if SHRINKC_HAS_DSP
    __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
    return sum;
#else
    const int32_t bottom = (int16_t)a * (int16_t)b, top = (int16_t)(a >> 16) * (int16_t)(b >> 16);
    return sum + (uint32_t)bottom + (uint32_t)top;
#endif
}

/* SXTB16 by ROR 8: bytes 1 and 3, signed, in halves. */
SHRINKC_INLINE uint32_t odd_bytes(uint32_t word)
{
    return (uint32_t)(uint16_t)(int8_t)(word >> 8) | (uint32_t)(int8_t)(word >> 24) << 16;
}

/* The bottom halves of two words; their top halves. */
SHRINKC_INLINE uint32_t bottoms(uint32_t first, uint32_t second)
{
    return (first & 0xFFFFu) | second << 16;
}

SHRINKC_INLINE uint32_t tops(uint32_t first, uint32_t second)
{
#if SHRINKC_HAS_DSP
    uint32_t halves;
    __asm__("pkhtb %0, %2, %1, asr #16" : "=r"(halves) : "r"(first), "r"(second));
    return halves;
#else
    return first >> 16 | (second & 0xFFFF0000u);
#endif
}

/* value / 2^bits of a measure that is a multiple of it and has not wrapped. */
SHRINKC_INLINE uint32_t shifted_down(uint32_t value, int bits)
{
    return (uint32_t)((int32_t)value >> bits);
}

#endif
