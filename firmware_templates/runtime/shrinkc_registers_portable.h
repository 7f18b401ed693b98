/* Where the portable family's loops in assembly have their operands, and which cores have such loops. Without
 * optimisation the compiler has too few registers left, and so has gcc for a core with an FPU. */
#ifndef SHRINKC_REGISTERS_PORTABLE_H
#define SHRINKC_REGISTERS_PORTABLE_H

#if defined(__thumb__) && defined(__OPTIMIZE__) && !defined(__ARM_FP) && !defined(SHRINKC_PLAIN_C)
#if defined(__thumb2__)
#define SHRINKC_HAS_V7M 1 /* MLA, and any operand shifted */
#define SHRINKC_HAS_V6M 0
#elif defined(__PIC__)
#define SHRINKC_HAS_V7M 0
#define SHRINKC_HAS_V6M 0 /* r9 may be the base of position-independent code */
#else
#define SHRINKC_HAS_V7M 0
#define SHRINKC_HAS_V6M 1 /* eight low registers do all but add */
#endif
#else
#define SHRINKC_HAS_V7M 0
#define SHRINKC_HAS_V6M 0
#endif

/* Where an operand of a loop in assembly lives. v6-M has too few low registers to leave that to the compiler: pointers
 * and the mask are in r0, r1 and r3, sums in r8 to r11, the end in r12; r7 may be the frame pointer. */
#if SHRINKC_HAS_V6M
#define IN(fixed) __asm__(fixed)
#else
#define IN(fixed)
#endif
#define HOLD_SUMS(sum)                                                                              \
    register uint32_t s0 IN("r8") = sum[0], s1 IN("r9") = sum[1], s2 IN("r10") = sum[2], s3 IN("r11") = sum[3]
#define SUMS [s0] "+r"(s0), [s1] "+r"(s1), [s2] "+r"(s2), [s3] "+r"(s3)
#define STORE_SUMS(sum) (sum[0] = s0, sum[1] = s1, sum[2] = s2, sum[3] = s3)

#endif
