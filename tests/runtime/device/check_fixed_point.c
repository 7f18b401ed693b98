/* The inline functions, on the values where they could go wrong and on random ones. */
#include "check.h"
#include "platform.h"
#include "shrinkc_fixed_point.h"
#include "shrinkc_grid.h"

#define ROUNDS 20000

static const int32_t EDGES[] = {INT32_MIN, INT32_MIN + 1, -65537, -65536, -32769, -32768, -32767, -1, 0,
                                1,         32767,         32768,  65535,  65536,  65537,  INT32_MAX};
#define EDGE_COUNT ((int)(sizeof EDGES / sizeof EDGES[0]))

static void check_tables(void)
{
    int16_t *results = platform_allocate(2 * 8192);
    for (int32_t part = 0; part < 8; part++) {
        const int32_t first = part * 8192 - 32768;
        for (int32_t i = 0; i < 8192; i++) {
            results[i] = (int16_t)shrinkc_tanh_q15(first + i);
        }
        report("tanh", (uint32_t)part, 0, 0, results, 2 * 8192);
        for (int32_t i = 0; i < 8192; i++) {
            results[i] = (int16_t)shrinkc_sigmoid_q15(first + i);
        }
        report("sigmoid", (uint32_t)part, 0, 0, results, 2 * 8192);
        for (int32_t i = 0; i < 8192; i++) {
            results[i] = (int16_t)shrinkc_clamp_q15(first + i);
        }
        report("clamp", (uint32_t)part, 0, 0, results, 2 * 8192);
    }
    platform_release_all();
}

/* A compiler that may keep equal operands in one register does: assembly must not write one before it reads the other. */
static int32_t squared(int32_t value)
{
    return shrinkc_multiply_wide(value, value) + shrinkc_multiply_wide_by_halves(value, value);
}

static void check_edges(void)
{
    int32_t *results = platform_allocate(sizeof(int32_t) * 4 * (size_t)(EDGE_COUNT * EDGE_COUNT));
    int count = 0;
    for (int i = 0; i < EDGE_COUNT; i++) {
        results[count++] = shrinkc_saturate_s16(EDGES[i]);
        results[count++] = squared(shrinkc_saturate_s16(EDGES[i]));
        for (int j = 0; j < EDGE_COUNT; j++) {
            const int32_t factor = shrinkc_saturate_s16(EDGES[j]);
            results[count++] = shrinkc_multiply_wide(EDGES[i], factor);
            results[count++] = shrinkc_multiply_wide_by_halves(EDGES[i], factor);
        }
    }
    report("edges", (uint32_t)count, 0, 0, results, sizeof(int32_t) * (size_t)count);
    platform_release_all();
}

static void check_random(void)
{
    int32_t *results = platform_allocate(sizeof(int32_t) * 9);
    uint32_t mixed = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const int32_t left = random_between(0, 15), right = random_between(1, 30);
        const int32_t wide = random_between(INT32_MIN, INT32_MAX), narrow = random_between(-32768, 32767);
        const int32_t multiplier = random_between(1, 32767);
        results[0] = shrinkc_requantize(wide / (1 << left), multiplier, left, right);
        results[1] = shrinkc_quantize_vector(narrow, (grid_t){multiplier, INT32_C(1) << (right - 1), right, 127});
        results[2] = shrinkc_multiply_shift(narrow, multiplier, random_between(0, 15));
        results[3] = shrinkc_scale_state(wide / 2, narrow);
        results[4] = shrinkc_rounding_shift(wide / 4, right);
        results[5] = shrinkc_saturate(wide, 127) + shrinkc_saturate_symmetric(narrow, 16383);
        results[6] = shrinkc_rescale(wide / (1 << left), multiplier, left, right) + shrinkc_relu(narrow);
        const int32_t share = random_between(0, 32767);
        results[7] = shrinkc_mix(share, narrow, random_between(-32768, 32767));
        results[8] = shrinkc_mix_wide(share, wide / 4, random_between(-(1 << 30), 1 << 30));
        for (int i = 0; i < 9; i++) {
            mixed = mixed * 16777619u + (uint32_t)results[i];
        }
    }
    report("fixed_point", ROUNDS, 0, 0, &mixed, sizeof mixed);
    platform_release_all();
}

void check_fixed_point(void)
{
    check_tables();
    check_edges();
    check_random();
}
