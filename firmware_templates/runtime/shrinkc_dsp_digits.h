/* Weights of 2 and 4 bits with the DSP extension: eight rows of a block. For shrinkc_kernels_dsp.c alone.
 *
 * No instruction extends the sign of half a byte, so weights are made positive first: with 8 added (2 at 2 bits: one
 * EOR for a whole word), u = w + 8 is an unsigned digit. Masking every byte's digit leaves halves that read
 * u_low + 256 u_high. They are multiplied as they are; the high digits alone are multiplied as well, into sums of
 * their own; and at the end of a block
 *     sum of u_low d = sum of (u_low + 256 u_high) d - 256 * sum of u_high d
 *     sum of w d     = sum of u d - 8 * sum of d.
 * All of that is exact modulo 2^32, and the compiler has proven that the result fits 32 bits.
 */
#ifndef SHRINKC_DSP_DIGITS_H
#define SHRINKC_DSP_DIGITS_H

#include "shrinkc_dsp.h"

typedef struct {
    int bits;
    int shift; /* to a byte's first digit of this pass; its second is `bits` further up */
    uint32_t mask;
} digits_t;

/* One digit of each byte: rows of bytes 0 (with 1 mixed in), 2 (with 3 mixed in), 1 and 3. */
SHRINKC_INLINE void add_digit(uint32_t *sum, uint32_t word, int shift, uint32_t mask, uint32_t input, half_t half)
{
    const uint32_t digits = (word >> shift) & mask;
    mac_two(&sum[0], &sum[1], digits, input, half);
    mac_two(&sum[2], &sum[3], odd_unsigned_bytes(digits), input, half);
}

SHRINKC_INLINE void add_digits(uint32_t *sum, uint32_t word, digits_t digits, uint32_t input, half_t half)
{
    const uint32_t positive = word ^ (digits.bits == 4 ? 0x88888888u : 0xAAAAAAAAu);
    add_digit(sum, positive, digits.shift, digits.mask, input, half);
    add_digit(sum + 4, positive, digits.shift + digits.bits, digits.mask, input, half);
}

/* accumulators += the sums of one digit, put right. A byte's row is bytes[0] to bytes[3]. */
SHRINKC_INLINE void finish_digit(int32_t *accumulators, int rows_of_byte, const uint32_t *sum, uint32_t correction)
{
    int32_t *const bytes[4] = {accumulators, accumulators + rows_of_byte, accumulators + 2 * rows_of_byte,
                               accumulators + 3 * rows_of_byte};
    *bytes[0] = (int32_t)((uint32_t)*bytes[0] + sum[0] - 256 * sum[2] - correction);
    *bytes[1] = (int32_t)((uint32_t)*bytes[1] + sum[2] - correction);
    *bytes[2] = (int32_t)((uint32_t)*bytes[2] + sum[1] - 256 * sum[3] - correction);
    *bytes[3] = (int32_t)((uint32_t)*bytes[3] + sum[3] - correction);
}

SHRINKC_INLINE void finish_digits(int32_t *accumulators, const uint32_t *sum, digits_t digits, uint32_t total)
{
    const int rows_of_byte = 8 / digits.bits, row = digits.shift / digits.bits;
    const uint32_t correction = (digits.bits == 4 ? 8 : 2) * total;
    finish_digit(accumulators + row, rows_of_byte, sum, correction);
    finish_digit(accumulators + row + 1, rows_of_byte, sum + 4, correction);
}

/* The mask stays in a register, where AND can shift its other operand for nothing. */
SHRINKC_INLINE digits_t digits_of(int bits, int shift)
{
    uint32_t mask = bits == 4 ? 0x0F0F0F0Fu : 0x03030303u;
    __asm__("" : "+r"(mask));
    return (digits_t){bits, shift, mask};
}

/* No instruction, but what follows in the list is not loaded before this column is added: gcc would load four columns
 * at once, and keep sums on the stack to have room for them. */
SHRINKC_INLINE void finish_column(const word_t **next, uint32_t *sum)
{
    __asm__("" : "+r"(*next), "+r"(sum[7]));
}

SHRINKC_INLINE void add_entry(uint32_t *sum, const uint32_t *words, digits_t digits, const word_t **next)
{
    const uint32_t entry = *(*next)++;
    add_digits(sum, words[column_of(entry)], digits, entry, TOP);
    finish_column(next, sum);
}

SHRINKC_INLINE void add_pair(uint32_t *sum, const word_t **word, digits_t digits, const word_t **next)
{
    const uint32_t pair = *(*next)++;
    add_digits(sum, *(*word)++, digits, pair, BOTTOM);
    finish_column(word, sum);
    add_digits(sum, *(*word)++, digits, pair, TOP);
    finish_column(word, sum);
}

SHRINKC_INLINE void delta_block(const uint32_t *words, digits_t digits, list_t list, uint32_t total,
                                int32_t *accumulators)
{
    uint32_t sum[8] = {0};
    const word_t *entry = list.start;
    while (entry != list.rest) {
        add_entry(sum, words, digits, &entry);
        add_entry(sum, words, digits, &entry);
        add_entry(sum, words, digits, &entry);
        add_entry(sum, words, digits, &entry);
    }
    while (entry != list.end) {
        add_entry(sum, words, digits, &entry);
    }
    finish_digits(accumulators, sum, digits, total);
}

SHRINKC_INLINE void dense_block(const word_t *word, digits_t digits, span_t span, uint32_t total,
                                int32_t *accumulators)
{
    uint32_t sum[8] = {0};
    for (const int16_t *one = span.start; one != span.fours; one++) {
        add_digits(sum, *word++, digits, (uint32_t)*one, BOTTOM);
    }
    const word_t *pair = as_words(span.fours);
    while (pair != as_words(span.rest)) {
        add_pair(sum, &word, digits, &pair);
        add_pair(sum, &word, digits, &pair);
    }
    for (const int16_t *one = span.rest; one != span.end; one++) {
        add_digits(sum, *word++, digits, (uint32_t)*one, BOTTOM);
    }
    finish_digits(accumulators, sum, digits, total);
}

SHRINKC_INLINE uint32_t total_of_list(list_t list)
{
    uint32_t total = 0;
    for (const word_t *entry = list.start; entry != list.end; entry++) {
        total += (uint32_t)((int32_t)*entry >> 16);
    }
    return total;
}

SHRINKC_INLINE uint32_t total_of_span(span_t span)
{
    uint32_t total = 0;
    for (const int16_t *one = span.start; one != span.end; one++) {
        total += (uint32_t)*one;
    }
    return total;
}

#endif
