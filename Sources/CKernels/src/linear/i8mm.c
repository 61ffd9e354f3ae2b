// The matrix instructions of ARMv8.6 (i8mm): two rows of weights times two rows of activations, eight columns each, so
// half as many instructions as dot products take. Both have to be put in pairs for it, which pays for many rows.
#if defined(__aarch64__)
#include <arm_neon.h>

#include "linear.h"

#pragma clang attribute push(__attribute__((target("i8mm"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#define UNROLLED _Pragma("clang loop unroll(full)")
#define EACH_PAIR UNROLLED for (int m = 0; m < rows / 2; m++) UNROLLED for (int upper = 0; upper < 2; upper++)

/// Four numbers, one for each row of a quarter, each twice: for both rows of activations.
INLINE float32x4_t doubled(const float *p, int upper) {
    float32x4_t four = vld1q_f32(p);
    return upper ? vzip2q_f32(four, four) : vzip1q_f32(four, four);
}

/// The numbers of two rows of activations, for both rows of weights.
INLINE float32x4_t pair_of(const float *p) {
    uint64_t two;
    memcpy(&two, p, 8);
    return vreinterpretq_f32_u64(vdupq_n_u64(two));
}

enum { STRETCH = 8 };  // Blocks whose paired activations lie in the first-level cache beside the weights.

/// Activations of `rows` rows of one block, two rows side by side for every eight columns.
INLINE void pair_rows(const int8_t *values, const int rows, int8_t *paired) {
    UNROLLED for (int i = 0; i < rows; i += 2)
        UNROLLED for (int k = 0; k < 2; k++) {
            int64x2_t upper = vreinterpretq_s64_s8(vld1q_s8(values + 32 * i + 16 * k));
            int64x2_t lower = vreinterpretq_s64_s8(vld1q_s8(values + 32 * i + 32 + 16 * k));
            vst1q_s8(paired + 32 * i + 32 * k, vreinterpretq_s8_s64(vzip1q_s64(upper, lower)));
            vst1q_s8(paired + 32 * i + 32 * k + 16, vreinterpretq_s8_s64(vzip2q_s64(upper, lower)));
        }
}

/// Σ w a over the columns 8 · `from` ..< 8 · `to` of two rows each.
INLINE float32x4_t product(const int8x16_t w[4], const int8_t *paired, const int from, const int to) {
    int32x4_t sum = vdupq_n_s32(0);
    UNROLLED for (int k = from; k < to; k++) sum = vmmlaq_s32(sum, w[k], vld1q_s8(paired + 16 * k));
    return vcvtq_f32_s32(sum);
}

/// Adds a quarter of one unpacked block to sums that lie in squares: rows of weights by rows of activations.
INLINE void add_block(const int halves, const int minima, const uint8_t *p, const int8_t *paired, const char *tile,
                      int tile_rows, int first_row, const int rows, int q, float32x4_t (*sums)[2]) {
    const float *d = tile_scales(tile, tile_rows) + first_row, *whole = tile_sums(tile, tile_rows) + first_row;
    const int32_t *half = tile_half_biases(tile, tile_rows) + first_row;
    const float *scale = (const float *)(p + W8_SCALES) + 4 * q, *low = (const float *)(p + W8_MINIMA) + 4 * q;
    int8x16_t w[2][4];
    UNROLLED for (int k = 0; k < 4; k++) {
        int32x4_t even = vreinterpretq_s32_u8(vld1q_u8(p + 128 * k + 16 * q));
        int32x4_t odd = vreinterpretq_s32_u8(vld1q_u8(p + 128 * k + 64 + 16 * q));
        w[0][k] = vreinterpretq_s8_s32(vzip1q_s32(even, odd));
        w[1][k] = vreinterpretq_s8_s32(vzip2q_s32(even, odd));
    }
    EACH_PAIR {
        const int8_t *a = paired + 64 * m;
        float32x4_t sum = sums[m][upper], pair = pair_of(d + 2 * m);
        if (halves) {
            sum = vfmaq_f32(sum, vmulq_f32(product(w[upper], a, 0, 2), pair), doubled(scale, upper));
            sum = vfmaq_f32(sum, vmulq_f32(product(w[upper], a, 2, 4), pair), doubled(scale + 16, upper));
        } else {
            sum = vfmaq_f32(sum, vmulq_f32(product(w[upper], a, 0, 4), pair), doubled(scale, upper));
        }
        if (minima && halves) {
            const float first[2] = {d[2 * m] * (float)(half[2 * m] / -128),
                                    d[2 * m + 1] * (float)(half[2 * m + 1] / -128)};
            sum = vfmaq_f32(sum, doubled(low, upper), pair_of(first));
            sum = vfmaq_f32(sum, doubled(low + 16, upper), vsubq_f32(pair_of(whole + 2 * m), pair_of(first)));
        } else if (minima) {
            sum = vfmaq_f32(sum, doubled(low, upper), pair_of(whole + 2 * m));
        }
        sums[m][upper] = sum;
    }
}

