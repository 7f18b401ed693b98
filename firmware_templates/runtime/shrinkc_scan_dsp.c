/* From a vector to its grid and to the columns to send, for cores with the DSP extension: four elements at a time, and
 * one by one only where something has moved. See shrinkc_dsp_grid.h and, for the list, shrinkc_dsp_delta.h.
 */
#include <stddef.h>

#include "shrinkc_dsp_grid.h"

/* What was sent is in bytes or halfwords, and what moves is listed or not: constants at every call. */
typedef enum { BYTES, HALFWORDS } width_t;

/* A scan on its way. An entry of `next` is a column in the bottom half and its difference in the top half. */
typedef struct {
    const shrinkc_send_group_t *group;
    const int16_t *vector;
    int8_t *bytes;
    int16_t *halfwords;
    uint32_t *next; /* NULL: no list */
} scan_t;

SHRINKC_INLINE int32_t sent_at(const scan_t *scan, width_t width, uint32_t j)
{
    return width == BYTES ? scan->bytes[j] : scan->halfwords[j];
}

SHRINKC_INLINE void send(scan_t *scan, width_t width, uint32_t j, int32_t value, int32_t difference)
{
    if (scan->next != NULL) {
        *scan->next++ = j | (uint32_t)difference << 16;
    }
    if (width == BYTES) {
        scan->bytes[j] = (int8_t)value;
    } else {
        scan->halfwords[j] = (int16_t)value;
    }
}

/* One element, whatever it does. */
SHRINKC_INLINE void look_at(scan_t *scan, width_t width, uint32_t j, grid_t grid, int32_t threshold)
{
    const int32_t value = on_grid(scan->vector[j], grid), difference = value - sent_at(scan, width, j);
    if (exceeds(difference, threshold)) {
        send(scan, width, j, value, difference);
    }
}

/* An element that has moved by `difference`, unless the limit of the grid holds it. */
SHRINKC_INLINE void send_moved(scan_t *scan, width_t width, uint32_t j, int32_t difference, int32_t limit)
{
    const int32_t sent = sent_at(scan, width, j);
    int32_t value = sent + difference;
    if (exceeds(value, limit)) {
        value = value < 0 ? -limit : limit;
        difference = value - sent;
        if (!exceeds(difference, scan->group->threshold)) {
            return;
        }
    }
    send(scan, width, j, value, difference);
}

/* Four elements, in halves and in order: what is left of |difference| beyond the threshold, and difference + threshold. */
typedef struct {
    uint32_t beyond, raised;
} moves_t;

SHRINKC_INLINE void send_bottom(scan_t *scan, width_t width, uint32_t j, moves_t moves)
{
    if ((uint16_t)moves.beyond != 0) {
        const uint32_t threshold = (uint32_t)scan->group->threshold;
        send_moved(scan, width, j, (int16_t)(moves.raised - threshold), scan->group->limit);
    }
}

SHRINKC_INLINE void send_top(scan_t *scan, width_t width, uint32_t j, moves_t moves)
{
    if (moves.beyond > 0xFFFFu) {
        const uint32_t threshold = (uint32_t)scan->group->threshold;
        send_moved(scan, width, j, (int16_t)((moves.raised >> 16) - threshold), scan->group->limit);
    }
}

SHRINKC_INLINE moves_t moves_of(uint32_t values, uint32_t sent, uint32_t twice)
{
    const uint32_t raised = subtract_halves(values, sent);
    return (moves_t){beyond_halves(raised, twice), raised};
}

/* Elements 0, 2 and 1, 3 of four bytes. */
SHRINKC_INLINE void scan_four_bytes(scan_t *scan, uint32_t j, scaled_t value, uint32_t twice)
{
    const uint32_t sent = *(const word_t *)(const void *)(scan->bytes + j);
    const moves_t even = moves_of(tops(value.one, value.three), even_bytes(sent), twice);
    const moves_t odd = moves_of(tops(value.two, value.four), odd_bytes(sent), twice);
    if ((even.beyond | odd.beyond) != 0) {
        send_bottom(scan, BYTES, j, even);
        send_bottom(scan, BYTES, j + 1, odd);
        send_top(scan, BYTES, j + 2, even);
        send_top(scan, BYTES, j + 3, odd);
    }
}

SHRINKC_INLINE void scan_four_halfwords(scan_t *scan, uint32_t j, scaled_t value, uint32_t twice)
{
    const word_t *sent = (const word_t *)(const void *)(scan->halfwords + j);
    const moves_t low = moves_of(tops(value.one, value.two), sent[0], twice);
    const moves_t high = moves_of(tops(value.three, value.four), sent[1], twice);
    if ((low.beyond | high.beyond) != 0) {
        send_bottom(scan, HALFWORDS, j, low);
        send_top(scan, HALFWORDS, j + 1, low);
        send_bottom(scan, HALFWORDS, j + 2, high);
        send_top(scan, HALFWORDS, j + 3, high);
    }
}

/* Beyond the limit of the grid an element is farther from what was sent than the limit is, so the limit matters only to
 * those that have moved. Returns how far it came. */
SHRINKC_INLINE uint32_t scan_fours(scan_t *scan, width_t width)
{
    const int32_t threshold = scan->group->threshold;
    const uint32_t factor = factor_of(scan->group);
    const uint32_t start = (uint32_t)threshold << 16 | HALF_A_UNIT, twice = both_halves(2 * threshold);
    const uint32_t end = scan->group->width & ~3u;
    const word_t *pair = (const word_t *)(const void *)scan->vector;
    for (uint32_t j = 0; j != end; j += 4, pair += 2) {
        if (width == BYTES) {
            scan_four_bytes(scan, j, scale_four(pair, factor, start), twice);
        } else {
            scan_four_halfwords(scan, j, scale_four(pair, factor, start), twice);
        }
    }
    return end;
}

SHRINKC_INLINE void scan_all(scan_t *scan, width_t width)
{
    const shrinkc_send_group_t *const group = scan->group;
    const int16_t *const thresholds = group->thresholds;
    const void *sent = width == BYTES ? (const void *)scan->bytes : (const void *)scan->halfwords;
    uint32_t j = 0;
    if (thresholds == NULL && may_go_by_four(group, scan->vector, sent)) {
        j = scan_fours(scan, width);
    }
    const grid_t grid = grid_of(group);
    for (const uint32_t end = group->width; j < end; j++) {
        look_at(scan, width, j, grid, thresholds == NULL ? group->threshold : thresholds[j]);
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
    scan_t scan = {group, vector, sent, NULL, entries};
    scan_all(&scan, BYTES);
    return pair_up(list, entries, scan.next);
}

uint16_t shrinkc_delta_scan_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *sent,
                                uint32_t *list)
{
    uint32_t *const entries = entries_of(list, group->width);
    scan_t scan = {group, vector, NULL, sent, entries};
    scan_all(&scan, HALFWORDS);
    return pair_up(list, entries, scan.next);
}

void shrinkc_hold_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *input)
{
    scan_t scan = {group, vector, NULL, input, NULL};
    scan_all(&scan, HALFWORDS);
}

/* m4: 17 instructions for four elements. */
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
                input[k] = (int16_t)on_grid(vector[k], grid);
            }
        }
    }
    return end;
}

void shrinkc_quantize_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *input)
{
    const grid_t grid = grid_of(group);
    uint32_t j = 0;
    if (may_go_by_four(group, vector, input)) {
        j = quantize_fours(group, vector, input);
    }
    for (; j < group->width; j++) {
        input[j] = (int16_t)on_grid(vector[j], grid);
    }
}
