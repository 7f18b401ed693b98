/* Dense products for cores with the DSP extension, weights of 8 and 16 bits. shrinkc_dsp.h tells the idea.
 *
 * A tile is 4 rows x 4 columns. At 8 bits its words are rows 0, 1 of columns 0, 1; rows 2, 3 of columns 0, 1; and the
 * same of columns 2, 3. At 16 bits they are rows 0 to 3 of columns 0, 1, then of columns 2, 3.
 */
#include "shrinkc_dsp_dense.h"

#if SHRINKC_DSP_LOOPS

/* 16 multiplications, 14 instructions. Sums: r9 and r11 of rows 1 and 3; r8 = row 0 + 256 * row 1, r10 likewise. */
#define ROUND_S8                            \
    "ldmia  %[word]!, {r3, r4, r5, r6}\n"   \
    "ldrd   %[a], %[b], [%[input]], #8\n"   \
    "smlad  r8, r3, %[a], r8\n"             \
    "sxtb16 r3, r3, ror #8\n"               \
    "smlad  r9, r3, %[a], r9\n"             \
    "smlad  r10, r4, %[a], r10\n"           \
    "sxtb16 r4, r4, ror #8\n"               \
    "smlad  r11, r4, %[a], r11\n"           \
    "smlad  r8, r5, %[b], r8\n"             \
    "sxtb16 r5, r5, ror #8\n"               \
    "smlad  r9, r5, %[b], r9\n"             \
    "smlad  r10, r6, %[b], r10\n"           \
    "sxtb16 r6, r6, ror #8\n"               \
    "smlad  r11, r6, %[b], r11\n"

/* Four rows. Returns the words of the next rows. */
SHRINKC_INLINE const uint32_t *rows_s8(const uint32_t *word, dense_t *call)
{
    uint32_t input, a, b;
    __asm__ volatile("push   {%[call]}\n"
            "ldr    %[a], [%[call], #12]\n"
            "ldmia  %[a]!, {r8, r9, r10, r11}\n"
            "str    %[a], [%[call], #12]\n"
            "ldr    %[b], [%[call], #20]\n"
            "add    r8, r8, %[b]\n"
            "add    r10, r10, %[b]\n"
            "add    r8, r8, r9, lsl #8\n"
            "add    r10, r10, r11, lsl #8\n"
            "ldrd   %[a], %[input], [%[call]]\n"
            "ldr    %[call], [%[call], #8]\n" /* the end of the input */
            ENTER("%[a]") TURN(ROUND_S8)
            "cmp    %[input], %[call]\n"
            "bne    1b\n"
            "pop    {%[call]}\n"
            "ldr    %[a], [%[call], #16]\n"
            "sub    r8, r8, r9, lsl #8\n"
            "sub    r10, r10, r11, lsl #8\n"
            "stmia  %[a]!, {r8, r9, r10, r11}\n"
            "str    %[a], [%[call], #16]\n"
            : [word] "+r"(word), [call] "+r"(call), [input] "=&r"(input), [a] "=&r"(a), [b] "=&r"(b)
            :
            : "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "cc", "memory");
    return word;
}

/* 16 multiplications, 11 instructions. */
#define ROUND_S16                           \
    "ldrd   %[a], %[b], [%[input]], #8\n"   \
    "ldmia  %[word]!, {r3, r4, r5, r6}\n"   \
    "smlad  r8, r3, %[a], r8\n"             \
    "smlad  r9, r4, %[a], r9\n"             \
    "smlad  r10, r5, %[a], r10\n"           \
    "smlad  r11, r6, %[a], r11\n"           \
    "ldmia  %[word]!, {r3, r4, r5, r6}\n"   \
    "smlad  r8, r3, %[b], r8\n"             \
    "smlad  r9, r4, %[b], r9\n"             \
    "smlad  r10, r5, %[b], r10\n"           \
    "smlad  r11, r6, %[b], r11\n"

/* Four rows. */
SHRINKC_INLINE const uint32_t *rows_s16(const uint32_t *word, dense_t *call)
{
    uint32_t input, a, b;
    __asm__ volatile("push   {%[call]}\n"
            "ldr    %[a], [%[call], #12]\n"
            "ldmia  %[a]!, {r8, r9, r10, r11}\n"
            "str    %[a], [%[call], #12]\n"
            "ldrd   %[a], %[input], [%[call]]\n"
            "ldr    %[call], [%[call], #8]\n"
            ENTER("%[a]") TURN(ROUND_S16)
            "cmp    %[input], %[call]\n"
            "bne    1b\n"
            "pop    {%[call]}\n"
            "ldr    %[a], [%[call], #16]\n"
            "stmia  %[a]!, {r8, r9, r10, r11}\n"
            "str    %[a], [%[call], #16]\n"
            : [word] "+r"(word), [call] "+r"(call), [input] "=&r"(input), [a] "=&r"(a), [b] "=&r"(b)
            :
            : "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "cc", "memory");
    return word;
}

#else

SHRINKC_INLINE const uint32_t *rows_s8(const uint32_t *word, dense_t *call)
{
    uint32_t odd0 = (uint32_t)call->start[1], mixed0 = (uint32_t)call->start[0] + (odd0 << 8) + call->first[0];
    uint32_t odd2 = (uint32_t)call->start[3], mixed2 = (uint32_t)call->start[2] + (odd2 << 8) + call->first[0];
    for (const word_t *input = call->input; input != call->end; input++, word += 2) {
        mixed0 = dual_mac(mixed0, word[0], *input);
        odd0 = dual_mac(odd0, odd_bytes(word[0]), *input);
        mixed2 = dual_mac(mixed2, word[1], *input);
        odd2 = dual_mac(odd2, odd_bytes(word[1]), *input);
    }
    call->sums[0] = (int32_t)(mixed0 - (odd0 << 8));
    call->sums[1] = (int32_t)odd0;
    call->sums[2] = (int32_t)(mixed2 - (odd2 << 8));
    call->sums[3] = (int32_t)odd2;
    call->start += 4;
    call->sums += 4;
    return word;
}

SHRINKC_INLINE const uint32_t *rows_s16(const uint32_t *word, dense_t *call)
{
    uint32_t sum[4];
    for (int row = 0; row < 4; row++) {
        sum[row] = (uint32_t)*call->start++;
    }
    for (const word_t *input = call->input; input != call->end; input++) {
        for (int row = 0; row < 4; row++) {
            sum[row] = dual_mac(sum[row], *word++, *input);
        }
    }
    for (int row = 0; row < 4; row++) {
        *call->sums++ = (int32_t)sum[row];
    }
    return word;
}

#endif

/* m4 dense s8: 0.92. */
void shrinkc_vec_mat_mult_s8(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                             int32_t *sums)
{
    dense_t call = dense_of(input, matrix->columns, 4, start, sums);
    call.first[0] = 0u - 128u * total_of_inputs(input, matrix->columns);
    const uint32_t *word = matrix->weights;
    for (uint32_t left = blocks_of(matrix->rows, 4); left != 0; left--) {
        word = rows_s8(word, &call);
    }
}

/* m4 dense s16: 0.72. */
void shrinkc_vec_mat_mult_s16(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                              int32_t *sums)
{
    dense_t call = dense_of(input, matrix->columns, 4, start, sums);
    const uint32_t *word = matrix->weights;
    for (uint32_t left = blocks_of(matrix->rows, 4); left != 0; left--) {
        word = rows_s16(word, &call);
    }
}
