/* Delta products with Helium: the columns of a list, times their differences, added to the sums.
 *
 * Weights lie in blocks of 16 rows, a column's 16 weights side by side, so that one pointer for each column serves all
 * of them. A block's sums stay in four vectors of four rows while the loop goes over the list, two columns a go;
 * VMLA.S32 adds four weights, widened as they are loaded, times a difference. A block's bytes of a column:
 *     8 bits    row 0 to row 15; and so halfwords at 16 bits
 *     4 bits    byte k is (row k + 8) | row k+4 << 4, and byte k+4 (row k+8 + 8) | row k+12 << 4; k = 0 to 3
 *     2 bits    byte k is (row k + 2) | (row k+4 + 2) << 2 | (row k+8 + 2) << 4 | row k+12 << 6
 * As in shrinkc_helium_products.h: a byte, read as signed, is the sum of its digits at their places, so that the sum of
 * whole bytes less that of the low digits is the top digit's. The list's format is in shrinkc_scan_helium.c.
 *
 * Instructions a multiplication, measured for 128 rows:
 *     m55 delta s2: 0.66     m55 delta s4: 0.66     m55 delta s8: 0.62     m55 delta s16: 0.62
 */
#include "shrinkc_helium_products.h"

#define BLOCK 16u /* rows */

/* Columns whose whole bytes, up to 2^7 times a difference of up to 2^15 - 2, add up within 32 bits. */
#define CHUNK 512u

/* Part of a list. */
typedef struct {
    const uint32_t *start;
    uint32_t count;
} columns_t;

/* Two columns a go. r2 and r4: columns, then their weights (the widening loads take low registers only); r3 and r5:
 * differences. `column` is the work on one. */
#define TWO_COLUMNS_A_GO(log2_bytes, column)      \
    "dls lr, %[goes]\n"                           \
    "1: ldm %[list]!, {r2-r5}\n"                  \
    "add r2, %[base], r2, lsl #" log2_bytes "\n"  \
    column("r2", "r3")                            \
    "add r4, %[base], r4, lsl #" log2_bytes "\n"  \
    column("r4", "r5")                            \
    "le lr, 1b\n"
/* The operands of such a loop, and what it spoils; `sum` is four vectors of sums. */
#define OPERANDS(sum, columns, bytes)                                                           \
    : [a] "+w"(sum[0]), [b] "+w"(sum[1]), [c] "+w"(sum[2]), [d] "+w"(sum[3]), [list] "+r"(columns.start) \
    : [base] "r"(bytes), [goes] "r"(goes_of(columns))
#define SPOILED "r2", "r3", "r4", "r5", "lr", "memory"

SHRINKC_INLINE uint32_t goes_of(columns_t columns)
{
    return (columns.count + 1u) / 2u;
}

/* add_product, to a sum as it lies in memory, of a difference as it lies in the list. */
SHRINKC_INLINE void add_to(int32_t *sum, int32_t weight, uint32_t difference)
{
    add_product((uint32_t *)sum, weight, (int32_t)difference);
}

SHRINKC_INLINE uint32_t blocks_of(const shrinkc_matrix_t *matrix)
{
    return (matrix->rows + BLOCK - 1u) / BLOCK;
}

/* ---- 8 and 16 bits ---- */

/* 16 rows: a load and a VMLA for each four; half an LDM, an ADD, half an LE. */
SHRINKC_INLINE void add_block_s8(int32_t *sums, const int8_t *base, columns_t columns)
{
#if SHRINKC_HAS_MVE
#define COLUMN(weights, difference)                 \
    "vldrb.s32 q4, [" weights "]\n"                 \
    "vmla.s32 %q[a], q4, " difference "\n"          \
    "vldrb.s32 q5, [" weights ", #4]\n"             \
    "vmla.s32 %q[b], q5, " difference "\n"          \
    "vldrb.s32 q4, [" weights ", #8]\n"             \
    "vmla.s32 %q[c], q4, " difference "\n"          \
    "vldrb.s32 q5, [" weights ", #12]\n"            \
    "vmla.s32 %q[d], q5, " difference "\n"
    int32x4_t sum[4] = {vld1q_s32(sums), vld1q_s32(sums + 4), vld1q_s32(sums + 8), vld1q_s32(sums + 12)};
    __asm__ volatile(TWO_COLUMNS_A_GO("4", COLUMN) OPERANDS(sum, columns, base) : SPOILED, "q4", "q5");
    for (int k = 0; k < 4; k++) {
        vst1q_s32(sums + 4 * k, sum[k]);
    }
#undef COLUMN
#else
    for (uint32_t i = 0; i < 2u * columns.count; i += 2) {
        for (uint32_t row = 0; row < BLOCK; row++) {
            add_to(&sums[row], base[columns.start[i] * BLOCK + row], columns.start[i + 1]);
        }
    }
#endif
}

