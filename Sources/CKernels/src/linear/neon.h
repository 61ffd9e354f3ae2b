// Products in NEON registers: the sixteen rows of a panel as four quarters of four. Included once for each way to
// multiply bytes; the includer gives INLINE and `product`:
//
//   int32x4_t product(const int8x16_t w[8], const int8_t *a, int from, int to, int fit, int32_t start)
//
// is start + Σ w a over the groups `from..<to` of a quarter's four rows and one row of activations; the pairs of `fit`
// groups' products fit in 16 bits together.
#include <arm_neon.h>

#include "linear.h"

#define UNROLLED _Pragma("clang loop unroll(full)")
#define EACH_ROW UNROLLED for (int m = 0; m < rows; m++)
#define EACH_QUARTER UNROLLED for (int q = 0; q < quarters; q++)

INLINE float32x4_t halves_at(const uint8_t *p) {
    return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(p)));
}
INLINE float32x4_t bytes_u(const uint8_t *p) {
    uint32_t four;
    memcpy(&four, p, 4);
    return vcvtq_f32_u32(vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(four)))));
}
INLINE float32x4_t bytes_s(const uint8_t *p) {
    uint32_t four;
    memcpy(&four, p, 4);
    return vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(vcreate_s8(four)))));
}

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
            ((int32_t *)tile_biases(block, rows))[m] = -128 * (sums[0] + sums[1]);
            ((int32_t *)tile_half_biases(block, rows))[m] = -128 * sums[0];
        }
    }
}

// Weights of a quarter's block as eight registers, four rows of four columns each; `p` is already at the quarter.

INLINE void load_nibbles(const uint8_t *p, int8x16_t w[8]) {
    UNROLLED for (int j = 0; j < 4; j++) {
        uint8x16_t v = vld1q_u8(p + 64 * j);
        w[j] = vreinterpretq_s8_u8(vandq_u8(v, vdupq_n_u8(15)));
        w[j + 4] = vreinterpretq_s8_u8(vshrq_n_u8(v, 4));
    }
}

INLINE int8x16_t join(int8x16_t nibble, uint8x16_t high, uint8_t bits) {
    return vorrq_s8(nibble, vreinterpretq_s8_u8(vandq_u8(high, vdupq_n_u8(bits))));
}

INLINE void load_five_bits(const uint8_t *p, const uint8_t *fifth, int8x16_t w[8]) {
    load_nibbles(p, w);
    uint8x16_t h = vld1q_u8(fifth);
    w[0] = join(w[0], vshlq_n_u8(h, 4), 16);
    w[1] = join(w[1], vshlq_n_u8(h, 3), 16);
    w[2] = join(w[2], vshlq_n_u8(h, 2), 16);
    w[3] = join(w[3], vshlq_n_u8(h, 1), 16);
    w[4] = join(w[4], h, 16);
    w[5] = join(w[5], vshrq_n_u8(h, 1), 16);
    w[6] = join(w[6], vshrq_n_u8(h, 2), 16);
    w[7] = join(w[7], vshrq_n_u8(h, 3), 16);
}

INLINE void load_six_bits(const uint8_t *p, const uint8_t *pairs, int8x16_t w[8]) {
    load_nibbles(p, w);
    UNROLLED for (int half = 0; half < 2; half++) {
        uint8x16_t h = vld1q_u8(pairs + 64 * half);
        w[4 * half] = join(w[4 * half], vshlq_n_u8(h, 4), 48);
        w[4 * half + 1] = join(w[4 * half + 1], vshlq_n_u8(h, 2), 48);
        w[4 * half + 2] = join(w[4 * half + 2], h, 48);
        w[4 * half + 3] = join(w[4 * half + 3], vshrq_n_u8(h, 2), 48);
    }
}

INLINE void load_bytes(const uint8_t *p, int8x16_t w[8]) {
    UNROLLED for (int g = 0; g < 8; g++) w[g] = vreinterpretq_s8_u8(vld1q_u8(p + 64 * g));
}

/// A quarter of a block: integers, and scales and minima of its two halves, which most families have in common.
typedef struct {
    int8x16_t w[8];
    float32x4_t scale[2], minimum[2];
} quarter_block;

