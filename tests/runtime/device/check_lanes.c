/* The functions of shrinkc_lanes.h, four lanes at a time, with shifts known to the compiler and not. */
#include "check.h"
#include "platform.h"
#include "shrinkc_lanes.h"

#define ROUNDS 250

static int32_t *results;
static uint32_t used;

static shrinkc_x4_t random_lanes(int32_t low, int32_t high)
{
    shrinkc_x4_t lanes = {0, 0, 0, 0};
    for (int lane = 0; lane < 4; lane++) {
        const uint32_t choice = random_word() % 16u;
        lanes[lane] = choice == 0 ? low : choice == 1 ? high : choice == 2 ? 0 : random_between(low, high);
    }
    return lanes;
}

static void keep(shrinkc_x4_t lanes)
{
    for (int lane = 0; lane < 4; lane++) {
        results[used++] = lanes[lane];
    }
}

/* ROUNDS vectors of a call, as one digest. The call's arguments are a, b and c, drawn in this order. */
#define CHECK(name, p, q, of_a, of_b, of_c, call)                    \
    do {                                                             \
        used = 0;                                                    \
        for (int round = 0; round < ROUNDS; round++) {               \
            const shrinkc_x4_t a = of_a, b = of_b, c = of_c;         \
            keep(call);                                              \
            (void)a, (void)b, (void)c;                               \
        }                                                            \
        report("lanes_" name, p, q, 0, results, 4u * (size_t)used);  \
    } while (0)

#define SHORT random_lanes(-32768, 32767)
#define WIDE random_lanes(-(1 << 30), (1 << 30) - 1)
#define ANY random_lanes(INT32_MIN, INT32_MAX)
#define SHARE random_lanes(0, 32767)

/* An accumulator that can be raised by `left`, and a multiplier. */
#define CHECK_RESCALE(name, function, left, right)                                                             \
    CHECK(name, (uint32_t)(left), (uint32_t)(right), random_lanes(INT32_MIN >> (left), INT32_MAX >> (left)), \
          random_lanes(1, 32767), SHARE, function(a, b, left, right))
#define CHECK_BOTH(left, right)                                        \
    CHECK_RESCALE("rescale", shrinkc_x4_rescale, left, right);         \
    CHECK_RESCALE("requantize", shrinkc_x4_requantize, left, right)

static void check_known_shifts(void)
{
    CHECK_BOTH(0, 1);
    CHECK_BOTH(1, 1);
    CHECK_BOTH(3, 1);
    CHECK_BOTH(15, 2);
    CHECK_BOTH(0, 16);
    CHECK_BOTH(0, 17);
    CHECK_BOTH(4, 20);
    CHECK_BOTH(4, 21);
    CHECK_BOTH(2, 30);
    CHECK("rounding_shift", 0, 0, WIDE, SHORT, SHARE, shrinkc_x4_rounding_shift(a, 0));
    CHECK("rounding_shift", 1, 0, WIDE, SHORT, SHARE, shrinkc_x4_rounding_shift(a, 1));
    CHECK("rounding_shift", 30, 0, WIDE, SHORT, SHARE, shrinkc_x4_rounding_shift(a, 30));
    CHECK("multiply_shift", 0, 0, WIDE, SHORT, SHARE, shrinkc_x4_multiply_shift(b, c, 0));
    CHECK("multiply_shift", 15, 0, WIDE, SHORT, SHARE, shrinkc_x4_multiply_shift(b, c, 15));
}

static void check_shifts(void)
{
    for (int32_t right = 1; right <= 30; right++) {
        for (int32_t left = 0; left <= 15; left += 5) {
            CHECK_BOTH(left, right);
        }
        CHECK("rounding_shift", (uint32_t)right, 0, WIDE, SHORT, SHARE, shrinkc_x4_rounding_shift(a, right));
    }
}

static void check_functions(void)
{
    CHECK("saturate", 127, 0, ANY, SHORT, SHARE, shrinkc_x4_saturate(a, 127));
    CHECK("saturate_symmetric", 32767, 0, ANY, SHORT, SHARE, shrinkc_x4_saturate_symmetric(a, 32767));
    CHECK("saturate_symmetric", 30, 0, ANY, SHORT, SHARE, shrinkc_x4_saturate_symmetric(a, (1 << 30) - 1));
    CHECK("saturate_s16", 0, 0, ANY, SHORT, SHARE, shrinkc_x4_saturate_s16(a));
    CHECK("clamp", 0, 0, ANY, SHORT, SHARE, shrinkc_x4_clamp(a, -1000, 77));
    CHECK("relu", 0, 0, ANY, SHORT, SHARE, shrinkc_x4_relu(a));
    CHECK("tanh", 0, 0, ANY, SHORT, SHARE, shrinkc_x4_tanh_q15(b));
    CHECK("sigmoid", 0, 0, ANY, SHORT, SHARE, shrinkc_x4_sigmoid_q15(b));
    CHECK("clamp_q15", 0, 0, ANY, SHORT, SHARE, shrinkc_x4_clamp_q15(b));
    CHECK("multiply_wide", 0, 0, ANY, SHORT, SHARE, shrinkc_x4_multiply_wide(a, b));
    CHECK("scale_state", 0, 0, WIDE, SHORT, SHARE, shrinkc_x4_scale_state(a, b));
    CHECK("mix", 0, 0, SHORT, SHORT, SHARE, shrinkc_x4_mix(c, a, b));
    CHECK("mix_wide", 0, 0, WIDE, random_lanes(-(1 << 29), 1 << 29), SHARE, shrinkc_x4_mix_wide(c, a, b));
    CHECK("operators", 0, 0, SHORT, SHORT, SHARE, (a + b) * 8 + (32768 - c));
}

/* Loads and stores of fewer units than lanes touch nothing else. */
static void check_ends(void)
{
    static int16_t halves[8];
    static int32_t words[8];
    for (uint32_t left = 1; left <= 5; left++) {
        for (int i = 0; i < 8; i++) {
            halves[i] = (int16_t)(100 + i);
            words[i] = 1000 + i;
        }
        used = 0;
        keep(shrinkc_x4_load_s16(halves + 1, left));
        keep(shrinkc_x4_load_s32(words + 1, left));
        shrinkc_x4_store_s16(halves + 2, (shrinkc_x4_t){-1, -2, -3, -4}, left);
        shrinkc_x4_store_s32(words + 2, (shrinkc_x4_t){-1, -2, -3, -4}, left);
        report("lanes_load", left, 0, 0, results, 4u * (size_t)used);
        report("lanes_store", left, 0, 0, halves, sizeof halves);
        report("lanes_store", left, 1, 0, words, sizeof words);
    }
}

void check_lanes(void)
{
    results = platform_allocate(sizeof(int32_t) * 4u * ROUNDS);
    check_known_shifts();
    check_shifts();
    check_functions();
    check_ends();
    platform_release_all();
}
