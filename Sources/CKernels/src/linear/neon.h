// The NEON kernels, included once for each way to multiply bytes; the includer gives
//
//   int32x4_t product(const int8x16_t w[8], const int8_t *a, int from, int to, int fit, int32_t start)
//
// which is start + Σ w a over the groups `from..<to` of a quarter's four rows and one row of activations; the pairs of
// `fit` groups' products fit in 16 bits together.
#include "neon_weights.h"

#define EACH_ROW UNROLLED for (int m = 0; m < count; m++)
#define EACH_QUARTER UNROLLED for (int q = 0; q < quarters; q++)

static void quantize(const float *x, ptrdiff_t stride, int rows, size_t columns, void *tile) {
    for (size_t b = 0; b < columns / 32; b++) {
        char *block = (char *)tile + tile_block_bytes(rows) * b;
        for (int m = 0; m < rows; m++) {
            const float *in = x + stride * m + 32 * b;
            float32x4_t v[8], top = vdupq_n_f32(0);
            UNROLLED for (int i = 0; i < 8; i++) {
                v[i] = vld1q_f32(in + 4 * i);
                top = vmaxnmq_f32(top, vabsq_f32(v[i]));
            }
            float largest = vmaxnmvq_f32(top);
            float scale = largest / 127, inverse = largest > 1e-35f ? 127 / largest : 0;
            int32_t sums[2];
            UNROLLED for (int half = 0; half < 2; half++) {
                int32x4_t q[4];
                UNROLLED for (int i = 0; i < 4; i++) q[i] = vcvtnq_s32_f32(vmulq_n_f32(v[4 * half + i], inverse));
                int16x8_t low = vcombine_s16(vmovn_s32(q[0]), vmovn_s32(q[1]));
                int16x8_t high = vcombine_s16(vmovn_s32(q[2]), vmovn_s32(q[3]));
                vst1q_s8((int8_t *)block + 32 * m + 16 * half, vcombine_s8(vmovn_s16(low), vmovn_s16(high)));
                sums[half] = vaddlvq_s16(vaddq_s16(low, high));
            }
            ((float *)tile_scales(block, rows))[m] = scale;
            ((float *)tile_sums(block, rows))[m] = scale * (float)(sums[0] + sums[1]);
            ((int32_t *)tile_biases(block, rows))[m] = -(sums[0] + sums[1]);
            ((int32_t *)tile_half_biases(block, rows))[m] = -sums[0];
        }
    }
}

INLINE float32x4_t products(const tutti_family family, const weights *v, const int8_t *a, const int from, const int to,
                            int32_t negative_sum) {
    const int fit = family == TUTTI_W8 || family == TUTTI_Q8_0 ? 2 : family == TUTTI_Q6_K ? 4 : 8;
    return vcvtq_f32_s32(product(v->w, a, from, to, fit, offset_of(family) * negative_sum));
}

/// Adds a quarter's products with `count` rows of a tile's block, from `row`, to their sums.
INLINE void add_rows(const tutti_family family, const weights *v, const char *block, int rows, int row,
                     const int count, float32x4_t *sums) {
    const int8_t *values = tile_values(block) + 32 * row;
    const float *d = tile_scales(block, rows) + row, *s = tile_sums(block, rows) + row;
    const int32_t *whole = tile_biases(block, rows) + row, *half = tile_half_biases(block, rows) + row;
    const int by_halves = tutti_family_halves(family), minima = tutti_family_minima(family);
    EACH_ROW {
        const int8_t *a = values + 32 * m;
        if (by_halves) {
            float32x4_t f = vmulq_f32(products(family, v, a, 0, 4, half[m]), v->scale);
            f = vfmaq_f32(f, products(family, v, a, 4, 8, whole[m] - half[m]), v->second_scale);
            sums[m] = vfmaq_n_f32(sums[m], f, d[m]);
        } else {
            sums[m] = vfmaq_f32(sums[m], vmulq_n_f32(products(family, v, a, 0, 8, whole[m]), d[m]), v->scale);
        }
        if (minima && !by_halves) sums[m] = vfmaq_n_f32(sums[m], v->minimum, s[m]);
        if (minima && by_halves) {
            float first = d[m] * (float)-half[m];
            sums[m] = vfmaq_n_f32(sums[m], v->minimum, first);
            sums[m] = vfmaq_n_f32(sums[m], v->second_minimum, s[m] - first);
        }
    }
}