void shrinkc_delta_mat_mult_s8(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums)
{
    const int8_t *base = (const int8_t *)matrix->weights;
    const uint32_t blocks = count == 0 ? 0 : blocks_of(matrix), bytes = BLOCK * matrix->columns;
    for (uint32_t block = 0; block < blocks; block++, base += bytes, sums += BLOCK) {
        add_block_s8(sums, base, (columns_t){list, count});
    }
}

SHRINKC_INLINE void add_block_s16(int32_t *sums, const halfword_t *base, columns_t columns)
{
#if SHRINKC_HAS_MVE
#define COLUMN(weights, difference)                 \
    "vldrh.s32 q4, [" weights "]\n"                 \
    "vmla.s32 %q[a], q4, " difference "\n"          \
    "vldrh.s32 q5, [" weights ", #8]\n"             \
    "vmla.s32 %q[b], q5, " difference "\n"          \
    "vldrh.s32 q4, [" weights ", #16]\n"            \
    "vmla.s32 %q[c], q4, " difference "\n"          \
    "vldrh.s32 q5, [" weights ", #24]\n"            \
    "vmla.s32 %q[d], q5, " difference "\n"
    int32x4_t sum[4] = {vld1q_s32(sums), vld1q_s32(sums + 4), vld1q_s32(sums + 8), vld1q_s32(sums + 12)};
    __asm__ volatile(TWO_COLUMNS_A_GO("5", COLUMN) OPERANDS(sum, columns, base) : SPOILED, "q4", "q5");
    for (int k = 0; k < 4; k++) {
        vst1q_s32(sums + 4 * k, sum[k]);
    }
#undef COLUMN
#else
    for (uint32_t i = 0; i < 2u * columns.count; i += 2) {
        for (uint32_t row = 0; row < BLOCK; row++) {
            add_to(&sums[row], base[columns.start[i] * BLOCK + row], columns.start[i + 1]);
        }
    }
#endif
}

void shrinkc_delta_mat_mult_s16(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums)
{
    const halfword_t *base = (const halfword_t *)matrix->weights;
    const uint32_t blocks = count == 0 ? 0 : blocks_of(matrix), halfwords = BLOCK * matrix->columns;
    for (uint32_t block = 0; block < blocks; block++, base += halfwords, sums += BLOCK) {
        add_block_s16(sums, base, (columns_t){list, count});
    }
}

/* ---- 2 and 4 bits: the list in chunks ---- */

#if SHRINKC_HAS_MVE
SHRINKC_INLINE void add_four(int32_t *sums, int32x4_t more)
{
    vst1q_s32(sums, vaddq_s32(vld1q_s32(sums), more));
}
#endif

typedef void add_block_t(int32_t *sums, const int8_t *base, columns_t columns, uint32_t total);

/* `add_block` is a constant at every use. */
SHRINKC_INLINE void add_in_chunks(const shrinkc_matrix_t *matrix, uint32_t block_bytes, columns_t list, int32_t *sums,
                                  add_block_t *add_block)
{
    while (list.count > 0) {
        const columns_t chunk = {list.start, list.count < CHUNK ? list.count : CHUNK};
        const int8_t *base = (const int8_t *)matrix->weights;
        uint32_t total = 0;
        for (uint32_t i = 0; i < chunk.count; i++) {
            total += chunk.start[2 * i + 1];
        }
        for (uint32_t block = 0; block < blocks_of(matrix); block++, base += block_bytes * matrix->columns) {
            add_block(sums + BLOCK * block, base, chunk, total);
        }
        list.start += 2u * chunk.count;
        list.count -= chunk.count;
    }
}

/* sum[0], sum[2]: whole bytes 0 to 3 and 4 to 7; sum[1], sum[3]: their low digits. All start with what the digits'
 * excess adds up to. */
