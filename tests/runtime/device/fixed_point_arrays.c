/* Each inline function over whole arrays, for Python. */
#include "shrinkc_fixed_point.h"
#include "shrinkc_grid.h"

typedef const int32_t *in_t;

#define MAP(name, parameters, call)                                     \
    void map_##name parameters;                                         \
    void map_##name parameters                                          \
    {                                                                   \
        for (uint32_t i = 0; i < count; i++) {                          \
            result[i] = call;                                           \
        }                                                               \
    }
#define MAP_1(name) MAP(name, (int32_t *result, uint32_t count, in_t a), shrinkc_##name(a[i]))
#define MAP_2(name) MAP(name, (int32_t *result, uint32_t count, in_t a, in_t b), shrinkc_##name(a[i], b[i]))
#define MAP_3(name) \
    MAP(name, (int32_t *result, uint32_t count, in_t a, in_t b, in_t c), shrinkc_##name(a[i], b[i], c[i]))
#define MAP_4(name)                                                                \
    MAP(name, (int32_t *result, uint32_t count, in_t a, in_t b, in_t c, in_t d), \
        shrinkc_##name(a[i], b[i], c[i], d[i]))

MAP_1(relu)
MAP_1(saturate_s16)
MAP_1(tanh_q15)
MAP_1(sigmoid_q15)
MAP_1(clamp_q15)
MAP_2(saturate)
MAP_2(saturate_symmetric)
MAP_2(rounding_shift)
MAP_2(multiply_wide)
MAP_2(multiply_wide_by_halves)
MAP_2(scale_state)
MAP_3(multiply_shift)
MAP_3(mix)
MAP_3(mix_wide)
MAP_4(requantize)
MAP_4(rescale)
MAP(quantize_vector, (int32_t *result, uint32_t count, in_t a, in_t b, in_t c, in_t d),
    shrinkc_quantize_vector(a[i], (grid_t){b[i], INT32_C(1) << (c[i] - 1), c[i], d[i]}))
