/* An element of a vector on the grid of its send group, and whether it has moved: for the scans of every family. */
#ifndef SHRINKC_GRID_H
#define SHRINKC_GRID_H

#include "shrinkc_fixed_point.h"
#include "shrinkc_kernels.h"

/* |difference| > threshold, in one comparison. */
SHRINKC_INLINE int exceeds(int32_t difference, int32_t threshold)
{
    return (uint32_t)(difference + threshold) > (uint32_t)(2 * threshold);
}

/* What a group's grid needs in the loop. */
typedef struct {
    int32_t multiplier, half, shift, limit;
} grid_t;

SHRINKC_INLINE grid_t grid_of(const shrinkc_send_group_t *group)
{
    return (grid_t){group->multiplier, INT32_C(1) << (group->shift - 1), group->shift, group->limit};
}

/* shrinkc_quantize_vector with the half already made. An element beyond the limit is rare, so it costs a branch. */
SHRINKC_INLINE int32_t on_grid(int32_t value, grid_t grid)
{
    const int32_t rounded = (value * grid.multiplier + grid.half) >> grid.shift;
    return exceeds(rounded, grid.limit) ? (rounded < 0 ? -grid.limit : grid.limit) : rounded;
}

#endif