SHRINKC_INLINE void add_block_s4(int32_t *sums, const int8_t *base, columns_t columns, uint32_t total)
{
    const uint32_t first = 0u - 8u * total;
#if SHRINKC_HAS_MVE
#define COLUMN(weights, difference)              \
    "vldrb.s32 q4, [" weights "]\n"              \
    "vmla.s32 %q[a], q4, " difference "\n"       \
    "vand q4, q4, %q[mask]\n"                    \
    "vmla.s32 %q[b], q4, " difference "\n"       \
    "vldrb.s32 q5, [" weights ", #4]\n"          \
    "vmla.s32 %q[c], q5, " difference "\n"       \
    "vand q5, q5, %q[mask]\n"                    \
    "vmla.s32 %q[d], q5, " difference "\n"
    const int32x4_t start = vdupq_n_s32((int32_t)first);
    int32x4_t sum[4] = {start, start, start, start};
    __asm__ volatile(TWO_COLUMNS_A_GO("3", COLUMN) OPERANDS(sum, columns, base), [mask] "w"(vdupq_n_s32(15))
                     : SPOILED, "q4", "q5");
    add_four(sums, sum[1]);
    add_four(sums + 4, vshrq_n_s32(vsubq_s32(sum[0], sum[1]), 4));
    add_four(sums + 8, sum[3]);
    add_four(sums + 12, vshrq_n_s32(vsubq_s32(sum[2], sum[3]), 4));
#undef COLUMN
#else
    int32_t whole[8] = {0}, low[8] = {0};
    for (uint32_t i = 0; i < 2u * columns.count; i += 2) {
        for (uint32_t k = 0; k < 8; k++) {
            const int32_t byte = base[columns.start[i] * 8u + k];
            add_to(&whole[k], byte, columns.start[i + 1]);
            add_to(&low[k], byte & 15, columns.start[i + 1]);
        }
    }
    for (uint32_t k = 0; k < 8; k++) {
        int32_t *const row = &sums[k / 4 * 8 + k % 4];
        add_to(&row[0], 1, (uint32_t)low[k] + first);
        add_to(&row[4], 1, (uint32_t)((int32_t)((uint32_t)whole[k] - (uint32_t)low[k]) >> 4));
    }
#endif
}

void shrinkc_delta_mat_mult_s4(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums)
{
    add_in_chunks(matrix, 8, (columns_t){list, count}, sums, add_block_s4);
}

/* sum[3]: whole bytes; sum[2], sum[1], sum[0]: without their top digit, two, three. They start with what the excess of
 * the digits that they hold adds up to: 2, 2 + 8, 2 + 8 + 32 times the differences. */
SHRINKC_INLINE void add_block_s2(int32_t *sums, const int8_t *base, columns_t columns, uint32_t total)
{
    const uint32_t first = 0u - 2u * total;
#if SHRINKC_HAS_MVE
#define COLUMN(weights, difference)              \
    "vldrb.s32 q4, [" weights "]\n"              \
    "vmla.s32 %q[d], q4, " difference "\n"       \
    "vand q4, q4, %q[m3]\n"                      \
    "vmla.s32 %q[c], q4, " difference "\n"       \
    "vand q4, q4, %q[m2]\n"                      \
    "vmla.s32 %q[b], q4, " difference "\n"       \
    "vand q4, q4, %q[m1]\n"                      \
    "vmla.s32 %q[a], q4, " difference "\n"
    const int32x4_t start = vdupq_n_s32((int32_t)first), low_two = vdupq_n_s32((int32_t)(5u * first)),
                    low_three = vdupq_n_s32((int32_t)(21u * first));
    int32x4_t sum[4] = {start, low_two, low_three, low_three};
    __asm__ volatile(TWO_COLUMNS_A_GO("2", COLUMN) OPERANDS(sum, columns, base), [m1] "w"(vdupq_n_s32(3)),
                     [m2] "w"(vdupq_n_s32(15)), [m3] "w"(vdupq_n_s32(63))
                     : SPOILED, "q4");
    add_four(sums, sum[0]);
    add_four(sums + 4, vshrq_n_s32(vsubq_s32(sum[1], sum[0]), 2));
    add_four(sums + 8, vshrq_n_s32(vsubq_s32(sum[2], sum[1]), 4));
    add_four(sums + 12, vshrq_n_s32(vsubq_s32(sum[3], sum[2]), 6));
#undef COLUMN
#else
    for (uint32_t i = 0; i < 2u * columns.count; i += 2) {
        for (uint32_t k = 0; k < 4; k++) {
            const int32_t byte = base[columns.start[i] * 4u + k];
            add_to(&sums[k], byte & 3, columns.start[i + 1]);
            add_to(&sums[k + 4], (byte >> 2) & 3, columns.start[i + 1]);
            add_to(&sums[k + 8], (byte >> 4) & 3, columns.start[i + 1]);
            add_to(&sums[k + 12], byte >> 6, columns.start[i + 1]);
        }
    }
    for (uint32_t row = 0; row < 12; row++) {
        add_to(&sums[row], 1, first);
    }
#endif
}

void shrinkc_delta_mat_mult_s2(const shrinkc_matrix_t *matrix, const uint32_t *list, uint16_t count, int32_t *sums)
{
    add_in_chunks(matrix, 4, (columns_t){list, count}, sums, add_block_s2);
}
