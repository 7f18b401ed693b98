/* From a vector to the columns to send, and to the input of a dense product, with Helium: eight elements at a time.
 *
 * The list is a pair of words for each column, its index and its difference; where their number is odd one more pair
 * of zeros follows, so that products can take two columns a go.
 *
 * The arrays end with the last element, so the last loads may be predicated. The lanes beyond read 0, which is 0 on
 * the grid and differs from a held 0 by no more than any threshold: nothing is ever sent or stored of them.
 */
#include <stddef.h>

#include "shrinkc_grid.h"
#include "shrinkc_lanes.h"
#include "shrinkc_kernels.h"

#if SHRINKC_HAS_MVE
/* A group's grid and thresholds in registers. threshold: of the next elements; `step` is 0 where one serves all. */
typedef struct {
    int16x8_t multiplier, limit, minus_limit;
    int32_t minus_shift, step;
    const int16_t *threshold;
} grid8_t;

/* Eight times the threshold of a group that has one for all, or eight differences. */
typedef struct {
    int16_t of[8];
} eight_t;

SHRINKC_INLINE grid8_t grid8_of(const shrinkc_send_group_t *group, eight_t *same)
{
    const int16x8_t limit = vdupq_n_s16(group->limit);
    const int each = group->thresholds != NULL;
    vst1q_s16(same->of, vdupq_n_s16(group->threshold));
    return (grid8_t){vdupq_n_s16(group->multiplier), limit, vnegq_s16(limit), -group->shift, each ? 8 : 0,
                     each ? group->thresholds : same->of};
}

/* The next eight elements, or `left` if fewer. */
SHRINKC_INLINE int16x8_t load8_s16(const int16_t *values, uint32_t left)
{
    return SHRINKC_X4_KNOWN(left >= 8u) && left >= 8u ? vldrhq_s16(values) : vldrhq_z_s16(values, vctp16q(left));
}

SHRINKC_INLINE int16x8_t load8_s8(const int8_t *values, uint32_t left)
{
    return SHRINKC_X4_KNOWN(left >= 8u) && left >= 8u ? vldrbq_s16(values) : vldrbq_z_s16(values, vctp16q(left));
}

/* shrinkc_quantize_vector of eight. The rounding shift of VRSHL knows no overflow, and to saturate to 16 bits on the
 * way changes nothing, since limits are smaller. */
SHRINKC_INLINE int16x8_t quantize8(int16x8_t value, const grid8_t *grid)
{
    const int32x4_t bottom = vrshlq_n_s32(vmullbq_int_s16(value, grid->multiplier), grid->minus_shift);
    const int32x4_t top = vrshlq_n_s32(vmulltq_int_s16(value, grid->multiplier), grid->minus_shift);
    const int16x8_t narrow = vqmovntq_s32(vqmovnbq_s32(value, bottom), top);
    return vmaxq_s16(vminq_s16(narrow, grid->limit), grid->minus_limit);
}

/* The thresholds of the next elements; 0 in the lanes beyond. */
SHRINKC_INLINE int16x8_t next_thresholds(grid8_t *grid, uint32_t left)
{
    const int16x8_t threshold = load8_s16(grid->threshold, left);
    grid->threshold += grid->step;
    return threshold;
}

SHRINKC_INLINE int16x8_t load8_sent(sent_t sent, kind_t kind, uint32_t left)
{
    return in_bytes(kind) ? load8_s8(sent.bytes, left) : load8_s16(sent.halfwords, left);
}

SHRINKC_INLINE void store8_sent(sent_t sent, kind_t kind, int16x8_t value, mve_pred16_t columns)
{
    if (in_bytes(kind)) {
        vstrbq_p_s16(sent.bytes, value, columns);
    } else {
        vstrhq_p_s16(sent.halfwords, value, columns);
    }
}

/* Store those of eight that have moved by more than their threshold from what is held. VPT and one store under it, in
 * assembly, since gcc would bring the predicate to a general register and back. */
#define STORE_MOVED(store, to, constraint)           \
    __asm__ volatile("vpt.s16 gt, %q0, %q1\n" store  \
                     :                               \
                     : "w"(vabdq_s16(value, held)), "w"(threshold), "w"(value), constraint(to) \
                     : "memory")
SHRINKC_INLINE void store8_moved(sent_t to, kind_t kind, int16x8_t value, int16x8_t held, int16x8_t threshold)
{
    if (in_bytes(kind)) {
        STORE_MOVED("vstrbt.16 %q2, [%3]\n", to.bytes, "l");
    } else {
        STORE_MOVED("vstrht.16 %q2, [%3]\n", to.halfwords, "r");
    }
}

/* The columns of a predicate, two bits each, with their differences, to the list. */
SHRINKC_INLINE uint32_t *list_columns(uint32_t *next, uint32_t first, int16x8_t difference, mve_pred16_t columns)
{
    eight_t differences;
    vst1q_s16(differences.of, difference);
    for (uint32_t bits = columns & 0x5555u; bits != 0; bits &= bits - 1u, next += 2) {
        const uint32_t column = (uint32_t)__builtin_ctz(bits) / 2u;
        next[0] = first + column;
        next[1] = (uint32_t)differences.of[column];
    }
    return next;
}
#endif

