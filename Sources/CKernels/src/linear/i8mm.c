// The matrix instructions of ARMv8.6 (i8mm): two rows of weights times two rows of activations, eight columns each, so
// half as many instructions as dot products take. Both have to be put in pairs for it, which pays for many rows.
#if defined(__aarch64__)
#include <arm_neon.h>

#include "linear.h"

#pragma clang attribute push(__attribute__((target("i8mm"))), apply_to = function)

#include "neon_weights.h"

#define EACH_PAIR(m, from, to) \
    UNROLLED for (int m = from; m < to; m++) UNROLLED for (int upper = 0; upper < 2; upper++)

/// Blocks whose paired activations lie in the first-level cache beside the weights.
enum { STRETCH = 8 };

/// Four numbers, one for each row of a quarter, as two squares: each twice, for both rows of activations.
INLINE float32x4_t square(float32x4_t four, int upper) {
    return upper ? vzip2q_f32(four, four) : vzip1q_f32(four, four);
}

/// The numbers of two rows of activations, for both rows of weights.
INLINE float32x4_t pair_of(const float *p) {
    uint64_t two;
    memcpy(&two, p, 8);
    return vreinterpretq_f32_u64(vdupq_n_u64(two));
}

/// Activations of `rows` rows of one block, two rows side by side for every eight columns.
INLINE void pair_rows(const int8_t *values, const int rows, int8_t *paired) {
    UNROLLED for (int i = 0; i < rows; i += 2) UNROLLED for (int k = 0; k < 2; k++) {
        int64x2_t upper = vreinterpretq_s64_s8(vld1q_s8(values + 32 * i + 16 * k));
        int64x2_t lower = vreinterpretq_s64_s8(vld1q_s8(values + 32 * i + 32 + 16 * k));
        vst1q_s8(paired + 32 * i + 32 * k, vreinterpretq_s8_s64(vzip1q_s64(upper, lower)));
        vst1q_s8(paired + 32 * i + 32 * k + 16, vreinterpretq_s8_s64(vzip2q_s64(upper, lower)));
    }
}

/// Σ w a over the columns 8 · `from` ..< 8 · `to` of two rows each. `first` and `second` are -Σ a of the two.
INLINE float32x4_t products(const tutti_family family, const int8x16_t w[4], const int8_t *paired, const int from,
                            const int to, int32_t first, int32_t second) {
    const int32_t starts[2] = {offset_of(family) * first, offset_of(family) * second};
    int32x4_t sum = vreinterpretq_s32_f32(pair_of((const float *)starts));
    UNROLLED for (int k = from; k < to; k++) sum = vmmlaq_s32(sum, w[k], vld1q_s8(paired + 16 * k));
    return vcvtq_f32_s32(sum);
}

/// Adds a quarter's products with pairs `from..<to` of the rows of a tile's block, to sums that lie in squares: rows of
/// weights by rows of activations.
INLINE void add_pairs(const tutti_family family, const weights *v, const int8x16_t w[2][4], const char *block,
                      const int8_t *paired, int rows, const int from, const int to, float32x4_t (*sums)[2]) {
    const float *d = tile_scales(block, rows), *s = tile_sums(block, rows);
    const int32_t *whole = tile_biases(block, rows), *half = tile_half_biases(block, rows);
    const int by_halves = tutti_family_halves(family), minima = tutti_family_minima(family);
    EACH_PAIR(m, from, to) {
        const int8_t *a = paired + 64 * m;
        const int i = 2 * m, j = i + 1;
        float32x4_t sum = sums[m][upper], pair = pair_of(d + i), scale = square(v->scale, upper);
        if (by_halves) {
            float32x4_t f = vmulq_f32(products(family, w[upper], a, 0, 2, half[i], half[j]), scale);
            float32x4_t late = products(family, w[upper], a, 2, 4, whole[i] - half[i], whole[j] - half[j]);
            sum = vfmaq_f32(sum, vfmaq_f32(f, late, square(v->second_scale, upper)), pair);
        } else {
            sum = vfmaq_f32(sum, vmulq_f32(products(family, w[upper], a, 0, 4, whole[i], whole[j]), pair), scale);
        }
        if (minima && !by_halves) sum = vfmaq_f32(sum, square(v->minimum, upper), pair_of(s + i));
        if (minima && by_halves) {
            const float first[2] = {d[i] * (float)-half[i], d[j] * (float)-half[j]};
            sum = vfmaq_f32(sum, square(v->minimum, upper), pair_of(first));
            sum = vfmaq_f32(sum, square(v->second_minimum, upper), vsubq_f32(pair_of(s + i), pair_of(first)));
        }
        sums[m][upper] = sum;
    }
}

