/* From a vector to the columns to send. Used with every kind of matrix kernel. */
#include "shrinkc_kernels.h"

#include <stddef.h>

#include "shrinkc_fixed_point.h"

/* |difference| > threshold, in one comparison. */
SHRINKC_INLINE int exceeds(int32_t difference, int32_t threshold)
{
    return (uint32_t)(difference + threshold) > (uint32_t)(2 * threshold);
}

/* shrinkc_quantize_vector with the half already made; an element beyond the limit is rare, so it costs a branch. */
SHRINKC_INLINE int32_t on_grid(int32_t value, int32_t multiplier, int32_t half, int32_t shift, int32_t limit)
{
    const int32_t rounded = (value * multiplier + half) >> shift;
    return exceeds(rounded, limit) ? (rounded < 0 ? -limit : limit) : rounded;
}

/* `each` is a constant at both calls, so the common case, one threshold for all, loads none in the loop. */
SHRINKC_INLINE uint16_t scan_s8(const shrinkc_send_group_t *group, const int16_t *vector, int8_t *sent,
                                shrinkc_active_t *active, int each)
{
    const int32_t width = group->width, multiplier = group->multiplier, shift = group->shift, limit = group->limit;
    const int32_t half = INT32_C(1) << (shift - 1);
    shrinkc_active_t *next = active;
    for (int32_t j = 0; j < width; j++) {
        const int32_t value = on_grid(vector[j], multiplier, half, shift, limit);
        const int32_t delta = value - sent[j];
        if (exceeds(delta, each ? group->thresholds[j] : group->threshold)) {
            sent[j] = (int8_t)value;
            next->column = (uint16_t)j;
            next->delta = (int16_t)delta;
            next++;
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

SHRINKC_INLINE uint16_t scan_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *sent,
                                 shrinkc_active_t *active, int each)
{
    const int32_t width = group->width, multiplier = group->multiplier, shift = group->shift, limit = group->limit;
    const int32_t half = INT32_C(1) << (shift - 1);
    shrinkc_active_t *next = active;
    for (int32_t j = 0; j < width; j++) {
        const int32_t value = on_grid(vector[j], multiplier, half, shift, limit);
        const int32_t delta = value - sent[j];
        if (exceeds(delta, each ? group->thresholds[j] : group->threshold)) {
            sent[j] = (int16_t)value;
            next->column = (uint16_t)j;
            next->delta = (int16_t)delta;
            next++;
        }
    }
    return (uint16_t)(next - active);
}

uint16_t shrinkc_delta_scan_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *sent,
                                shrinkc_active_t *active)
{
    return group->thresholds == NULL ? scan_s16(group, vector, sent, active, 0)
                                     : scan_s16(group, vector, sent, active, 1);
}

void shrinkc_quantize_dense(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *quantized)
{
    const int32_t width = group->width, multiplier = group->multiplier, shift = group->shift, limit = group->limit;
    const int32_t half = INT32_C(1) << (shift - 1);
    for (int32_t j = 0; j < width; j++) {
        quantized[j] = (int16_t)on_grid(vector[j], multiplier, half, shift, limit);
    }
}
