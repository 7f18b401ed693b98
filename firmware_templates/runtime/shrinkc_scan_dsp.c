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
    grid_t grid;
    const int16_t *vector;
    int8_t *bytes;
    int16_t *halfwords;
    uint32_t *next; /* NULL: no list */
} scan_t;

SHRINKC_INLINE int32_t sent_at(const scan_t *scan, width_t width, uint32_t j)
{
    return width == BYTES ? scan->bytes[j] : scan->halfwords[j];
}

SHRINKC_INLINE void send(scan_t *scan, width_t width, int listed, uint32_t j, int32_t value)
{
    if (listed) {
        *scan->next++ = j | (uint32_t)(value - sent_at(scan, width, j)) << 16;
    }
    if (width == BYTES) {
        scan->bytes[j] = (int8_t)value;
    } else {
        scan->halfwords[j] = (int16_t)value;
    }
}

/* An element that may have moved. */
SHRINKC_INLINE void look_at(scan_t *scan, width_t width, int listed, uint32_t j, int32_t threshold)
{
    const int32_t value = on_grid(scan->vector[j], scan->grid);
    if (exceeds(value - sent_at(scan, width, j), threshold)) {
        send(scan, width, listed, j, value);
    }
}

/* An element that has moved, unless the limit of the grid holds it. */
SHRINKC_INLINE void clamp_and_send(scan_t *scan, width_t width, int listed, uint32_t j, uint32_t factor)
{
    const int32_t value = (int32_t)scaled_bottom(HALF_A_UNIT, factor, (uint32_t)scan->vector[j]) >> 16;
    if (exceeds(value, scan->grid.limit)) {
        look_at(scan, width, listed, j, scan->group->threshold);
    } else {
        send(scan, width, listed, j, value);
    }
}

/* m4: 19 instructions for four bytes that stay, 18 for four halfwords. Beyond the limit of the grid an element is
 * farther from what was sent than the limit is, so the limit matters only to those that have moved. Returns how far it
 * came. */
SHRINKC_INLINE uint32_t scan_fours(scan_t *scan, width_t width, int listed)
{
    const int32_t threshold = scan->group->threshold;
    const uint32_t factor = (uint32_t)scan->grid.multiplier << (32 - scan->grid.shift);
    const uint32_t start = (uint32_t)threshold << 16 | HALF_A_UNIT, twice = both_halves(2 * threshold);
    const uint32_t end = scan->group->width & ~3u;
    for (uint32_t j = 0; j != end; j += 4) {
        const scaled_t value = scale_four((const word_t *)(const void *)(scan->vector + j), factor, start);
        uint32_t even, odd; /* elements 0, 2 and 1, 3 */
        if (width == BYTES) {
            const uint32_t sent = *(const word_t *)(const void *)(scan->bytes + j);
            even = subtract_halves(tops(value.one, value.three), even_bytes(sent));
            odd = subtract_halves(tops(value.two, value.four), odd_bytes(sent));
        } else {
            const word_t *sent = (const word_t *)(const void *)(scan->halfwords + j);
            even = subtract_halves(tops(value.one, value.two), sent[0]);
            odd = subtract_halves(tops(value.three, value.four), sent[1]);
        }
        even = beyond_halves(even, twice);
        odd = beyond_halves(odd, twice);
        if ((even | odd) != 0) {
            const uint32_t second = width == BYTES ? odd : even >> 16, third = width == BYTES ? even >> 16 : odd;
            if ((even & 0xFFFFu) != 0) {
                clamp_and_send(scan, width, listed, j, factor);
            }
            if ((second & 0xFFFFu) != 0) {
                clamp_and_send(scan, width, listed, j + 1, factor);
            }
            if ((third & 0xFFFFu) != 0) {
                clamp_and_send(scan, width, listed, j + 2, factor);
            }
            if (odd >> 16 != 0) {
                clamp_and_send(scan, width, listed, j + 3, factor);
            }
        }
    }
    return end;
}

SHRINKC_INLINE void scan_all(scan_t *scan, width_t width, int listed)
{
    const shrinkc_send_group_t *const group = scan->group;
    const void *sent = width == BYTES ? (const void *)scan->bytes : (const void *)scan->halfwords;
    uint32_t j = 0;
    if (group->thresholds == NULL && group->shift >= SMALLEST_SHIFT && word_aligned(sent) &&
        word_aligned(scan->vector)) {
        j = scan_fours(scan, width, listed);
    }
    for (; j < group->width; j++) {
        look_at(scan, width, listed, j, group->thresholds == NULL ? group->threshold : group->thresholds[j]);
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
    scan_t scan = {group, grid_of(group), vector, sent, NULL, entries};
    scan_all(&scan, BYTES, 1);
    return pair_up(list, entries, scan.next);
}

uint16_t shrinkc_delta_scan_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *sent,
                                uint32_t *list)
{
    uint32_t *const entries = entries_of(list, group->width);
    scan_t scan = {group, grid_of(group), vector, NULL, sent, entries};
    scan_all(&scan, HALFWORDS, 1);
    return pair_up(list, entries, scan.next);
}

void shrinkc_hold_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *input)
{
    scan_t scan = {group, grid_of(group), vector, NULL, input, NULL};
    scan_all(&scan, HALFWORDS, 0);
}

/* m4: 17 instructions for four elements. */
SHRINKC_INLINE uint32_t quantize_fours(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *input)
{
    const grid_t grid = grid_of(group);
    const uint32_t factor = (uint32_t)grid.multiplier << (32 - grid.shift), limits = both_halves(grid.limit);
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
    if (group->shift >= SMALLEST_SHIFT && word_aligned(vector) && word_aligned(input)) {
        j = quantize_fours(group, vector, input);
    }
    for (; j < group->width; j++) {
        input[j] = (int16_t)on_grid(vector[j], grid);
    }
}