/* An odd list becomes even. Returns the number of columns. */
SHRINKC_INLINE uint16_t end_list(const uint32_t *list, uint32_t *next)
{
    const uint32_t count = (uint32_t)(next - list) / 2u;
    next[0] = 0;
    next[1] = 0;
    return (uint16_t)count;
}

#if SHRINKC_HAS_MVE
/* The next eight elements, or `left` if fewer, the first of them element `column`. */
SHRINKC_INLINE uint32_t *scan8(grid8_t *grid, const int16_t *vector, sent_t sent, kind_t kind, uint32_t left,
                               uint32_t column, uint32_t *next)
{
    const int16x8_t held = load8_sent(sent, kind, left), value = quantize8(load8_s16(vector, left), grid);
    const int16x8_t threshold = next_thresholds(grid, left);
    if (!is_listed(kind)) {
        store8_moved(sent, kind, value, held, threshold);
        return next;
    }
    const mve_pred16_t columns = vcmpgtq_s16(vabdq_s16(value, held), threshold);
    if (columns != 0) {
        store8_sent(sent, kind, value, columns);
        next = list_columns(next, column, vsubq_s16(value, held), columns);
    }
    return next;
}
#endif

/* Returns the end of the list. */
SHRINKC_INLINE uint32_t *scan(const shrinkc_send_group_t *group, const int16_t *vector, sent_t sent, kind_t kind,
                              uint32_t *next)
{
    const uint32_t width = group->width;
#if SHRINKC_HAS_MVE
    eight_t same;
    grid8_t grid = grid8_of(group, &same);
    uint32_t j = 0;
    for (; j + 8u <= width; j += 8u, vector += 8, sent = sent_from(sent, kind, 8)) {
        next = scan8(&grid, vector, sent, kind, 8u, j, next);
    }
    if (j < width) {
        next = scan8(&grid, vector, sent, kind, width - j, j, next);
    }
#else
    const grid_t grid = grid_of(group);
    for (uint32_t j = 0; j < width; j++) {
        const int32_t value = shrinkc_quantize_vector(vector[j], grid), difference = value - sent_at(sent, kind, j);
        if (shrinkc_exceeds(difference, group->thresholds == NULL ? group->threshold : group->thresholds[j])) {
            keep_sent(sent, kind, j, value);
            if (is_listed(kind)) {
                *next++ = j;
                *next++ = (uint32_t)difference;
            }
        }
    }
#endif
    return next;
}

uint16_t shrinkc_delta_scan_s8(const shrinkc_send_group_t *group, const int16_t *vector, int8_t *sent, uint32_t *list)
{
    return end_list(list, scan(group, vector, (sent_t){sent, NULL}, BYTES, list));
}

uint16_t shrinkc_delta_scan_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *sent,
                                uint32_t *list)
{
    return end_list(list, scan(group, vector, (sent_t){NULL, sent}, HALFWORDS, list));
}

void shrinkc_hold_s8(const shrinkc_send_group_t *group, const int16_t *vector, int8_t *input)
{
    scan(group, vector, (sent_t){input, NULL}, HELD_BYTES, NULL);
}

void shrinkc_hold_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *input)
{
    scan(group, vector, (sent_t){NULL, input}, HELD, NULL);
}

/* The whole vector. */
SHRINKC_INLINE void quantize(const shrinkc_send_group_t *group, const int16_t *vector, sent_t input, kind_t kind)
{
    const uint32_t width = group->width;
#if SHRINKC_HAS_MVE
    eight_t same;
    const grid8_t grid = grid8_of(group, &same);
    uint32_t j = 0;
    for (; j + 8u <= width; j += 8u, vector += 8, input = sent_from(input, kind, 8)) {
        if (in_bytes(kind)) {
            vstrbq_s16(input.bytes, quantize8(vldrhq_s16(vector), &grid));
        } else {
            vstrhq_s16(input.halfwords, quantize8(vldrhq_s16(vector), &grid));
        }
    }
    if (j < width) {
        store8_sent(input, kind, quantize8(load8_s16(vector, width - j), &grid), vctp16q(width - j));
    }
#else
    const grid_t grid = grid_of(group);
    for (uint32_t j = 0; j < width; j++) {
        keep_sent(input, kind, j, shrinkc_quantize_vector(vector[j], grid));
    }
#endif
}

void shrinkc_quantize_s8(const shrinkc_send_group_t *group, const int16_t *vector, int8_t *input)
{
    quantize(group, vector, (sent_t){input, NULL}, HELD_BYTES);
}

void shrinkc_quantize_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *input)
{
    quantize(group, vector, (sent_t){NULL, input}, HELD);
}
