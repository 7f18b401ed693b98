/* Products over many shapes: what the rows come to, as a digest. The filling is the kernel's own. */
#include "check.h"
#include "kernels.h"
#include "matrix.h"
#include "platform.h"

/* Bytes and halfwords are random, with random weights; the largest are all alike, with weights at their ends. */
typedef enum { BYTES, HALFWORDS, LARGEST, INPUTS } input_t;

static const uint16_t ROWS[] = {1, 2, 3, 4, 5, 8, 9, 15, 16, 17, 33, 40};
static const uint16_t COLUMNS[] = {1, 2, 3, 4, 5, 6, 7, 8, 13, 17, 70};

/* Up to the ends of what kernels take at once: strips of 96 columns, chunks of 512 and of 1024. */
static const uint16_t FEW_ROWS[] = {5, 34};
static const uint16_t MANY_COLUMNS[] = {48, 64, 96, 97, 193, 513, 1025};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Of inputs: those of an 8-bit grid, and the largest whose sums of any weights fit 32 bits. */
static int32_t limit_of(const layout_t *layout, uint32_t columns, input_t inputs)
{
    const int32_t fits = (int32_t)((UINT32_C(1) << (31 - layout->bits)) / columns);
    return inputs == BYTES ? 127 : fits < 16383 ? fits : 16383;
}

static int32_t input_of(input_t inputs, int32_t limit)
{
    return inputs == LARGEST ? -limit : random_between(-limit, limit);
}

static shrinkc_matrix_t matrix_for(input_t inputs, const layout_t *layout, uint16_t rows, uint16_t columns)
{
    return inputs == LARGEST ? largest_matrix(layout, rows, columns) : random_matrix(layout, rows, columns);
}

/* Into another array, then on top of that. */
static void check_dense(int kernel, uint16_t rows, uint16_t columns, input_t inputs)
{
    const layout_t *layout = &dense_layouts[kernel];
    const int32_t limit = limit_of(layout, columns, inputs);
    const shrinkc_matrix_t matrix = matrix_for(inputs, layout, rows, columns);
    int16_t *input = platform_allocate(2 * padded_columns(layout, columns));
    for (uint32_t j = 0; j < padded_columns(layout, columns); j++) {
        input[j] = INT16_MIN;
    }
    for (uint32_t j = 0; j < columns; j++) {
        input[j] = (int16_t)input_of(inputs, limit);
    }
    int32_t *start = random_sums(layout, rows), *sums = platform_allocate(4 * padded_rows(layout, rows));
    dense_kernels[kernel](&matrix, input, start, sums);
    report("dense", layout->bits, rows, columns, sums, 4 * (size_t)rows);
    dense_kernels[kernel](&matrix, input, start, start);
    report("dense", layout->bits, rows, columns, start, 4 * (size_t)rows);
    platform_release_all();
}

static void check_narrow(int kernel, uint16_t rows, uint16_t columns)
{
#if NARROW
    const layout_t *layout = &dense_layouts[kernel];
    const shrinkc_matrix_t matrix = random_matrix(layout, rows, columns);
    int8_t *input = platform_allocate(padded_columns(layout, columns));
    for (uint32_t j = 0; j < padded_columns(layout, columns); j++) {
        input[j] = INT8_MIN;
    }
    for (uint32_t j = 0; j < columns; j++) {
        input[j] = (int8_t)random_between(-127, 127);
    }
    int32_t *start = random_sums(layout, rows), *sums = platform_allocate(4 * padded_rows(layout, rows));
    narrow_kernels[kernel](&matrix, input, start, sums);
    report("narrow", layout->bits, rows, columns, sums, 4 * (size_t)rows);
    narrow_kernels[kernel](&matrix, input, start, start);
    report("narrow", layout->bits, rows, columns, start, 4 * (size_t)rows);
    platform_release_all();
#else
    (void)kernel;
    (void)rows;
    (void)columns;
#endif
}

/* Half of the columns are sent, then all of them, then none. The largest: all, from one end to the other, then none. */
static void check_delta(int kernel, uint16_t rows, uint16_t columns, input_t inputs)
{
    const layout_t *layout = &delta_layouts[kernel];
    const int16_t limit = (int16_t)limit_of(layout, columns, inputs);
    const shrinkc_matrix_t matrix = matrix_for(inputs, layout, rows, columns);
    const shrinkc_send_group_t group = {columns, 16384, 14, limit, 0, NULL};
    int16_t *vector = platform_allocate(2 * (size_t)columns), *sent = platform_allocate(2 * (size_t)columns);
    uint32_t *list = platform_allocate(4 * (size_t)list_words[columns]);
    int32_t *sums = random_sums(layout, rows);
    for (int round = 0; round < 3; round++) {
        for (uint32_t j = 0; j < columns && round < 2; j++) {
            if (inputs == LARGEST) {
                vector[j] = round == 0 ? limit : (int16_t)-limit;
            } else if (round == 1 || (random_word() & 8)) {
                vector[j] = (int16_t)random_between(-limit, limit);
            }
        }
        const uint16_t count = shrinkc_delta_scan_s16(&group, vector, sent, list);
        delta_kernels[kernel](&matrix, list, count, sums);
        report("delta", layout->bits, rows, columns, sums, 4 * (size_t)rows);
    }
    platform_release_all();
}

static void check_products(int kernel, uint16_t rows, uint16_t columns)
{
    for (int inputs = 0; inputs < INPUTS; inputs++) {
        check_dense(kernel, rows, columns, (input_t)inputs);
        check_delta(kernel, rows, columns, (input_t)inputs);
    }
}

/* Every kernel at every shape. */
static void at_every_shape(void (*check)(int kernel, uint16_t rows, uint16_t columns))
{
    for (int kernel = 0; kernel < 4; kernel++) {
        for (size_t i = 0; i < COUNT(ROWS); i++) {
            for (size_t j = 0; j < COUNT(COLUMNS); j++) {
                check(kernel, ROWS[i], COLUMNS[j]);
            }
        }
        for (size_t i = 0; i < COUNT(FEW_ROWS); i++) {
            for (size_t j = 0; j < COUNT(MANY_COLUMNS); j++) {
                check(kernel, FEW_ROWS[i], MANY_COLUMNS[j]);
            }
        }
    }
}

void check_kernels(void)
{
    at_every_shape(check_products);
}

/* Last of all, since they are of some families alone: what comes before has the same digests from every family. */
void check_narrow_kernels(void)
{
    at_every_shape(check_narrow);
}
