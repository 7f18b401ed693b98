#include "kernels.h"

dense_fn *const dense_kernels[4] = {shrinkc_vec_mat_mult_s2, shrinkc_vec_mat_mult_s4, shrinkc_vec_mat_mult_s8,
                                    shrinkc_vec_mat_mult_s16};
delta_fn *const delta_kernels[4] = {shrinkc_delta_mat_mult_s2, shrinkc_delta_mat_mult_s4, shrinkc_delta_mat_mult_s8,
                                    shrinkc_delta_mat_mult_s16};
#if NARROW
narrow_fn *const narrow_kernels[4] = {shrinkc_vec_mat_mult_s2_s8, shrinkc_vec_mat_mult_s4_s8,
                                      shrinkc_vec_mat_mult_s8_s8, shrinkc_vec_mat_mult_s16_s8};
#endif
