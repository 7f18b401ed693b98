/* From a vector to its grid and to the columns to send, for cores with the DSP extension. See shrinkc_dsp_grid.h and,
 * for the list, shrinkc_dsp_delta.h.
 */
#include <stddef.h>

#include "shrinkc_dsp_grid.h"

/* A scan on its way: what was sent of element `column` and on, and where the next entry goes. An entry is a column in
 * the bottom half and its difference in the top half. */
typedef struct {
    sent_t sent;
    uint32_t column;
    uint32_t *next;
    int32_t threshold, limit;
} scan_t;

SHRINKC_INLINE void send(scan_t *scan, kind_t kind, uint32_t k, int32_t value, int32_t difference)
{
    keep_sent(scan->sent, kind, k, value);
    if (is_listed(kind)) {
        *scan->next++ = (scan->column + k) | (uint32_t)difference << 16;
    }
}

SHRINKC_INLINE void advance(scan_t *scan, kind_t kind, uint32_t step)
{
    scan->sent = sent_from(scan->sent, kind, step);
    scan->column += step;
}

/* Element k from here; `value` is its grid value + threshold in the top half. An element beyond the limit of the grid
 * is farther from what was sent than the limit is: so the limit matters only to those that have moved. */
SHRINKC_INLINE void look_at_scaled(scan_t *scan, kind_t kind, uint32_t k, uint32_t value)
{
    const int32_t sent = sent_at(scan->sent, kind, k), raised = ((int32_t)value >> 16) - sent;
    if (__builtin_expect((uint32_t)raised > (uint32_t)(2 * scan->threshold), 0)) {
        int32_t difference = raised - scan->threshold, now = sent + difference;
        if (__builtin_expect(shrinkc_exceeds(now, scan->limit), 0)) {
            now = now < 0 ? -scan->limit : scan->limit;
            difference = now - sent;
            if (!shrinkc_exceeds(difference, scan->threshold)) {
                return;
            }
        }
        send(scan, kind, k, now, difference);
    }
}

/* Four elements a turn; one that stays costs a branch that is not taken. */
SHRINKC_INLINE const int16_t *scan_fours(scan_t *scan, kind_t kind, const shrinkc_send_group_t *group,
                                         const int16_t *vector)
{
    const uint32_t factor = factor_of(group), start = (uint32_t)scan->threshold << 16 | HALF_A_UNIT;
    const word_t *pair = (const word_t *)(const void *)vector;
    for (const uint32_t end = group->width & ~3u; scan->column != end; pair += 2) {
        const uint32_t low = pair[0], high = pair[1];
        look_at_scaled(scan, kind, 0, scaled_bottom(start, factor, low));
        look_at_scaled(scan, kind, 1, scaled_top(start, factor, low));
        look_at_scaled(scan, kind, 2, scaled_bottom(start, factor, high));
        look_at_scaled(scan, kind, 3, scaled_top(start, factor, high));
        advance(scan, kind, 4);
    }
    return (const int16_t *)(const void *)pair;
}

/* Any other element: of the last ones, with a threshold of its own, or on a grid without room. */
SHRINKC_INLINE void look_at(scan_t *scan, kind_t kind, int32_t value)
{
    const int32_t difference = value - sent_at(scan->sent, kind, 0);
    if (shrinkc_exceeds(difference, scan->threshold)) {
        send(scan, kind, 0, value, difference);
    }
}

SHRINKC_INLINE void scan_all(scan_t *scan, kind_t kind, const shrinkc_send_group_t *group, const int16_t *vector)
{
    const int16_t *thresholds = group->thresholds;
    if (thresholds == NULL && scan->threshold <= LARGEST_THRESHOLD && may_go_by_four(group, vector)) {
        vector = scan_fours(scan, kind, group, vector);
    }
    const grid_t grid = grid_of(group);
    for (const uint32_t end = group->width; scan->column != end; advance(scan, kind, 1)) {
        if (thresholds != NULL) {
            scan->threshold = thresholds[scan->column];
        }
        look_at(scan, kind, shrinkc_quantize_vector(*vector++, grid));
    }
}

/* The scan writes its entries to the end of the list's memory, a word each, and here they become pairs from its start
 * on: six words for four entries, never beyond the entries that are still to be read. */
SHRINKC_INLINE uint32_t *entries_of(uint32_t *list, uint32_t width)
{
    return list + 2 * ((width + 3) / 4);
}

static uint16_t pair_up(uint32_t *list, const uint32_t *entries, uint32_t *next)
{
    const uint16_t count = (uint16_t)(next - entries);
    for (uint32_t filled = count; (filled & 3u) != 0; filled++) {
        *next++ = 0;
    }
    for (; entries != next; entries += 4, list += 6) {
        const uint32_t a = entries[0], b = entries[1], c = entries[2], d = entries[3];
        list[0] = (uint16_t)a;
        list[1] = (uint16_t)b;
        list[2] = tops(a, b);
        list[3] = (uint16_t)c;
        list[4] = (uint16_t)d;
        list[5] = tops(c, d);
    }
    return count;
}

uint16_t shrinkc_delta_scan_s8(const shrinkc_send_group_t *group, const int16_t *vector, int8_t *sent, uint32_t *list)
{
    uint32_t *const entries = entries_of(list, group->width);
    scan_t scan = {{sent, NULL}, 0, entries, group->threshold, group->limit};
    scan_all(&scan, BYTES, group, vector);
    return pair_up(list, entries, scan.next);
}

uint16_t shrinkc_delta_scan_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *sent,
                                uint32_t *list)
{
    uint32_t *const entries = entries_of(list, group->width);
    scan_t scan = {{NULL, sent}, 0, entries, group->threshold, group->limit};
    scan_all(&scan, HALFWORDS, group, vector);
    return pair_up(list, entries, scan.next);
}

void shrinkc_hold_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *input)
{
    scan_t scan = {{NULL, input}, 0, NULL, group->threshold, group->limit};
    scan_all(&scan, HELD, group, vector);
}

/* Four elements a turn. */
SHRINKC_INLINE uint32_t quantize_fours(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *input)
{
    const grid_t grid = grid_of(group);
    const uint32_t factor = factor_of(group), limits = both_halves(grid.limit);
    const uint32_t start = (uint32_t)grid.limit << 16 | HALF_A_UNIT, twice = both_halves(2 * grid.limit);
    const uint32_t end = group->width & ~3u;
    for (uint32_t j = 0; j != end; j += 4) {
        const scaled_t value = scale_four((const word_t *)(const void *)(vector + j), factor, start);
        const uint32_t low = tops(value.one, value.two), high = tops(value.three, value.four);
        word_t *pair = (word_t *)(void *)(input + j);
        pair[0] = subtract_halves(low, limits);
        pair[1] = subtract_halves(high, limits);
        if ((beyond_halves(low, twice) | beyond_halves(high, twice)) != 0) {
            for (uint32_t k = j; k != j + 4; k++) {
                input[k] = (int16_t)shrinkc_quantize_vector(vector[k], grid);
            }
        }
    }
    return end;
}

void shrinkc_quantize_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *input)
{
    const grid_t grid = grid_of(group);
    uint32_t j = 0;
    if (may_go_by_four(group, vector) && word_aligned(input)) {
        j = quantize_fours(group, vector, input);
    }
    for (; j < group->width; j++) {
        input[j] = (int16_t)shrinkc_quantize_vector(vector[j], grid);
    }
}
