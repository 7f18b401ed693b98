/* What the products of the Helium family share. For shrinkc_kernels_helium*.c alone.
 *
 * Dense products take four rows at once. VMLADAVA multiplies two vectors, 16 bytes or 8 halfwords, and adds all products
 * to a general register with an even number: sums never leave those registers within a row, and no row ends with a
 * reduction.
 * Weights lie in tiles of four rows by 16 columns (8 at 16 bits), in the order that the loops read them:
 *     8 bits    16 bytes of row 0, of row 1, of row 2, of row 3; and so 8 halfwords each at 16 bits
 *     4 bits    16 bytes of rows 0 and 1, 16 of rows 2 and 3: a column a byte, (w0 + 8) | w1 << 4
 *     2 bits    16 bytes of all four: (w0 + 2) | (w1 + 2) << 2 | (w2 + 2) << 4 | w3 << 6
 * The digit at the top is two's complement, so a byte, read as signed, is w3 64 + u2 16 + u1 4 + u0. The u are digits
 * that lie too high by 2^(bits-1); that is taken off once a row, times the sum of the inputs. */
#ifndef SHRINKC_HELIUM_PRODUCTS_H
#define SHRINKC_HELIUM_PRODUCTS_H

#include "shrinkc_lanes.h"
#include "shrinkc_kernels.h"

/* Four rows' sums. They may wrap. */
typedef struct {
    uint32_t row[4];
} sums_t;

/* 16-bit weights in words of flash. */
typedef int16_t __attribute__((may_alias)) halfword_t;

/* sum += one weight times one input, wrapping: the twins' multiply-add. */
SHRINKC_INLINE void add_product(uint32_t *sum, int32_t weight, int32_t input)
{
    *sum += (uint32_t)weight * (uint32_t)input;
}

/* ---- For dense products ---- */

/* Four sums as operands: vmladava wants even registers, constraint Te. */
#define SUMS(sum) [a] "+Te"((sum)->row[0]), [b] "+Te"((sum)->row[1]), [c] "+Te"((sum)->row[2]), [d] "+Te"((sum)->row[3])

/* The sum of the inputs, 16 bytes at a time or 8 halfwords. */
#if SHRINKC_HAS_MVE
#define ADD_INPUTS(bits, load)                                      \
    __asm__ volatile("wlstp." bits " lr, %[columns], 2f\n"          \
                     "1: " load " q0, [%[x]], #16\n"                \
                     "vaddva.s" bits " %[total], q0\n"              \
                     "letp lr, 1b\n"                                \
                     "2:\n"                                         \
                     : [total] "+Te"(total), [x] "+r"(input)        \
                     : [columns] "r"(columns)                       \
                     : "lr", "q0", "memory", "cc")
#else
#define ADD_INPUTS(bits, load)                     \
    for (uint32_t j = 0; j < columns; j++) {       \
        add_product(&total, 1, input[j]);          \
    }
#endif
#define TOTAL_OF(name, element_t, bits, load)                                                         \
    static __attribute__((unused)) uint32_t name(const element_t *input, uint32_t columns)            \
    {                                                                                                 \
        uint32_t total = 0;                                                                           \
        ADD_INPUTS(bits, load);                                                                       \
        return total;                                                                                 \
    }
TOTAL_OF(total_of_bytes, int8_t, "8", "vldrb.u8")
TOTAL_OF(total_of_halfwords, int16_t, "16", "vldrh.u16")
#undef TOTAL_OF
#undef ADD_INPUTS

/* Times that the loop over the rows goes round. */
SHRINKC_INLINE uint32_t fours_of(const shrinkc_matrix_t *matrix)
{
    return (matrix->rows + 3u) / 4u;
}

SHRINKC_INLINE const int8_t *bytes_of(const shrinkc_matrix_t *matrix)
{
    return (const int8_t *)matrix->weights;
}

SHRINKC_INLINE const halfword_t *halfwords_of(const shrinkc_matrix_t *matrix)
{
    return (const halfword_t *)matrix->weights;
}

/* How many tiles of `width` columns a row has. Loops compute two in one go: `goes` of them, and when the number of
 * tiles is odd the first go starts with its second half. */
typedef struct {
    uint32_t all, goes, odd;
} tiles_t;

SHRINKC_INLINE tiles_t tiles_of(const shrinkc_matrix_t *matrix, uint32_t width)
{
    const uint32_t all = (matrix->columns + width - 1u) / width;
    return (tiles_t){all, (all + 1u) / 2u, all & 1u};
}

/* Four rows of a vector of sums, and on: LDRD and STRD twice. In assembly, since gcc would make vectors of them and
 * pass those through the stack. */
SHRINKC_INLINE sums_t load_rows(const int32_t **start)
{
    sums_t sum;
#if SHRINKC_HAS_MVE
    __asm__ volatile("ldrd %0, %1, [%4], #8\n"
                     "ldrd %2, %3, [%4], #8\n"
                     : "=&r"(sum.row[0]), "=&r"(sum.row[1]), "=&r"(sum.row[2]), "=&r"(sum.row[3]), "+r"(*start)
                     :
                     : "memory");
#else
    for (int row = 0; row < 4; row++) {
        sum.row[row] = (uint32_t) * (*start)++;
    }
#endif
    return sum;
}

SHRINKC_INLINE void store_rows(int32_t **sums, sums_t sum)
{
#if SHRINKC_HAS_MVE
    __asm__ volatile("strd %1, %2, [%[to]], #8\n"
                     "strd %3, %4, [%[to]], #8\n"
                     : [to] "+r"(*sums)
                     : "r"(sum.row[0]), "r"(sum.row[1]), "r"(sum.row[2]), "r"(sum.row[3])
                     : "memory");
#else
    for (int row = 0; row < 4; row++) {
        *(*sums)++ = (int32_t)sum.row[row];
    }
#endif
}

#endif
