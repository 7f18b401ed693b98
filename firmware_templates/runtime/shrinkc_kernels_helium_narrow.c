/* Dense products with Helium, of inputs of 8 bits. The layout is in shrinkc_helium_products.h.
 *
 * Instructions a multiplication, measured for 128 rows:
 *     m55 narrow s2: 0.15     m55 narrow s4: 0.15     m55 narrow s8: 0.16     m55 narrow s16: 0.30
 */
#include "shrinkc_helium_products.h"

/* Two tiles a go, each `tile`; the loop of shrinkc_helium_products.h's tiles_t. %[x] walks the inputs, %[w] the weights. */
#define TWO_TILES_A_GO(tile)    \
    "dls lr, %[goes]\n"         \
    "cbnz %[odd], 2f\n"         \
    "1:\n" tile "2:\n" tile "le lr, 1b\n"

/* ---- 8 bits ---- */

/* Some columns of all rows: the inputs of six tiles, or fewer, stay in registers while the loop goes over the rows. */
#define LARGEST_STRIP 6u

typedef struct {
    uint32_t tiles, weights_between; /* bytes, from the end of these tiles in one four of rows to the next four's */
} strip_t;

/* sums = start + a strip's products, for all rows: VLDRB and VMLADAVA for 16 multiplications; and 7 more for four rows
 * of the strip: twice LDRD and STRD, BX to the first of its tiles, ADD, LE. */
SHRINKC_INLINE void add_strip_s8(const shrinkc_matrix_t *matrix, const int8_t *weights, const int8_t *input,
                                 strip_t strip, const int32_t *start, int32_t *sums)
{
#if SHRINKC_HAS_MVE
    /* sum.row[2] and [3] hold how many tiles are not there and how many fours there are, until the first rows are
     * loaded: the loop has no registers to spare. A tile takes 4 bytes of code to load and 32 to multiply, so that is
     * what is jumped over for each that is not there. Then %[x], which is not needed any more, is where the loop
     * begins. */
    sums_t sum = {{0, 0, LARGEST_STRIP - strip.tiles, fours_of(matrix)}};
#define SLOT(x)                      \
    "vldrb.u8 q6, [%[w]], #16\n"     \
    "vmladava.s8 %[a], " x ", q6\n"  \
    "vldrb.u8 q7, [%[w]], #16\n"     \
    "vmladava.s8 %[b], " x ", q7\n"  \
    "vldrb.u8 q6, [%[w]], #16\n"     \
    "vmladava.s8 %[c], " x ", q6\n"  \
    "vldrb.u8 q7, [%[w]], #16\n"     \
    "vmladava.s8 %[d], " x ", q7\n"
    __asm__ volatile("dls lr, %[d]\n"
                     "adr.w %[a], 1f\n"
                     "add %[a], %[a], %[c], lsl #2\n"
                     "orr %[a], %[a], #1\n"
                     "bx %[a]\n"
                     "1: vldrb.u8 q5, [%[x]], #16\n"
                     "vldrb.u8 q4, [%[x]], #16\n"
                     "vldrb.u8 q3, [%[x]], #16\n"
                     "vldrb.u8 q2, [%[x]], #16\n"
                     "vldrb.u8 q1, [%[x]], #16\n"
                     "vldrb.u8 q0, [%[x]], #16\n"
                     "adr.w %[x], 3f\n"
                     "add %[x], %[x], %[c], lsl #5\n"
                     "orr %[x], %[x], #1\n"
                     "2: ldrd %[a], %[b], [%[start]], #8\n"
                     "ldrd %[c], %[d], [%[start]], #8\n"
                     "bx %[x]\n"
                     "3:\n" SLOT("q5") SLOT("q4") SLOT("q3") SLOT("q2") SLOT("q1") SLOT("q0")
                     "strd %[a], %[b], [%[sums]], #8\n"
                     "strd %[c], %[d], [%[sums]], #8\n"
                     "add %[w], %[w], %[between]\n"
                     "le lr, 2b\n"
                     : [a] "=&Te"(sum.row[0]), [b] "=&Te"(sum.row[1]), [c] "+&Te"(sum.row[2]), [d] "+&Te"(sum.row[3]),
                       [w] "+&r"(weights), [x] "+&r"(input), [start] "+&r"(start), [sums] "+&r"(sums)
                     : [between] "r"(strip.weights_between)
                     : "lr", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "memory");
#undef SLOT
#else
    for (uint32_t four = 0; four < fours_of(matrix); four++, weights += strip.weights_between) {
        sums_t sum = load_rows(&start);
        for (uint32_t tile = 0; tile < strip.tiles; tile++, weights += 64) {
            for (uint32_t k = 0; k < 64; k++) {
                add_product(&sum.row[k / 16], weights[k], input[16 * tile + k % 16]);
            }
        }
        store_rows(&sums, sum);
    }
#endif
}