/// The quarters from `quarter` of a panel, times `count` rows of a tile of `rows`, from `row`.
INLINE void dot_rows(const tutti_family family, const uint8_t *panel, size_t columns, const char *tile, int rows,
                     int row, const int count, int quarter, const int quarters, float *out, ptrdiff_t stride) {
    const uint32_t *again = tile_again(tile, rows, columns);
    float32x4_t sums[4][TUTTI_TILE_ROWS];
    EACH_QUARTER EACH_ROW sums[q][m] = vdupq_n_f32(0);
    for (size_t b = 0; b < columns / 32; b++) {
        const char *block = tile + tile_block_bytes(rows) * b;
        EACH_QUARTER {
            const weights v = load_weights(family, panel, b, quarter + q);
            add_rows(family, &v, block, rows, row, count, sums[q]);
            UNROLLED for (int m = 0; m < count; m += 4)
                if (tile_refines(again[b], row + m))
                    add_rows(family, &v, tile_refined(tile, rows, columns, again[b]), rows, row + m,
                             count < 4 ? count : 4, sums[q] + m);
        }
    }
    EACH_ROW EACH_QUARTER vst1q_f32(out + stride * (row + m) + 4 * (quarter + q), sums[q][m]);
}

/// Few rows meet all quarters of a block while it is read once from memory; of many, as many as leave registers for a
/// quarter's weights.
INLINE void dot_tile(const tutti_family family, const uint8_t *panel, size_t columns, const char *tile, int rows,
                     float *out, ptrdiff_t stride) {
    int row = 0;
    for (; row + 12 <= rows; row += 12)
        for (int q = 0; q < 4; q++) dot_rows(family, panel, columns, tile, rows, row, 12, q, 1, out, stride);
    for (; row + 4 <= rows; row += 4) dot_rows(family, panel, columns, tile, rows, row, 4, 0, 4, out, stride);
    for (; row + 2 <= rows; row += 2) dot_rows(family, panel, columns, tile, rows, row, 2, 0, 4, out, stride);
    if (row < rows) dot_rows(family, panel, columns, tile, rows, row, 1, 0, 4, out, stride);
}

static void dot(tutti_family family, const void *panel, size_t columns, const void *tile, int rows, float *out,
                ptrdiff_t stride) {
    DOT_BY_FAMILY(dot_tile)
}

// Float panels

/// A quarter of column `k + odd`, where `k` is even.
INLINE float32x4_t load_column(const tutti_family family, const uint8_t *p, size_t k, const int odd, int q) {
    if (family == TUTTI_F32) return vreinterpretq_f32_u8(vld1q_u8(p + 64 * (k + odd) + 16 * q));
    if (family == TUTTI_F16) return halves(p + 32 * (k + odd) + 8 * q);
    uint32x4_t both = vreinterpretq_u32_u8(vld1q_u8(p + 32 * k + 16 * q));
    return vreinterpretq_f32_u32(odd ? vandq_u32(both, vdupq_n_u32(0xffff0000)) : vshlq_n_u32(both, 16));
}

/// Adds the products of column `k + odd` with `count` rows.
INLINE void add_column(const tutti_family family, const uint8_t *p, size_t k, const int odd, const float *x,
                       ptrdiff_t x_stride, const int count, float32x4_t sums[4][4]) {
    const int quarters = 4;
    float32x4_t w[4];
    EACH_QUARTER w[q] = load_column(family, p, k, odd, q);
    EACH_ROW EACH_QUARTER sums[m][q] = vfmaq_n_f32(sums[m][q], w[q], x[x_stride * m + (ptrdiff_t)k + odd]);
}

INLINE void dot_float_rows(const tutti_family family, const uint8_t *p, size_t columns, const float *x,
                           ptrdiff_t x_stride, const int count, float *out, ptrdiff_t stride) {
    const int quarters = 4;
    float32x4_t sums[4][4];
    EACH_ROW EACH_QUARTER sums[m][q] = vdupq_n_f32(0);
    size_t k = 0;
    for (; k + 2 <= columns; k += 2) {
        add_column(family, p, k, 0, x, x_stride, count, sums);
        add_column(family, p, k, 1, x, x_stride, count, sums);
    }
    if (k < columns) add_column(family, p, k, 0, x, x_stride, count, sums);
    EACH_ROW EACH_QUARTER vst1q_f32(out + stride * m + 4 * q, sums[m][q]);
}

INLINE void dot_float_tile(const tutti_family family, const void *panel, size_t columns, const float *x,
                           ptrdiff_t x_stride, int rows, float *out, ptrdiff_t stride) {
    int m = 0;
    for (; m + 4 <= rows; m += 4)
        dot_float_rows(family, panel, columns, x + x_stride * m, x_stride, 4, out + stride * m, stride);
    for (; m < rows; m++)
        dot_float_rows(family, panel, columns, x + x_stride * m, x_stride, 1, out + stride * m, stride);
}

static void dot_float(tutti_family family, const void *panel, size_t columns, const float *x, ptrdiff_t x_stride,
                      int rows, float *out, ptrdiff_t stride) {
    if (family == TUTTI_F32) dot_float_tile(TUTTI_F32, panel, columns, x, x_stride, rows, out, stride);
    else if (family == TUTTI_F16) dot_float_tile(TUTTI_F16, panel, columns, x, x_stride, rows, out, stride);
    else dot_float_tile(TUTTI_BF16, panel, columns, x, x_stride, rows, out, stride);
}
