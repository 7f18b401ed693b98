/* What the delta products of the DSP family share: the list of columns to send, and a call.
 *
 * The list is an array of pairs of columns; the two differences of a pair are one operand of SMLAD. The scan fills it
 * up to whole fours of columns with column 0 and a difference of 0, so that two pairs can be read with one LDM.
 */
#ifndef SHRINKC_DSP_DELTA_H
#define SHRINKC_DSP_DELTA_H

#include "shrinkc_dsp.h"

typedef struct {
    uint32_t column[2];
    uint32_t differences; /* the first one in the bottom half */
} __attribute__((may_alias)) pair_t;

/* The assembly reads the members by their offsets. */
typedef struct {
    uint32_t skip;            /* rounds, see rounds_to_skip */
    const pair_t *pairs;      /* up to `end` */
    const pair_t *end;
    int32_t *sums;            /* of the rows still to do */
    uint32_t first[MEASURES]; /* what the measures start from: what undoes the excess */
} delta_t;
CHECK_OFFSET(delta_t, skip, 0);
CHECK_OFFSET(delta_t, pairs, 4);
CHECK_OFFSET(delta_t, end, 8);
CHECK_OFFSET(delta_t, sums, 12);
CHECK_OFFSET(delta_t, first, 16);

/* `count` columns from `pairs` on, `width` (2 or 4) a round. `first` is left to the caller. */
SHRINKC_INLINE delta_t delta_of(const pair_t *pairs, uint32_t count, uint32_t width, int32_t *sums)
{
    const uint32_t fours = (count + 3) / 4;
    delta_t call;
    call.skip = rounds_to_skip(fours * 4 / width);
    call.pairs = pairs;
    call.end = pairs + 2 * fours;
    call.sums = sums;
    return call;
}

/* The sum of the differences. */
SHRINKC_INLINE uint32_t total_of_pairs(const pair_t *pairs, const pair_t *end)
{
    uint32_t total = 0;
    for (; pairs != end; pairs += 2) {
        total = dual_mac(total, pairs[0].differences, ONES);
        total = dual_mac(total, pairs[1].differences, ONES);
    }
    return total;
}

#endif
