// NEON as every 64-bit ARM has it: bytes are multiplied into 16 bits and added there while the sums fit.
#if defined(__aarch64__)
#include "neon_weights.h"

INLINE int32x4_t product(const int8x16_t w[8], const int8_t *a, const int from, const int to, const int fit,
                         int32_t start) {
    int32x4_t low = vdupq_n_s32(0), high = low;
    UNROLLED for (int first = from; first < to; first += fit) {
        int16x8_t left = vdupq_n_s16(0), right = left;
        UNROLLED for (int g = first; g < first + fit; g++) {
            int32_t four;
            memcpy(&four, a + 4 * g, 4);
            int8x8_t group = vreinterpret_s8_s32(vdup_n_s32(four));
            int16x8_t products = vmull_s8(vget_low_s8(w[g]), group);
            left = g == first ? products : vmlal_s8(left, vget_low_s8(w[g]), group);
            products = vmull_high_s8(w[g], vcombine_s8(group, group));
            right = g == first ? products : vmlal_high_s8(right, w[g], vcombine_s8(group, group));
        }
        low = vpadalq_s16(low, left);
        high = vpadalq_s16(high, right);
    }
    return vaddq_s32(vpaddq_s32(low, high), vdupq_n_s32(start));
}

#include "neon.h"

const tutti_linear_kernels tutti_linear_neon = {quantize, dot, dot_float, 0, 0};
#endif
