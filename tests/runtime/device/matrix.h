/* Matrices, packed as a family wants them. layouts.c, made by runtime_build.py, says how. */
#ifndef MATRIX_H
#define MATRIX_H

#include <stdint.h>

#include "shrinkc_kernels.h"

/* lower/layout.py's Place and Layout. */
typedef struct {
    uint8_t word, shift, excess;
} place_t;

typedef struct {
    uint8_t bits, rows, columns, words;
    const place_t *places;
} layout_t;

/* By bits: 2, 4, 8, 16. */
extern const layout_t dense_layouts[4], delta_layouts[4];

/* Words of the list for a vector of so many elements. */
extern const uint16_t list_words[];

uint32_t padded_rows(const layout_t *layout, uint32_t rows);
uint32_t padded_columns(const layout_t *layout, uint32_t columns);

/* The same weights whatever the layout: random ones, or the largest in rows 0, 2, ... and the smallest in 1, 3, ... */
shrinkc_matrix_t random_matrix(const layout_t *layout, uint16_t rows, uint16_t columns);
shrinkc_matrix_t largest_matrix(const layout_t *layout, uint16_t rows, uint16_t columns);

/* Random sums, with room for the filling. */
int32_t *random_sums(const layout_t *layout, uint16_t rows);

#endif
