/* Dense products with Helium, of inputs of 16 bits: for grids of more than 8 bits. The layout is in
 * shrinkc_helium_products.h. Weights are widened to halfwords as they are loaded, eight a vector; all sums wrap, so that
 * digits are brought down to where they weigh what they should before they are multiplied.
 *
 * Instructions a multiplication, measured for 128 rows:
 *     m55 dense s2: 0.39     m55 dense s4: 0.36     m55 dense s8: 0.30     m55 dense s16: 0.31
 */
#include "shrinkc_helium_products.h"

/* Goes over `tiles`, one at a time. */
#define TILE_BY_TILE(tile) "dls lr, %[tiles]\n1:\n" tile "le lr, 1b\n"

/* ---- 8 bits ---- */

/* 16 columns of four rows: two loads of inputs, eight of weights, eight VMLADAVA, LE. Returns the next weights. */
SHRINKC_INLINE const int8_t *add_rows_s8(sums_t *sum, const int8_t *weights, const int16_t *input, uint32_t tiles)
{
#if SHRINKC_HAS_MVE
#define ROW(sum)                     \
    "vldrb.s16 q2, [%[w]], #8\n"     \
    "vmladava.s16 " sum ", q0, q2\n" \
    "vldrb.s16 q3, [%[w]], #8\n"     \
    "vmladava.s16 " sum ", q1, q3\n"
    __asm__ volatile(TILE_BY_TILE("vldrh.u16 q0, [%[x]], #16\n"
                                  "vldrh.u16 q1, [%[x]], #16\n" ROW("%[a]") ROW("%[b]") ROW("%[c]") ROW("%[d]"))
                     : SUMS(sum), [w] "+l"(weights), [x] "+r"(input)
                     : [tiles] "r"(tiles)
                     : "lr", "q0", "q1", "q2", "q3", "memory");
#undef ROW
#else
    for (uint32_t tile = 0; tile < tiles; tile++, input += 16, weights += 64) {
        for (uint32_t k = 0; k < 64; k++) {
            add_product(&sum->row[k / 16], weights[k], input[k % 16]);
        }
    }
#endif
    return weights;
}

void shrinkc_vec_mat_mult_s8(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start, int32_t *sums)
{
    const uint32_t tiles = tiles_of(matrix, 16).all;
    const int8_t *weights = bytes_of(matrix);
    for (uint32_t fours = fours_of(matrix); fours > 0; fours--) {
        sums_t sum = load_rows(&start);
        weights = add_rows_s8(&sum, weights, input, tiles);
        store_rows(&sums, sum);
    }
}

/* ---- 4 bits ---- */

/* Rows 1 and 3 += the top digits, rows 0 and 2 += the low ones. Eight columns of two rows: VLDRB, VAND, VMLADAVA,
 * VSHR, VMLADAVA. */
SHRINKC_INLINE const int8_t *add_rows_s4(sums_t *sum, const int8_t *weights, const int16_t *input, uint32_t tiles)
{
#if SHRINKC_HAS_MVE
#define EIGHT(inputs, low, high)               \
    "vldrb.s16 q2, [%[w]], #8\n"               \
    "vand q3, q2, q4\n"                        \
    "vmladava.s16 " low ", " inputs ", q3\n"   \
    "vshr.s16 q2, q2, #4\n"                    \
    "vmladava.s16 " high ", " inputs ", q2\n"
    __asm__ volatile("vmov.i16 q4, #15\n" TILE_BY_TILE(
                         "vldrh.u16 q0, [%[x]], #16\n"
                         "vldrh.u16 q1, [%[x]], #16\n" EIGHT("q0", "%[a]", "%[b]") EIGHT("q1", "%[a]", "%[b]")
                             EIGHT("q0", "%[c]", "%[d]") EIGHT("q1", "%[c]", "%[d]"))
                     : SUMS(sum), [w] "+l"(weights), [x] "+r"(input)
                     : [tiles] "r"(tiles)
                     : "lr", "q0", "q1", "q2", "q3", "q4", "memory");
#undef EIGHT
#else
    for (uint32_t tile = 0; tile < tiles; tile++, input += 16, weights += 32) {
        for (uint32_t k = 0; k < 32; k++) {
            add_product(&sum->row[k / 16 * 2], weights[k] & 15, input[k % 16]);
            add_product(&sum->row[k / 16 * 2 + 1], weights[k] >> 4, input[k % 16]);
        }
    }
#endif
    return weights;
}

void shrinkc_vec_mat_mult_s4(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start, int32_t *sums)
{
    const uint32_t tiles = tiles_of(matrix, 16).all;
    const int8_t *weights = bytes_of(matrix);
    const uint32_t offset = 8u * total_of_halfwords(input, matrix->columns);
    for (uint32_t fours = fours_of(matrix); fours > 0; fours--) {
        sums_t sum = load_rows(&start);
        sum.row[0] -= offset;
        sum.row[2] -= offset;
        weights = add_rows_s4(&sum, weights, input, tiles);
        store_rows(&sums, sum);
    }
}

