#include "matrix.h"

#include "check.h"
#include "platform.h"

uint32_t padded_rows(const layout_t *layout, uint32_t rows)
{
    return (rows + layout->rows - 1) / layout->rows * layout->rows;
}

uint32_t padded_columns(const layout_t *layout, uint32_t columns)
{
    return (columns + layout->columns - 1) / layout->columns * layout->columns;
}

static void place_weight(const layout_t *layout, uint32_t *tile, uint32_t row, uint32_t column, int32_t weight)
{
    const place_t *place = &layout->places[row * layout->columns + column];
    const uint32_t mask = (UINT32_C(1) << layout->bits) - 1;
    const uint32_t digit = (uint32_t)weight + ((uint32_t)place->excess << (layout->bits - 1));
    tile[place->word] |= (digit & mask) << place->shift;
}

static shrinkc_matrix_t new_matrix(const layout_t *layout, uint16_t rows, uint16_t columns, int largest)
{
    const uint32_t across = padded_columns(layout, columns) / layout->columns;
    uint32_t *words = platform_allocate(4 * padded_rows(layout, rows) / layout->rows * across * layout->words);
    const int32_t high = (INT32_C(1) << (layout->bits - 1)) - 1, low = layout->bits == 16 ? -high : -high - 1;
    for (uint32_t row = 0; row < rows; row++) {
        for (uint32_t column = 0; column < columns; column++) {
            const uint32_t tile = row / layout->rows * across + column / layout->columns;
            const int32_t weight = !largest ? random_between(low, high) : row % 2 == 0 ? high : low;
            place_weight(layout, words + tile * layout->words, row % layout->rows, column % layout->columns, weight);
        }
    }
    return (shrinkc_matrix_t){words, rows, columns};
}

shrinkc_matrix_t random_matrix(const layout_t *layout, uint16_t rows, uint16_t columns)
{
    return new_matrix(layout, rows, columns, 0);
}

shrinkc_matrix_t largest_matrix(const layout_t *layout, uint16_t rows, uint16_t columns)
{
    return new_matrix(layout, rows, columns, 1);
}

int32_t *random_sums(const layout_t *layout, uint16_t rows)
{
    int32_t *sums = platform_allocate(4 * padded_rows(layout, rows));
    for (uint32_t row = 0; row < rows; row++) {
        sums[row] = random_between(-1000000, 1000000);
    }
    return sums;
}
