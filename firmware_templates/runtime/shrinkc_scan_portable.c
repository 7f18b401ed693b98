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

/* Returns how many columns are listed. `each` is a constant at every call: one threshold for all, the common case, is
 * not loaded in the loop. */
SHRINKC_INLINE uint16_t scan(const shrinkc_send_group_t *group, const int16_t *vector, sent_t sent, kind_t kind,
                             uint32_t *list, int each)
{
    const grid_t grid = grid_of(group);
    const int16_t *const end = vector + group->width, *threshold = group->thresholds;
    entry_t *next = is_listed(kind) ? (entry_t *)(void *)(list + 2) : NULL;
    uint32_t offset = 0;
    for (int32_t limit = group->threshold; vector != end; vector++, sent = sent_from(sent, kind, 1), offset += 4) {
        const int32_t value = shrinkc_quantize_vector(*vector, grid), delta = value - sent_at(sent, kind, 0);
        if (each) {
            limit = *threshold++;
        }
        if (shrinkc_exceeds(delta, limit)) {
            keep_sent(sent, kind, 0, value);
            if (is_listed(kind)) {
                *next++ = (entry_t){offset, delta};
            }
        }
    }
    return is_listed(kind) ? finish_list(list, next, group->limit) : 0;
}

SHRINKC_INLINE uint16_t scan_all(const shrinkc_send_group_t *group, const int16_t *vector, sent_t sent, kind_t kind,
                                 uint32_t *list)
{
    return group->thresholds == NULL ? scan(group, vector, sent, kind, list, 0)
                                     : scan(group, vector, sent, kind, list, 1);
}

uint16_t shrinkc_delta_scan_s8(const shrinkc_send_group_t *group, const int16_t *vector, int8_t *sent, uint32_t *list)
{
    return scan_all(group, vector, (sent_t){sent, NULL}, BYTES, list);
}

uint16_t shrinkc_delta_scan_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *sent,
                                uint32_t *list)
{
    return scan_all(group, vector, (sent_t){NULL, sent}, HALFWORDS, list);
}

void shrinkc_quantize_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *input)
{
    const grid_t grid = grid_of(group);
    const int16_t *const end = vector + group->width;
    while (vector != end) {
        *input++ = (int16_t)shrinkc_quantize_vector(*vector++, grid);
    }
}

void shrinkc_hold_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *input)
{
    scan_all(group, vector, (sent_t){NULL, input}, HELD, NULL);
}