/// An unpacked panel times `rows` of a tile's rows, an even count.
INLINE void multiply(const int halves, const int minima, const uint8_t *panel, size_t columns, const char *tile,
                     int tile_rows, int first_row, const int rows, float *out, ptrdiff_t stride) {
    const size_t blocks = columns / 32, count = blocks + tutti_refined_blocks(columns);
    const size_t tile_bytes = tile_block_bytes(tile_rows);
    const int32_t *again = tile_refined(tile, tile_rows, columns);
    float32x4_t all[4][TUTTI_TILE_ROWS / 2][2];
    int8_t paired[STRETCH][32 * TUTTI_TILE_ROWS];
    memset(all, 0, sizeof all);
    for (size_t start = 0; start < count; start += STRETCH) {
        const size_t end = start + STRETCH < count ? start + STRETCH : count;
        for (size_t i = start; i < end; i++)
            pair_rows(tile_values(tile + tile_bytes * i) + 32 * first_row, rows, paired[i - start]);
        for (int q = 0; q < 4; q++) {
            float32x4_t sums[TUTTI_TILE_ROWS / 2][2];
            EACH_PAIR sums[m][upper] = all[q][m][upper];
            for (size_t i = start; i < end; i++) {
                size_t block = i < blocks ? i : (size_t)again[i - blocks];
                add_block(halves, minima, panel + TUTTI_W8_BLOCK_BYTES * block, paired[i - start],
                          tile + tile_bytes * i, tile_rows, first_row, rows, q, sums);
            }
            EACH_PAIR all[q][m][upper] = sums[m][upper];
        }
    }
    for (int q = 0; q < 4; q++)
        UNROLLED for (int m = 0; m < rows / 2; m++) {
            float *to = out + stride * (first_row + 2 * m) + 4 * q;
            vst1q_f32(to, vuzp1q_f32(all[q][m][0], all[q][m][1]));
            vst1q_f32(to + stride, vuzp2q_f32(all[q][m][0], all[q][m][1]));
        }
}

INLINE void dot_tile(const int halves, const int minima, const void *w8, size_t columns, const void *tile, int rows,
                     float *out, ptrdiff_t stride) {
    int m = 0;
    for (; m + 12 <= rows; m += 12) multiply(halves, minima, w8, columns, tile, rows, m, 12, out, stride);
    for (; m + 8 <= rows; m += 8) multiply(halves, minima, w8, columns, tile, rows, m, 8, out, stride);
    for (; m + 2 <= rows; m += 2) multiply(halves, minima, w8, columns, tile, rows, m, 2, out, stride);
}

void tutti_dot_w8_i8mm(int halves, int minima, const void *w8, size_t columns, const void *tile, int rows, float *out,
                       ptrdiff_t stride) {
    if (halves) {
        if (minima) dot_tile(1, 1, w8, columns, tile, rows, out, stride);
        else dot_tile(1, 0, w8, columns, tile, rows, out, stride);
    } else {
        if (minima) dot_tile(0, 1, w8, columns, tile, rows, out, stride);
        else dot_tile(0, 0, w8, columns, tile, rows, out, stride);
    }
}

#pragma clang attribute pop
#endif