/// A quarter's weights with two rows side by side for every eight columns.
INLINE void pair_weights(const weights *v, int8x16_t w[2][4]) {
    UNROLLED for (int k = 0; k < 4; k++) {
        int32x4_t even = vreinterpretq_s32_s8(v->w[2 * k]), odd = vreinterpretq_s32_s8(v->w[2 * k + 1]);
        w[0][k] = vreinterpretq_s8_s32(vzip1q_s32(even, odd));
        w[1][k] = vreinterpretq_s8_s32(vzip2q_s32(even, odd));
    }
}

INLINE void dot_rows(const tutti_family family, const uint8_t *panel, size_t columns, const char *tile, const int rows,
                     float *out, ptrdiff_t stride) {
    const size_t blocks = columns / 32, block_bytes = tile_block_bytes(rows);
    const uint32_t *again = tile_again(tile, rows, columns);
    float32x4_t all[4][TUTTI_TILE_ROWS / 2][2];
    // Of each block, and of the one that refines it.
    int8_t paired[STRETCH][2][32 * TUTTI_TILE_ROWS];
    memset(all, 0, sizeof all);
    for (size_t start = 0; start < blocks; start += STRETCH) {
        const size_t end = start + STRETCH < blocks ? start + STRETCH : blocks;
        for (size_t b = start; b < end; b++) {
            pair_rows(tile_values(tile + block_bytes * b), rows, paired[b - start][0]);
            if (again[b])
                pair_rows(tile_values(tile_refined(tile, rows, columns, again[b])), rows, paired[b - start][1]);
        }
        for (int q = 0; q < 4; q++) {
            float32x4_t sums[TUTTI_TILE_ROWS / 2][2];
            EACH_PAIR(m, 0, rows / 2) sums[m][upper] = all[q][m][upper];
            for (size_t b = start; b < end; b++) {
                const weights v = load_weights(family, panel, b, q);
                int8x16_t w[2][4];
                pair_weights(&v, w);
                add_pairs(family, &v, w, tile + block_bytes * b, paired[b - start][0], rows, 0, rows / 2,
                          sums);
                UNROLLED for (int m = 0; m < rows / 2; m += 2)
                    if (tile_refines(again[b], 2 * m))
                        add_pairs(family, &v, w, tile_refined(tile, rows, columns, again[b]), paired[b - start][1],
                                  rows, m, m + 2, sums);
            }
            EACH_PAIR(m, 0, rows / 2) all[q][m][upper] = sums[m][upper];
        }
    }
    for (int q = 0; q < 4; q++) UNROLLED for (int m = 0; m < rows / 2; m++) {
        float *to = out + stride * 2 * m + 4 * q;
        vst1q_f32(to, vuzp1q_f32(all[q][m][0], all[q][m][1]));
        vst1q_f32(to + stride, vuzp2q_f32(all[q][m][0], all[q][m][1]));
    }
}

INLINE void dot_tile(const tutti_family family, const uint8_t *panel, size_t columns, const char *tile, int rows,
                     float *out, ptrdiff_t stride) {
    if (rows == 8) dot_rows(family, panel, columns, tile, 8, out, stride);
    else dot_rows(family, panel, columns, tile, 12, out, stride);
}

void tutti_dot_i8mm(tutti_family family, const void *panel, size_t columns, const void *tile, int rows, float *out,
                    ptrdiff_t stride) {
    DOT_BY_FAMILY(dot_tile)
}

#pragma clang attribute pop
#endif
