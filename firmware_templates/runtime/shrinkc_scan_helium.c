/* From a vector to the columns to send, and to the input of a dense product, with Helium: eight elements at a time.
 *
 * The list is a pair of words for each column, its index and its difference; where their number is odd one more pair
 * of zeros follows, so that products can take two columns a go.
 *
 * Loads are predicated by what is left, since the vector and the thresholds end with the last element.
 */
#include <stddef.h>

#include "shrinkc_grid.h"
#include "shrinkc_helium.h"
#include "shrinkc_kernels.h"

#if SHRINKC_HAS_MVE
#include <arm_mve.h>

/* Where a scan is in the arrays that end with the last element; `step` is 0 where one threshold serves all. */
typedef struct {
    const int16_t *vector, *threshold;
    int32_t left, step;
} place_t;

/* Eight times the threshold of a group that has one for all. */
typedef struct {
    int16_t of[8];
} eight_t;

SHRINKC_INLINE place_t start_of(const shrinkc_send_group_t *group, const int16_t *vector, eight_t *same)
{
    const int each = group->thresholds != NULL;
    vst1q_s16(same->of, vdupq_n_s16(group->threshold));
    return (place_t){vector, each ? group->thresholds : same->of, group->width, each ? 8 : 0};
}

/* shrinkc_quantize_vector of the next elements. The rounding shift of VRSHL knows no overflow, and to saturate to 16
 * bits on the way changes nothing, since limits are smaller. */
SHRINKC_INLINE int16x8_t next_on_grid(place_t *place, const shrinkc_send_group_t *group)
{
    const int16x8_t multiplier = vdupq_n_s16(group->multiplier), limit = vdupq_n_s16(group->limit);
    const int16x8_t value = vldrhq_z_s16(place->vector, vctp16q((uint32_t)place->left));
    const int32x4_t bottom = vrshlq_n_s32(vmullbq_int_s16(value, multiplier), -group->shift);
    const int32x4_t top = vrshlq_n_s32(vmulltq_int_s16(value, multiplier), -group->shift);
    const int16x8_t narrow = vqmovntq_s32(vqmovnbq_s32(value, bottom), top);
    place->vector += 8;
    place->left -= 8;
    return vmaxq_s16(vminq_s16(narrow, limit), vnegq_s16(limit));
}

/* Which of the next elements have moved by more than their threshold from what is held. */
SHRINKC_INLINE mve_pred16_t moved(place_t *place, int16x8_t value, int16x8_t held)
{
    const mve_pred16_t within = vctp16q((uint32_t)(place->left + 8));
    const int16x8_t threshold = vldrhq_z_s16(place->threshold, place->step == 0 ? 0xFFFF : within);
    place->threshold += place->step;
    return vcmpgtq_m_s16(vabdq_s16(value, held), threshold, within);
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

#if !SHRINKC_HAS_MVE
SHRINKC_INLINE int32_t threshold_of(const shrinkc_send_group_t *group, uint32_t column)
{
    return group->thresholds == NULL ? group->threshold : group->thresholds[column];
}

SHRINKC_INLINE uint32_t *list_column(uint32_t *next, uint32_t column, int32_t difference)
{
    next[0] = column;
    next[1] = (uint32_t)difference;
    return next + 2;
}
#endif

uint16_t shrinkc_delta_scan_s8(const shrinkc_send_group_t *group, const int16_t *vector, int8_t *sent, uint32_t *list)
{
    uint32_t *next = list;
#if SHRINKC_HAS_MVE
    eight_t same;
    place_t place = start_of(group, vector, &same);
    for (uint32_t column = 0; place.left > 0; column += 8, sent += 8) {
        const int16x8_t held = vldrbq_z_s16(sent, vctp16q((uint32_t)place.left)), value = next_on_grid(&place, group);
        const mve_pred16_t columns = moved(&place, value, held);
        if (columns != 0) {
            vstrbq_p_s16(sent, value, columns);
            next = list_columns(next, column, vsubq_s16(value, held), columns);
        }
    }
#else
    const grid_t grid = grid_of(group);
    for (uint32_t j = 0; j < group->width; j++) {
        const int32_t value = on_grid(vector[j], grid), difference = value - sent[j];
        if (exceeds(difference, threshold_of(group, j))) {
            sent[j] = (int8_t)value;
            next = list_column(next, j, difference);
        }
    }
#endif
    return end_list(list, next);
}

uint16_t shrinkc_delta_scan_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *sent,
                                uint32_t *list)
{
    uint32_t *next = list;
#if SHRINKC_HAS_MVE
    eight_t same;
    place_t place = start_of(group, vector, &same);
    for (uint32_t column = 0; place.left > 0; column += 8, sent += 8) {
        const int16x8_t held = vldrhq_z_s16(sent, vctp16q((uint32_t)place.left)), value = next_on_grid(&place, group);
        const mve_pred16_t columns = moved(&place, value, held);
        if (columns != 0) {
            vstrhq_p_s16(sent, value, columns);
            next = list_columns(next, column, vsubq_s16(value, held), columns);
        }
    }
#else
    const grid_t grid = grid_of(group);
    for (uint32_t j = 0; j < group->width; j++) {
        const int32_t value = on_grid(vector[j], grid), difference = value - sent[j];
        if (exceeds(difference, threshold_of(group, j))) {
            sent[j] = (int16_t)value;
            next = list_column(next, j, difference);
        }
    }
#endif
    return end_list(list, next);
}

