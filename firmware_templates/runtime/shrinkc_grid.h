/* An element of a vector on the grid of its send group, and what was sent of it: for the scans of every family. */
#ifndef SHRINKC_GRID_H
#define SHRINKC_GRID_H

#include <stddef.h>

#include "shrinkc_fixed_point.h"
#include "shrinkc_kernels.h"

/* What a group's grid needs in the loop. */
typedef struct {
    int32_t multiplier, half, shift, limit;
} grid_t;

SHRINKC_INLINE grid_t grid_of(const shrinkc_send_group_t *group)
{
    return (grid_t){group->multiplier, INT32_C(1) << (group->shift - 1), group->shift, group->limit};
}

/* A 16-bit vector element on the grid: round(value * multiplier / 2^shift), clamped to +-limit. */
SHRINKC_INLINE int32_t shrinkc_quantize_vector(int32_t value, grid_t grid)
{
    const int32_t rounded = (value * grid.multiplier + grid.half) >> grid.shift;
    return shrinkc_exceeds(rounded, grid.limit) ? (rounded < 0 ? -grid.limit : grid.limit) : rounded;
}

/* What was sent, or is held, of each element: in bytes or in halfwords. The other pointer is NULL. */
typedef struct {
    int8_t *bytes;
    int16_t *halfwords;
} sent_t;

/* Where that is, and whether what moves is listed or only held. A constant at every call. */
typedef enum { BYTES, HALFWORDS, HELD_BYTES, HELD } kind_t;

SHRINKC_INLINE int in_bytes(kind_t kind)
{
    return kind == BYTES || kind == HELD_BYTES;
}

SHRINKC_INLINE int is_listed(kind_t kind)
{
    return kind == BYTES || kind == HALFWORDS;
}

SHRINKC_INLINE int32_t sent_at(sent_t sent, kind_t kind, uint32_t k)
{
    return in_bytes(kind) ? sent.bytes[k] : sent.halfwords[k];
}

SHRINKC_INLINE void keep_sent(sent_t sent, kind_t kind, uint32_t k, int32_t value)
{
    if (in_bytes(kind)) {
        sent.bytes[k] = (int8_t)value;
    } else {
        sent.halfwords[k] = (int16_t)value;
    }
}

/* From element `step` on. */
SHRINKC_INLINE sent_t sent_from(sent_t sent, kind_t kind, uint32_t step)
{
    return in_bytes(kind) ? (sent_t){sent.bytes + step, NULL} : (sent_t){NULL, sent.halfwords + step};
}

#endif
