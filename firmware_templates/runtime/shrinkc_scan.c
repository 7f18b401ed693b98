/* From a vector to the columns to send. Used with every kind of matrix kernel. */
#include "shrinkc_kernels.h"

#include <stddef.h>

#include "shrinkc_fixed_point.h"

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

SHRINKC_INLINE shrinkc_active_t *list(shrinkc_active_t *next, int32_t column, int32_t delta)
{
    next->column = (uint16_t)column;
    next->delta = (int16_t)delta;
    return next + 1;
}

/* `each` is a constant at every call: one threshold for all, the common case, is not loaded in the loop. */
SHRINKC_INLINE uint16_t scan_s8(const shrinkc_send_group_t *group, const int16_t *vector, int8_t *sent,
                                shrinkc_active_t *active, int each)
{
    const grid_t grid = grid_of(group);
    const int16_t *const end = vector + group->width, *threshold = group->thresholds;
    const int8_t *const first = sent;
    shrinkc_active_t *next = active;
    for (int32_t limit = group->threshold; vector != end; vector++, sent++) {
        const int32_t value = on_grid(*vector, grid), delta = value - *sent;
        if (each) {
            limit = *threshold++;
        }
        if (exceeds(delta, limit)) {
            *sent = (int8_t)value;
            next = list(next, (int32_t)(sent - first), delta);
        }
    }
    return (uint16_t)(next - active);
}

SHRINKC_INLINE uint16_t scan_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *sent,
                                 shrinkc_active_t *active, int each)
{
    const grid_t grid = grid_of(group);
    const int16_t *const end = vector + group->width, *threshold = group->thresholds;
    const int16_t *const first = sent;
    shrinkc_active_t *next = active;
    for (int32_t limit = group->threshold; vector != end; vector++, sent++) {
        const int32_t value = on_grid(*vector, grid), delta = value - *sent;
        if (each) {
            limit = *threshold++;
        }
        if (exceeds(delta, limit)) {
            *sent = (int16_t)value;
            next = list(next, (int32_t)(sent - first), delta);
        }
    }
    return (uint16_t)(next - active);
}

uint16_t shrinkc_delta_scan_s8(const shrinkc_send_group_t *group, const int16_t *vector, int8_t *sent,
                               shrinkc_active_t *active)
{
    return group->thresholds == NULL ? scan_s8(group, vector, sent, active, 0)
                                     : scan_s8(group, vector, sent, active, 1);
}

uint16_t shrinkc_delta_scan_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *sent,
                                shrinkc_active_t *active)
{
    return group->thresholds == NULL ? scan_s16(group, vector, sent, active, 0)
                                     : scan_s16(group, vector, sent, active, 1);
}

void shrinkc_quantize_dense(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *quantized)
{
    const grid_t grid = grid_of(group);
    const int16_t *const end = vector + group->width;
    while (vector != end) {
        *quantized++ = (int16_t)on_grid(*vector++, grid);
    }
}