/// Where the block's numbers lie, by family; `at` counts blocks of 32 columns.
INLINE quarter_block load_quarter(const tutti_family family, const int halves, const int minima, const uint8_t *panel,
                                  size_t at, int q) {
    quarter_block b;
    if (family == TUTTI_W8) {
        const uint8_t *p = panel + TUTTI_W8_BLOCK_BYTES * at;
        const float *scales = (const float *)(p + W8_SCALES) + 4 * q, *low = (const float *)(p + W8_MINIMA) + 4 * q;
        load_bytes(p + 16 * q, b.w);
        b.scale[0] = vld1q_f32(scales);
        if (halves) b.scale[1] = vld1q_f32(scales + 16);
        if (minima) b.minimum[0] = vld1q_f32(low);
        if (minima && halves) b.minimum[1] = vld1q_f32(low + 16);
    } else if (family == TUTTI_Q4_K) {
        const uint8_t *head = panel + (Q4_K_HEAD + 8 * Q4_K_BLOCK) * (at / 8);
        const uint8_t *p = head + Q4_K_HEAD + Q4_K_BLOCK * (at % 8);
        load_nibbles(p + 32 + 16 * q, b.w);
        b.scale[0] = vmulq_f32(halves_at(head + 8 * q), bytes_u(p + 4 * q));
        b.minimum[0] = vnegq_f32(vmulq_f32(halves_at(head + 32 + 8 * q), bytes_u(p + 16 + 4 * q)));
    } else if (family == TUTTI_Q6_K) {
        const uint8_t *head = panel + (Q6_K_HEAD + 8 * Q6_K_BLOCK) * (at / 8);
        const uint8_t *p = head + Q6_K_HEAD + Q6_K_BLOCK * (at % 8);
        float32x4_t d = halves_at(head + 8 * q);
        load_six_bits(p + 32 + 16 * q, p + 288 + 16 * q, b.w);
        b.scale[0] = vmulq_f32(d, bytes_s(p + 4 * q));
        b.scale[1] = vmulq_f32(d, bytes_s(p + 16 + 4 * q));
    } else {
        const int five = family == TUTTI_Q5_0 || family == TUTTI_Q5_1;
        const size_t head = minima ? 64 : 32;
        const uint8_t *p = panel + at * (head + (family == TUTTI_Q8_0 ? 512 : five ? 320 : 256));
        const uint8_t *values = p + head + 16 * q;
        if (family == TUTTI_Q8_0) load_bytes(values, b.w);
        else if (five) load_five_bits(values, values + 256, b.w);
        else load_nibbles(values, b.w);
        b.scale[0] = halves_at(p + 8 * q);
        if (minima) b.minimum[0] = halves_at(p + 32 + 8 * q);
    }
    return b;
}

/// Rows `first_row...` of a tile of `tile_rows`, times the quarters `first_quarter...` of a panel.
INLINE void multiply(const tutti_family family, const int halves, const int minima, const uint8_t *panel,
                     size_t columns, const char *tile, int tile_rows, int first_row, const int rows,
                     int first_quarter, const int quarters, float *out, ptrdiff_t stride) {
    const int offset = family == TUTTI_Q4_0 ? 8 : family == TUTTI_Q5_0 ? 16 : family == TUTTI_Q6_K ? 32 : 0;
    const int fit = family == TUTTI_W8 || family == TUTTI_Q8_0 ? 2 : family == TUTTI_Q6_K ? 4 : 8;
    const size_t blocks = columns / 32, refined = tutti_refined_blocks(columns);
    const int32_t *again = tile_refined(tile, tile_rows, columns);
    float32x4_t sums[TUTTI_TILE_ROWS][4];
    EACH_ROW EACH_QUARTER sums[m][q] = vdupq_n_f32(0);
    for (size_t i = 0; i < blocks + refined; i++, tile += tile_block_bytes(tile_rows)) {
        const int8_t *values = tile_values(tile) + 32 * first_row;
        const float *d = tile_scales(tile, tile_rows) + first_row, *whole = tile_sums(tile, tile_rows) + first_row;
        const int32_t *bias = tile_biases(tile, tile_rows) + first_row;
        const int32_t *half = tile_half_biases(tile, tile_rows) + first_row;
        EACH_QUARTER {
            quarter_block b = load_quarter(family, halves, minima, panel, i < blocks ? i : (size_t)again[i - blocks],
                                           first_quarter + q);
            EACH_ROW {
                const int8_t *a = values + 32 * m;
                float32x4_t sum = sums[m][q];
                if (halves) {
                    int32x4_t first = product(b.w, a, 0, 4, fit, half[m] / 128 * offset);
                    int32x4_t second = product(b.w, a, 4, 8, fit, (bias[m] - half[m]) / 128 * offset);
                    sum = vfmaq_f32(sum, vmulq_n_f32(vcvtq_f32_s32(first), d[m]), b.scale[0]);
                    sum = vfmaq_f32(sum, vmulq_n_f32(vcvtq_f32_s32(second), d[m]), b.scale[1]);
                } else {
                    int32x4_t dot = product(b.w, a, 0, 8, fit, bias[m] / 128 * offset);
                    sum = vfmaq_f32(sum, vmulq_n_f32(vcvtq_f32_s32(dot), d[m]), b.scale[0]);
                }
                if (minima && halves) {
                    float first = d[m] * (float)(half[m] / -128);
                    sum = vfmaq_n_f32(sum, b.minimum[0], first);
                    sum = vfmaq_n_f32(sum, b.minimum[1], whole[m] - first);
                } else if (minima) {
                    sum = vfmaq_n_f32(sum, b.minimum[0], whole[m]);
                }
                sums[m][q] = sum;
            }
        }
    }
    EACH_ROW EACH_QUARTER vst1q_f32(out + stride * (first_row + m) + 4 * (first_quarter + q), sums[m][q]);
}