void shrinkc_vec_mat_mult_s8_s8(const shrinkc_matrix_t *matrix, const int8_t *input, const int32_t *start,
                                int32_t *sums)
{
    const uint32_t tiles = tiles_of(matrix, 16).all;
    const int8_t *weights = bytes_of(matrix);
    uint32_t strips = (tiles + LARGEST_STRIP - 1u) / LARGEST_STRIP, left = tiles;
    for (; strips > 0; strips--, start = sums) {
        const uint32_t here = (left + strips - 1u) / strips;
        add_strip_s8(matrix, weights, input, (strip_t){here, 64u * (tiles - here)}, start, sums);
        weights += 64u * here;
        input += 16u * here;
        left -= here;
    }
}

/* ---- 4 bits: a byte is 16 w1 + u0. Its sums cannot overflow: 2^7 * 2^7 * 2^16 columns < 2^31 ---- */

/* Rows 1 and 3 of `sum` += bytes as they are, rows 0 and 2 += their low digits. Twice VLDRB, VMLADAVA, VAND and
 * VMLADAVA a tile: as many instructions as at 8 bits. */
SHRINKC_INLINE const int8_t *add_rows_s4(sums_t *sum, const int8_t *weights, const int8_t *input, tiles_t tiles)
{
#if SHRINKC_HAS_MVE
#define TILE                         \
    "vldrb.u8 q0, [%[x]], #16\n"     \
    "vldrb.u8 q1, [%[w]], #16\n"     \
    "vmladava.s8 %[b], q0, q1\n"     \
    "vand q1, q1, q3\n"              \
    "vmladava.s8 %[a], q0, q1\n"     \
    "vldrb.u8 q2, [%[w]], #16\n"     \
    "vmladava.s8 %[d], q0, q2\n"     \
    "vand q2, q2, q3\n"              \
    "vmladava.s8 %[c], q0, q2\n"
    __asm__ volatile("vmov.i8 q3, #15\n" TWO_TILES_A_GO(TILE)
                     : SUMS(sum), [w] "+r"(weights), [x] "+r"(input)
                     : [goes] "r"(tiles.goes), [odd] "l"(tiles.odd)
                     : "lr", "q0", "q1", "q2", "q3", "memory");
#undef TILE
#else
    for (uint32_t tile = 0; tile < tiles.all; tile++, input += 16, weights += 32) {
        for (uint32_t k = 0; k < 32; k++) {
            add_product(&sum->row[k / 16 * 2 + 1], weights[k], input[k % 16]);
            add_product(&sum->row[k / 16 * 2], weights[k] & 15, input[k % 16]);
        }
    }
#endif
    return weights;
}

void shrinkc_vec_mat_mult_s4_s8(const shrinkc_matrix_t *matrix, const int8_t *input, const int32_t *start,
                                int32_t *sums)
{
    const tiles_t tiles = tiles_of(matrix, 16);
    const int8_t *weights = bytes_of(matrix);
    const uint32_t first = 0u - 8u * total_of_bytes(input, matrix->columns);
    for (uint32_t fours = fours_of(matrix); fours > 0; fours--) {
        sums_t sum = {{first, first, first, first}};
        weights = add_rows_s4(&sum, weights, input, tiles);
        sums_t result = load_rows(&start);
        result.row[0] += sum.row[0];
        result.row[1] += (uint32_t)((int32_t)(sum.row[1] - sum.row[0]) >> 4);
        result.row[2] += sum.row[2];
        result.row[3] += (uint32_t)((int32_t)(sum.row[3] - sum.row[2]) >> 4);
        store_rows(&sums, result);
    }
}

/* ---- 2 bits: a byte is 64 w3 + 16 u2 + 4 u1 + u0 ---- */

/* Row 3 += bytes as they are, row 2 += bytes without their top digit, and so on down to row 0. VLDRB of the inputs and
 * of the weights, four VMLADAVA and three VAND: again as many as at 8 bits. */
