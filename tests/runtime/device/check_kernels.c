/* Scans and products over many shapes: what is left in every array, as a digest. */
#include "check.h"
#include "platform.h"
#include "shrinkc_kernels.h"

typedef void dense_fn(const shrinkc_matrix_t *, const int16_t *, int32_t *);
typedef void delta_fn(const shrinkc_matrix_t *, const shrinkc_active_t *, uint16_t, int32_t *);

static const struct {
    uint16_t bits;
    dense_fn *dense;
    delta_fn *delta;
    int16_t limit; /* of inputs: the sums of 70 columns fit 32 bits, differences twice as large */
} FAMILIES[] = {
    {2, shrinkc_vec_mat_mult_s2, shrinkc_delta_mat_mult_s2, 16383},
    {4, shrinkc_vec_mat_mult_s4, shrinkc_delta_mat_mult_s4, 16383},
    {8, shrinkc_vec_mat_mult_s8, shrinkc_delta_mat_mult_s8, 16383},
    {16, shrinkc_vec_mat_mult_s16, shrinkc_delta_mat_mult_s16, 400},
};

static const uint16_t ROWS[] = {1, 2, 3, 4, 5, 8, 9, 15, 16, 17, 33, 40};
static const uint16_t COLUMNS[] = {1, 2, 3, 4, 5, 6, 7, 8, 13, 70};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Random words: filled-up rows are not zero here, and their sums are checked like any. */
static shrinkc_matrix_t random_matrix(uint16_t bits, uint16_t rows, uint16_t columns, uint32_t *padded_rows)
{
    const uint32_t rows_of_block = 32u / bits, blocks = (rows + rows_of_block - 1) / rows_of_block;
    uint32_t *words = platform_allocate(4 * blocks * columns);
    for (uint32_t i = 0; i < blocks * columns; i++) {
        words[i] = random_word();
    }
    *padded_rows = blocks * rows_of_block;
    return (shrinkc_matrix_t){words, rows, columns};
}

static int32_t *random_accumulators(uint32_t rows)
{
    int32_t *accumulators = platform_allocate(4 * rows);
    for (uint32_t row = 0; row < rows; row++) {
        accumulators[row] = random_between(-1000000, 1000000);
    }
    return accumulators;
}

static void check_dense(size_t family, uint16_t rows, uint16_t columns)
{
    uint32_t padded;
    const uint16_t bits = FAMILIES[family].bits;
    const int16_t limit = FAMILIES[family].limit;
    const shrinkc_matrix_t matrix = random_matrix(bits, rows, columns, &padded);
    for (int odd = 0; odd < 2; odd++) { /* inputs at a word, and between two */
        int16_t *input = platform_allocate(2 * (size_t)(columns + odd));
        input += odd;
        for (uint32_t j = 0; j < columns; j++) {
            input[j] = (int16_t)random_between(-limit, limit);
        }
        int32_t *accumulators = random_accumulators(padded);
        FAMILIES[family].dense(&matrix, input, accumulators);
        report("dense", bits, rows, columns, accumulators, 4 * padded);
    }
    platform_release_all();
}

static void check_delta(size_t family, uint16_t rows, uint16_t columns)
{
    uint32_t padded;
    const uint16_t bits = FAMILIES[family].bits;
    const int16_t limit = FAMILIES[family].limit;
    const shrinkc_matrix_t matrix = random_matrix(bits, rows, columns, &padded);
    shrinkc_active_t *active = platform_allocate(sizeof(shrinkc_active_t) * columns);
    uint16_t count = 0;
    for (uint16_t j = 0; j < columns; j++) {
        if (random_word() & 8) {
            active[count].column = j;
            active[count++].delta = (int16_t)random_between(-2 * limit, 2 * limit);
        }
    }
    int32_t *accumulators = random_accumulators(padded);
    FAMILIES[family].delta(&matrix, active, count, accumulators);
    report("delta", bits, rows, columns, accumulators, 4 * padded);
    platform_release_all();
}

static void check_scans(uint16_t width, int each)
{
    int16_t *vector = platform_allocate(2 * (size_t)width), *thresholds = platform_allocate(2 * (size_t)width);
    int16_t *sent16 = platform_allocate(2 * (size_t)width), *dense = platform_allocate(2 * (size_t)width);
    int8_t *sent8 = platform_allocate(width);
    shrinkc_active_t *active = platform_allocate(sizeof(shrinkc_active_t) * width);
    const shrinkc_send_group_t narrow = {width, 30000, 22, 127, 5, each ? thresholds : NULL};
    const shrinkc_send_group_t wide = {width, 20000, 15, 16383, 700, each ? thresholds : NULL};
    for (uint32_t step = 0; step < 8; step++) {
        for (uint32_t j = 0; j < width; j++) {
            vector[j] = (int16_t)random_between(-32768, 32767);
            thresholds[j] = (int16_t)random_between(0, 100);
        }
        uint16_t count = shrinkc_delta_scan_s8(&narrow, vector, sent8, active);
        report("scan_s8", width, step, count, active, sizeof(shrinkc_active_t) * count);
        report("sent_s8", width, step, count, sent8, width);
        count = shrinkc_delta_scan_s16(&wide, vector, sent16, active);
        report("scan_s16", width, step, count, active, sizeof(shrinkc_active_t) * count);
        report("sent_s16", width, step, count, sent16, 2 * (size_t)width);
        shrinkc_quantize_dense(&wide, vector, dense);
        report("quantize", width, step, 0, dense, 2 * (size_t)width);
    }
    platform_release_all();
}

void check_kernels(void)
{
    for (size_t family = 0; family < COUNT(FAMILIES); family++) {
        for (size_t i = 0; i < COUNT(ROWS); i++) {
            for (size_t j = 0; j < COUNT(COLUMNS); j++) {
                check_dense(family, ROWS[i], COLUMNS[j]);
                check_delta(family, ROWS[i], COLUMNS[j]);
            }
        }
    }
    check_scans(1, 0);
    check_scans(40, 0);
    check_scans(37, 1);
}