// Packed panels: up to four rows, which meet all quarters of a block while it is read once from memory

INLINE void dot_family(const tutti_family family, const int halves, const int minima, const void *panel,
                       size_t columns, const void *tile, int rows, float *out, ptrdiff_t stride) {
    switch (rows) {
        case 1: multiply(family, halves, minima, panel, columns, tile, 1, 0, 1, 0, 4, out, stride); break;
        case 2: multiply(family, halves, minima, panel, columns, tile, 2, 0, 2, 0, 4, out, stride); break;
        default: multiply(family, halves, minima, panel, columns, tile, 4, 0, 4, 0, 4, out, stride);
    }
}

static void dot(tutti_family family, const void *panel, size_t columns, const void *tile, int rows, float *out,
                ptrdiff_t stride) {
    switch (family) {
        case TUTTI_Q4_0: dot_family(TUTTI_Q4_0, 0, 0, panel, columns, tile, rows, out, stride); break;
        case TUTTI_Q4_1: dot_family(TUTTI_Q4_1, 0, 1, panel, columns, tile, rows, out, stride); break;
        case TUTTI_Q5_0: dot_family(TUTTI_Q5_0, 0, 0, panel, columns, tile, rows, out, stride); break;
        case TUTTI_Q5_1: dot_family(TUTTI_Q5_1, 0, 1, panel, columns, tile, rows, out, stride); break;
        case TUTTI_Q8_0: dot_family(TUTTI_Q8_0, 0, 0, panel, columns, tile, rows, out, stride); break;
        case TUTTI_Q4_K: dot_family(TUTTI_Q4_K, 0, 1, panel, columns, tile, rows, out, stride); break;
        default: dot_family(TUTTI_Q6_K, 1, 0, panel, columns, tile, rows, out, stride);
    }
}

// Unpacked panels: as many rows as keep their sums in sixteen registers, for so many quarters

INLINE void dot_w8_tile(const int halves, const int minima, const void *w8, size_t columns, const void *tile, int rows,
                        float *out, ptrdiff_t stride) {
    int m = 0;
    for (; m + 12 <= rows; m += 12)
        for (int q = 0; q < 4; q++)
            multiply(TUTTI_W8, halves, minima, w8, columns, tile, rows, m, 12, q, 1, out, stride);
    for (; m + 4 <= rows; m += 4)
        multiply(TUTTI_W8, halves, minima, w8, columns, tile, rows, m, 4, 0, 4, out, stride);
    for (; m + 2 <= rows; m += 2)
        multiply(TUTTI_W8, halves, minima, w8, columns, tile, rows, m, 2, 0, 4, out, stride);
    if (m < rows) multiply(TUTTI_W8, halves, minima, w8, columns, tile, rows, m, 1, 0, 4, out, stride);
}

static void dot_w8(int halves, int minima, const void *w8, size_t columns, const void *tile, int rows, float *out,
                   ptrdiff_t stride) {
    if (halves) {
        if (minima) dot_w8_tile(1, 1, w8, columns, tile, rows, out, stride);
        else dot_w8_tile(1, 0, w8, columns, tile, rows, out, stride);
    } else {
        if (minima) dot_w8_tile(0, 1, w8, columns, tile, rows, out, stride);
        else dot_w8_tile(0, 0, w8, columns, tile, rows, out, stride);
    }
}

// Float panels

INLINE float32x4_t load_column(const tutti_family family, const uint8_t *p, size_t k, int q) {
    if (family == TUTTI_F32) return vreinterpretq_f32_u8(vld1q_u8(p + 64 * k + 16 * q));
    if (family == TUTTI_F16) return halves_at(p + 32 * k + 8 * q);
    return vreinterpretq_f32_u32(vshll_n_u16(vreinterpret_u16_u8(vld1_u8(p + 32 * k + 8 * q)), 16));
}

INLINE void dot_float_rows(const tutti_family family, const uint8_t *p, size_t columns, const float *x,
                           ptrdiff_t x_stride, const int rows, float *out, ptrdiff_t stride) {
    const int quarters = 4;
    float32x4_t sums[4][4];
    EACH_ROW EACH_QUARTER sums[m][q] = vdupq_n_f32(0);
    for (size_t k = 0; k < columns; k++) {
        float32x4_t w[4];
        EACH_QUARTER w[q] = load_column(family, p, k, q);
        EACH_ROW EACH_QUARTER sums[m][q] = vfmaq_n_f32(sums[m][q], w[q], x[x_stride * m + (ptrdiff_t)k]);
    }
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
