/* From a vector to its grid and to the columns to send, for cores with the DSP extension: four elements at a time, and one
 * by one only where something has moved. See shrinkc_dsp_grid.h and, for the list, shrinkc_dsp_delta.h.
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

/* Returns where the next entry goes. */
SHRINKC_INLINE uint32_t *send(scan_t *scan, width_t width, uint32_t j, int32_t value, int32_t difference, uint32_t *next)
{
    if (width == BYTES) {
        scan->bytes[j] = (int8_t)value;
    } else {
        scan->halfwords[j] = (int16_t)value;
    }
    if (next != NULL) {
        *next++ = j | (uint32_t)difference << 16;
    }
    return next;
}

/* One element, whatever it does. */
SHRINKC_INLINE void look_at(scan_t *scan, width_t width, uint32_t j, grid_t grid, int32_t threshold)
{
    const int32_t value = on_grid(scan->vector[j], grid), difference = value - sent_at(scan, width, j);
    if (exceeds(difference, threshold)) {
        scan->next = send(scan, width, j, value, difference, scan->next);
    }
}

/* What moved elements need, in registers. */
typedef struct {
    uint32_t *next;
    int32_t threshold, limit;
} sending_t;

SHRINKC_INLINE sending_t sending_of(const scan_t *scan)
{
    return (sending_t){scan->next, scan->group->threshold, scan->group->limit};
}

/* An element of four of which some have moved; `raised` is its difference + threshold, 16 bits. What the limit of the
 * grid holds may not have moved. */
SHRINKC_INLINE void send_if_moved(sending_t *to, scan_t *scan, width_t width, uint32_t j, uint32_t raised)
{
    if (raised > (uint32_t)(2 * to->threshold)) {
        const int32_t sent = sent_at(scan, width, j);
        int32_t difference = (int16_t)(raised - (uint32_t)to->threshold), value = sent + difference;
        if (exceeds(value, to->limit)) {
            value = value < 0 ? -to->limit : to->limit;
            difference = value - sent;
            if (!exceeds(difference, to->threshold)) {
                return;
            }
        }
        to->next = send(scan, width, j, value, difference, to->next);
    }
}

/* Elements 0, 2 and 1, 3 of four bytes. A function of its own, so that the loop around it keeps its registers. */
static __attribute__((noinline)) void send_four_bytes(scan_t *scan, uint32_t j, uint32_t even, uint32_t odd)
{
    sending_t to = sending_of(scan);
    send_if_moved(&to, scan, BYTES, j, (uint16_t)even);
    send_if_moved(&to, scan, BYTES, j + 1, (uint16_t)odd);
    send_if_moved(&to, scan, BYTES, j + 2, even >> 16);
    send_if_moved(&to, scan, BYTES, j + 3, odd >> 16);
    scan->next = to.next;
}

static __attribute__((noinline)) void send_four_halfwords(scan_t *scan, uint32_t j, uint32_t low, uint32_t high)
{
    sending_t to = sending_of(scan);
    send_if_moved(&to, scan, HALFWORDS, j, (uint16_t)low);
    send_if_moved(&to, scan, HALFWORDS, j + 1, low >> 16);
    send_if_moved(&to, scan, HALFWORDS, j + 2, (uint16_t)high);
    send_if_moved(&to, scan, HALFWORDS, j + 3, high >> 16);
    scan->next = to.next;
}

/* `value` is raised by the threshold; what was sent is left of it in every half. */
SHRINKC_INLINE void scan_four_bytes(scan_t *scan, uint32_t j, const int8_t *bytes, scaled_t value, uint32_t twice)
{
    const uint32_t sent = *(const word_t *)(const void *)(bytes + j);
    const uint32_t even = subtract_halves(tops(value.one, value.three), even_bytes(sent));
    const uint32_t odd = subtract_halves(tops(value.two, value.four), odd_bytes(sent));
    if ((beyond_halves(even, twice) | beyond_halves(odd, twice)) != 0) {
        send_four_bytes(scan, j, even, odd);
    }
}

SHRINKC_INLINE void scan_four_halfwords(scan_t *scan, uint32_t j, const int16_t *halfwords, scaled_t value,
                                        uint32_t twice)
{
    const word_t *sent = (const word_t *)(const void *)(halfwords + j);
    const uint32_t low = subtract_halves(tops(value.one, value.two), sent[0]);
    const uint32_t high = subtract_halves(tops(value.three, value.four), sent[1]);
    if ((beyond_halves(low, twice) | beyond_halves(high, twice)) != 0) {
        send_four_halfwords(scan, j, low, high);
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
    const int8_t *const bytes = scan->bytes;
    const int16_t *const halfwords = scan->halfwords;
    for (uint32_t j = 0; j != end; j += 4, pair += 2) {
        if (width == BYTES) {
            scan_four_bytes(scan, j, bytes, scale_four(pair, factor, start), twice);
        } else {
            scan_four_halfwords(scan, j, halfwords, scale_four(pair, factor, start), twice);
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
