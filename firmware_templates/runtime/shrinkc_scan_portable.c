/* From a vector to the columns to send, or to the input of a dense product. Of the portable family. */
#include "shrinkc_kernels.h"

#include <stddef.h>

#include "shrinkc_grid.h"
#include "shrinkc_list_portable.h"

/* The list's head, once its entries stand: the loop that finds them has no register to spare. */
SHRINKC_INLINE uint16_t finish_list(uint32_t *list, const entry_t *end, int32_t limit)
{
    const entry_t *const first = entries_of(list);
    int32_t total = 0;
    for (const entry_t *next = first; next != end; next++) {
        total += next->delta;
    }
    *(list_head_t *)(void *)list = (list_head_t){total, 2 * (uint32_t)limit};
    return (uint16_t)(end - first);
}

/* `each` is a constant at every call: one threshold for all, the common case, is not loaded in the loop. */
SHRINKC_INLINE uint16_t scan_s8(const shrinkc_send_group_t *group, const int16_t *vector, int8_t *sent,
                                uint32_t *list, int each)
{
    const grid_t grid = grid_of(group);
    const int16_t *const end = vector + group->width, *threshold = group->thresholds;
    entry_t *const first = (entry_t *)(void *)(list + 2), *next = first;
    uint32_t offset = 0;
    for (int32_t limit = group->threshold; vector != end; vector++, sent++, offset += 4) {
        const int32_t value = on_grid(*vector, grid), delta = value - *sent;
        if (each) {
            limit = *threshold++;
        }
        if (exceeds(delta, limit)) {
            *sent = (int8_t)value;
            *next++ = (entry_t){offset, delta};
        }
    }
    return finish_list(list, next, group->limit);
}

SHRINKC_INLINE uint16_t scan_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *sent,
                                 uint32_t *list, int each)
{
    const grid_t grid = grid_of(group);
    const int16_t *const end = vector + group->width, *threshold = group->thresholds;
    entry_t *const first = (entry_t *)(void *)(list + 2), *next = first;
    uint32_t offset = 0;
    for (int32_t limit = group->threshold; vector != end; vector++, sent++, offset += 4) {
        const int32_t value = on_grid(*vector, grid), delta = value - *sent;
        if (each) {
            limit = *threshold++;
        }
        if (exceeds(delta, limit)) {
            *sent = (int16_t)value;
            *next++ = (entry_t){offset, delta};
        }
    }
    return finish_list(list, next, group->limit);
}

SHRINKC_INLINE void hold_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *input, int each)
{
    const grid_t grid = grid_of(group);
    const int16_t *const end = vector + group->width, *threshold = group->thresholds;
    for (int32_t limit = group->threshold; vector != end; vector++, input++) {
        const int32_t value = on_grid(*vector, grid);
        if (each) {
            limit = *threshold++;
        }
        if (exceeds(value - *input, limit)) {
            *input = (int16_t)value;
        }
    }
}

uint16_t shrinkc_delta_scan_s8(const shrinkc_send_group_t *group, const int16_t *vector, int8_t *sent, uint32_t *list)
{
    return group->thresholds == NULL ? scan_s8(group, vector, sent, list, 0) : scan_s8(group, vector, sent, list, 1);
}

uint16_t shrinkc_delta_scan_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *sent,
                                uint32_t *list)
{
    return group->thresholds == NULL ? scan_s16(group, vector, sent, list, 0) : scan_s16(group, vector, sent, list, 1);
}

void shrinkc_quantize_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *input)
{
    const grid_t grid = grid_of(group);
    const int16_t *const end = vector + group->width;
    while (vector != end) {
        *input++ = (int16_t)on_grid(*vector++, grid);
    }
}

void shrinkc_hold_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *input)
{
    if (group->thresholds == NULL) {
        hold_s16(group, vector, input, 0);
    } else {
        hold_s16(group, vector, input, 1);
    }
}
