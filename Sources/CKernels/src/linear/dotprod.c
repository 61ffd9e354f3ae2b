// NEON with the dot product instructions of ARMv8.2: four columns of four rows each.
#if defined(__aarch64__)
#include <arm_neon.h>

#include "linear.h"

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#include "neon_weights.h"

INLINE int32x4_t product(const int8x16_t w[8], const int8_t *a, const int from, const int to, const int fit,
                         int32_t start) {
    (void)fit;
    int32x4_t sum = vdupq_n_s32(start);
    if (from < 4) {
        int8x16_t groups = vld1q_s8(a);
        sum = vdotq_laneq_s32(sum, w[0], groups, 0);
        sum = vdotq_laneq_s32(sum, w[1], groups, 1);
        sum = vdotq_laneq_s32(sum, w[2], groups, 2);
        sum = vdotq_laneq_s32(sum, w[3], groups, 3);
    }
    if (to > 4) {
        int8x16_t groups = vld1q_s8(a + 16);
        sum = vdotq_laneq_s32(sum, w[4], groups, 0);
        sum = vdotq_laneq_s32(sum, w[5], groups, 1);
        sum = vdotq_laneq_s32(sum, w[6], groups, 2);
        sum = vdotq_laneq_s32(sum, w[7], groups, 3);
    }
    return sum;
}

#include "neon.h"

static void dot_by_pairs(tutti_family family, const void *panel, size_t columns, const void *tile, int rows,
                         float *out, ptrdiff_t stride) {
    if (rows < 8) dot(family, panel, columns, tile, rows, out, stride);
    else tutti_dot_i8mm(family, panel, columns, tile, rows, out, stride);
}

#pragma clang attribute pop

const tutti_linear_kernels tutti_linear_dotprod = {quantize, dot, dot_float, 0, 0};
const tutti_linear_kernels tutti_linear_i8mm = {quantize, dot_by_pairs, dot_float, 0, 0};
#endif
