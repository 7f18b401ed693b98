/* The products of a family, by bits: 2, 4, 8, 16. */
#ifndef KERNELS_H
#define KERNELS_H

#include "shrinkc_kernels.h"

typedef void dense_fn(const shrinkc_matrix_t *, const int16_t *, const int32_t *, int32_t *);
typedef void delta_fn(const shrinkc_matrix_t *, const uint32_t *, uint16_t, int32_t *);

extern dense_fn *const dense_kernels[4];
extern delta_fn *const delta_kernels[4];

#if NARROW
typedef void narrow_fn(const shrinkc_matrix_t *, const int8_t *, const int32_t *, int32_t *);
extern narrow_fn *const narrow_kernels[4];
#endif

#endif