SHRINKC_INLINE const int8_t *add_rows_s2(sums_t *sum, const int8_t *weights, const int8_t *input, tiles_t tiles)
{
#if SHRINKC_HAS_MVE
#define TILE                         \
    "vldrb.u8 q0, [%[x]], #16\n"     \
    "vldrb.u8 q1, [%[w]], #16\n"     \
    "vmladava.s8 %[d], q0, q1\n"     \
    "vand q1, q1, q2\n"              \
    "vmladava.s8 %[c], q0, q1\n"     \
    "vand q1, q1, q3\n"              \
    "vmladava.s8 %[b], q0, q1\n"     \
    "vand q1, q1, q4\n"              \
    "vmladava.s8 %[a], q0, q1\n"
    __asm__ volatile("vmov.i8 q2, #63\n"
                     "vmov.i8 q3, #15\n"
                     "vmov.i8 q4, #3\n" TWO_TILES_A_GO(TILE)
                     : SUMS(sum), [w] "+r"(weights), [x] "+r"(input)
                     : [goes] "r"(tiles.goes), [odd] "l"(tiles.odd)
                     : "lr", "q0", "q1", "q2", "q3", "q4", "memory");
#undef TILE
#else
    for (uint32_t tile = 0; tile < tiles.all; tile++, weights += 16, input += 16) {
        for (uint32_t k = 0; k < 16; k++) {
            add_product(&sum->row[3], weights[k], input[k]);
            add_product(&sum->row[2], weights[k] & 63, input[k]);
            add_product(&sum->row[1], weights[k] & 15, input[k]);
            add_product(&sum->row[0], weights[k] & 3, input[k]);
        }
    }
#endif
    return weights;
}

void shrinkc_vec_mat_mult_s2_s8(const shrinkc_matrix_t *matrix, const int8_t *input, const int32_t *start,
                                int32_t *sums)
{
    const tiles_t tiles = tiles_of(matrix, 16);
    const int8_t *weights = bytes_of(matrix);
    const uint32_t offset = 2u * total_of_bytes(input, matrix->columns);
    for (uint32_t fours = fours_of(matrix); fours > 0; fours--) {
        sums_t sum = {{0, 0, 0, 0}};
        weights = add_rows_s2(&sum, weights, input, tiles);
        sums_t result = load_rows(&start);
        result.row[0] += sum.row[0] - offset;
        result.row[1] += (uint32_t)((int32_t)(sum.row[1] - sum.row[0]) >> 2) - offset;
        result.row[2] += (uint32_t)((int32_t)(sum.row[2] - sum.row[1]) >> 4) - offset;
        result.row[3] += (uint32_t)((int32_t)(sum.row[3] - sum.row[2]) >> 6);
        store_rows(&sums, result);
    }
}

/* ---- 16 bits: 8 halfwords a vector, and the inputs are widened as they are loaded ---- */

SHRINKC_INLINE const halfword_t *add_rows_s16(sums_t *sum, const halfword_t *weights, const int8_t *input,
                                              tiles_t tiles)
{
#if SHRINKC_HAS_MVE
#define TILE                         \
    "vldrb.s16 q0, [%[x]], #8\n"     \
    "vldrh.u16 q1, [%[w]], #16\n"    \
    "vmladava.s16 %[a], q0, q1\n"    \
    "vldrh.u16 q2, [%[w]], #16\n"    \
    "vmladava.s16 %[b], q0, q2\n"    \
    "vldrh.u16 q1, [%[w]], #16\n"    \
    "vmladava.s16 %[c], q0, q1\n"    \
    "vldrh.u16 q2, [%[w]], #16\n"    \
    "vmladava.s16 %[d], q0, q2\n"
    __asm__ volatile(TWO_TILES_A_GO(TILE)
                     : SUMS(sum), [w] "+r"(weights), [x] "+l"(input)
                     : [goes] "r"(tiles.goes), [odd] "l"(tiles.odd)
                     : "lr", "q0", "q1", "q2", "memory");
#undef TILE
#else
    for (uint32_t tile = 0; tile < tiles.all; tile++, input += 8, weights += 32) {
        for (uint32_t k = 0; k < 32; k++) {
            add_product(&sum->row[k / 8], weights[k], input[k % 8]);
        }
    }
#endif
    return weights;
}

void shrinkc_vec_mat_mult_s16_s8(const shrinkc_matrix_t *matrix, const int8_t *input, const int32_t *start,
                                 int32_t *sums)
{
    const tiles_t tiles = tiles_of(matrix, 8);
    const halfword_t *weights = halfwords_of(matrix);
    for (uint32_t fours = fours_of(matrix); fours > 0; fours--) {
        sums_t sum = load_rows(&start);
        weights = add_rows_s16(&sum, weights, input, tiles);
        store_rows(&sums, sum);
    }
}