/* ---- 2 bits ---- */

/* A digit for each row: VLDRB, two or so to bring each digit down, VMLADAVA; 11 for eight columns. */
SHRINKC_INLINE const int8_t *add_rows_s2(sums_t *sum, const int8_t *weights, const int16_t *input, uint32_t tiles)
{
#if SHRINKC_HAS_MVE
#define EIGHT                      \
    "vldrh.u16 q0, [%[x]], #16\n"  \
    "vldrb.s16 q1, [%[w]], #8\n"   \
    "vand q2, q1, q3\n"            \
    "vmladava.s16 %[a], q0, q2\n"  \
    "vshr.s16 q2, q1, #2\n"        \
    "vand q2, q2, q3\n"            \
    "vmladava.s16 %[b], q0, q2\n"  \
    "vshr.s16 q2, q1, #4\n"        \
    "vand q2, q2, q3\n"            \
    "vmladava.s16 %[c], q0, q2\n"  \
    "vshr.s16 q1, q1, #6\n"        \
    "vmladava.s16 %[d], q0, q1\n"
    __asm__ volatile("vmov.i16 q3, #3\n" TILE_BY_TILE(EIGHT EIGHT)
                     : SUMS(sum), [w] "+l"(weights), [x] "+r"(input)
                     : [tiles] "r"(tiles)
                     : "lr", "q0", "q1", "q2", "q3", "memory");
#undef EIGHT
#else
    for (uint32_t tile = 0; tile < tiles; tile++, weights += 16, input += 16) {
        for (uint32_t k = 0; k < 16; k++) {
            add_product(&sum->row[0], weights[k] & 3, input[k]);
            add_product(&sum->row[1], (weights[k] >> 2) & 3, input[k]);
            add_product(&sum->row[2], (weights[k] >> 4) & 3, input[k]);
            add_product(&sum->row[3], weights[k] >> 6, input[k]);
        }
    }
#endif
    return weights;
}

void shrinkc_vec_mat_mult_s2(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start, int32_t *sums)
{
    const uint32_t tiles = tiles_of(matrix, 16).all;
    const int8_t *weights = bytes_of(matrix);
    const uint32_t offset = 2u * total_of_halfwords(input, matrix->columns);
    for (uint32_t fours = fours_of(matrix); fours > 0; fours--) {
        sums_t sum = load_rows(&start);
        sum.row[0] -= offset;
        sum.row[1] -= offset;
        sum.row[2] -= offset;
        weights = add_rows_s2(&sum, weights, input, tiles);
        store_rows(&sums, sum);
    }
}

/* ---- 16 bits ---- */

/* Eight columns of four rows: a load of inputs, four of weights, four VMLADAVA, LE. */
SHRINKC_INLINE const halfword_t *add_rows_s16(sums_t *sum, const halfword_t *weights, const int16_t *input,
                                              uint32_t tiles)
{
#if SHRINKC_HAS_MVE
    __asm__ volatile(TILE_BY_TILE("vldrh.u16 q0, [%[x]], #16\n"
                                  "vldrh.u16 q1, [%[w]], #16\n"
                                  "vmladava.s16 %[a], q0, q1\n"
                                  "vldrh.u16 q2, [%[w]], #16\n"
                                  "vmladava.s16 %[b], q0, q2\n"
                                  "vldrh.u16 q1, [%[w]], #16\n"
                                  "vmladava.s16 %[c], q0, q1\n"
                                  "vldrh.u16 q2, [%[w]], #16\n"
                                  "vmladava.s16 %[d], q0, q2\n")
                     : SUMS(sum), [w] "+r"(weights), [x] "+r"(input)
                     : [tiles] "r"(tiles)
                     : "lr", "q0", "q1", "q2", "memory");
#else
    for (uint32_t tile = 0; tile < tiles; tile++, input += 8, weights += 32) {
        for (uint32_t k = 0; k < 32; k++) {
            add_product(&sum->row[k / 8], weights[k], input[k % 8]);
        }
    }
#endif
    return weights;
}

void shrinkc_vec_mat_mult_s16(const shrinkc_matrix_t *matrix, const int16_t *input, const int32_t *start,
                              int32_t *sums)
{
    const uint32_t tiles = tiles_of(matrix, 8).all;
    const halfword_t *weights = halfwords_of(matrix);
    for (uint32_t fours = fours_of(matrix); fours > 0; fours--) {
        sums_t sum = load_rows(&start);
        weights = add_rows_s16(&sum, weights, input, tiles);
        store_rows(&sums, sum);
    }
}