void shrinkc_hold_s8(const shrinkc_send_group_t *group, const int16_t *vector, int8_t *input)
{
#if SHRINKC_HAS_MVE
    eight_t same;
    for (place_t place = start_of(group, vector, &same); place.left > 0; input += 8) {
        const int16x8_t held = vldrbq_z_s16(input, vctp16q((uint32_t)place.left)), value = next_on_grid(&place, group);
        vstrbq_p_s16(input, value, moved(&place, value, held));
    }
#else
    const grid_t grid = grid_of(group);
    for (uint32_t j = 0; j < group->width; j++) {
        const int32_t value = on_grid(vector[j], grid);
        if (exceeds(value - input[j], threshold_of(group, j))) {
            input[j] = (int8_t)value;
        }
    }
#endif
}

void shrinkc_hold_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *input)
{
#if SHRINKC_HAS_MVE
    eight_t same;
    for (place_t place = start_of(group, vector, &same); place.left > 0; input += 8) {
        const int16x8_t held = vldrhq_z_s16(input, vctp16q((uint32_t)place.left)), value = next_on_grid(&place, group);
        vstrhq_p_s16(input, value, moved(&place, value, held));
    }
#else
    const grid_t grid = grid_of(group);
    for (uint32_t j = 0; j < group->width; j++) {
        const int32_t value = on_grid(vector[j], grid);
        if (exceeds(value - input[j], threshold_of(group, j))) {
            input[j] = (int16_t)value;
        }
    }
#endif
}

void shrinkc_quantize_s8(const shrinkc_send_group_t *group, const int16_t *vector, int8_t *input)
{
#if SHRINKC_HAS_MVE
    place_t place = {vector, NULL, group->width, 0};
    for (; place.left > 0; input += 8) {
        const mve_pred16_t within = vctp16q((uint32_t)place.left);
        vstrbq_p_s16(input, next_on_grid(&place, group), within);
    }
#else
    const grid_t grid = grid_of(group);
    for (uint32_t j = 0; j < group->width; j++) {
        input[j] = (int8_t)on_grid(vector[j], grid);
    }
#endif
}

void shrinkc_quantize_s16(const shrinkc_send_group_t *group, const int16_t *vector, int16_t *input)
{
#if SHRINKC_HAS_MVE
    place_t place = {vector, NULL, group->width, 0};
    for (; place.left > 0; input += 8) {
        const mve_pred16_t within = vctp16q((uint32_t)place.left);
        vstrhq_p_s16(input, next_on_grid(&place, group), within);
    }
#else
    const grid_t grid = grid_of(group);
    for (uint32_t j = 0; j < group->width; j++) {
        input[j] = (int16_t)on_grid(vector[j], grid);
    }
#endif
}
