/* What the dense products of the DSP family share: a call's columns, and where it stands among the rows. */
#ifndef SHRINKC_DSP_DENSE_H
#define SHRINKC_DSP_DENSE_H

#include "shrinkc_dsp.h"

/* The assembly reads the members by their offsets. */
typedef struct {
    uint32_t skip;            /* rounds, see rounds_to_skip */
    const word_t *input;      /* pairs of inputs, up to `end`: whole tiles, with the filling */
    const word_t *end;
    const int32_t *start;     /* of the rows still to do, like `sums` */
    int32_t *sums;
    uint32_t first[MEASURES]; /* what the measures start from: what undoes the excess */
} dense_t;
CHECK_OFFSET(dense_t, skip, 0);
CHECK_OFFSET(dense_t, input, 4);
CHECK_OFFSET(dense_t, end, 8);
CHECK_OFFSET(dense_t, start, 12);
CHECK_OFFSET(dense_t, sums, 16);
CHECK_OFFSET(dense_t, first, 20);

/* The sum of inputs, eight at a time. */
SHRINKC_INLINE uint32_t total_of_inputs(const int16_t *input, uint32_t columns)
{
    const word_t *pair = (const word_t *)(const void *)input;
    const word_t *const end = pair + columns / 2, *const fours = pair + (columns / 2 & ~3u);
    uint32_t total = (columns & 1u) == 0 ? 0 : (uint32_t)input[columns - 1];
    for (; pair != fours; pair += 4) {
        total = dual_mac(total, pair[0], ONES);
        total = dual_mac(total, pair[1], ONES);
        total = dual_mac(total, pair[2], ONES);
        total = dual_mac(total, pair[3], ONES);
    }
    while (pair != end) {
        total = dual_mac(total, *pair++, ONES);
    }
    return total;
}

/* `columns` real columns, in tiles of `width`: one a round. `first` is left to the caller. */
SHRINKC_INLINE dense_t dense_of(const int16_t *input, uint32_t columns, uint32_t width, const int32_t *start,
                                int32_t *sums)
{
    const word_t *const pairs = (const word_t *)(const void *)input;
    const uint32_t tiles = (columns + width - 1) / width;
    dense_t call;
    call.skip = rounds_to_skip(tiles);
    call.input = pairs;
    call.end = pairs + tiles * (width / 2);
    call.start = start;
    call.sums = sums;
    return call;
}

#endif
