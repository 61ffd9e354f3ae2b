// Weights in NEON registers: the sixteen rows of a panel are four quarters of four, which the byte products of every
// instruction set take as they lie.
#ifndef TUTTI_LINEAR_NEON_WEIGHTS_H
#define TUTTI_LINEAR_NEON_WEIGHTS_H

#include <arm_neon.h>

#include "linear.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLLED _Pragma("clang loop unroll(full)")

INLINE float32x4_t halves(const uint8_t *p) {
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

/// 32 columns of a quarter: its integers, and what they are multiplied with and added to, for each half of the columns
/// where they differ.
typedef struct {
    int8x16_t w[8];
    float32x4_t scale, second_scale, minimum, second_minimum;
} weights;

/// Block `b` of quarter `q` of a panel.
INLINE weights load_weights(const tutti_family family, const uint8_t *panel, size_t b, int q) {
    weights v = {0};
    const uint8_t *p;
    switch (family) {
        case TUTTI_Q4_0:
            p = panel + Q4_0_BLOCK * b;
            v.scale = halves(p + 8 * q);
            load_nibbles(p + 32 + 16 * q, v.w);
            break;
        case TUTTI_Q4_1:
            p = panel + Q4_1_BLOCK * b;
            v.scale = halves(p + 8 * q);
            v.minimum = halves(p + 32 + 8 * q);
            load_nibbles(p + 64 + 16 * q, v.w);
            break;
        case TUTTI_Q5_0:
            p = panel + Q5_0_BLOCK * b;
            v.scale = halves(p + 8 * q);
            load_five_bits(p + 32 + 16 * q, p + 288 + 16 * q, v.w);
            break;
        case TUTTI_Q5_1:
            p = panel + Q5_1_BLOCK * b;
            v.scale = halves(p + 8 * q);
            v.minimum = halves(p + 32 + 8 * q);
            load_five_bits(p + 64 + 16 * q, p + 320 + 16 * q, v.w);
            break;
        case TUTTI_Q8_0:
            p = panel + Q8_0_BLOCK * b;
            v.scale = halves(p + 8 * q);
            load_bytes(p + 32 + 16 * q, v.w);
            break;
        case TUTTI_Q4_K: {
            const uint8_t *head = panel + (Q4_K_HEAD + 8 * Q4_K_BLOCK) * (b / 8);
            p = head + Q4_K_HEAD + Q4_K_BLOCK * (b % 8);
            v.scale = vmulq_f32(halves(head + 8 * q), bytes_u(p + 4 * q));
            v.minimum = vnegq_f32(vmulq_f32(halves(head + 32 + 8 * q), bytes_u(p + 16 + 4 * q)));
            load_nibbles(p + 32 + 16 * q, v.w);
            break;
        }
        case TUTTI_Q6_K: {
            const uint8_t *head = panel + (Q6_K_HEAD + 8 * Q6_K_BLOCK) * (b / 8);
            p = head + Q6_K_HEAD + Q6_K_BLOCK * (b % 8);
            v.scale = vmulq_f32(halves(head + 8 * q), bytes_s(p + 4 * q));
            v.second_scale = vmulq_f32(halves(head + 8 * q), bytes_s(p + 16 + 4 * q));
            load_six_bits(p + 32 + 16 * q, p + 288 + 16 * q, v.w);
            break;
        }
        default: {
            p = panel + TUTTI_W8_BLOCK_BYTES * b;
            const float *scales = (const float *)(p + W8_SCALES) + 4 * q;
            const float *minima = (const float *)(p + W8_MINIMA) + 4 * q;
            v.scale = vld1q_f32(scales);
            v.second_scale = vld1q_f32(scales + 16);
            v.minimum = vld1q_f32(minima);
            v.second_minimum = vld1q_f32(minima + 16);
            load_bytes(p + 16 * q, v.w);
        }
    }
    return v;
}

/// What the stored integers lie above those that they stand for.
INLINE int offset_of(const tutti_family family) {
    return family == TUTTI_Q4_0 ? 8 : family == TUTTI_Q5_0 ? 16 : family == TUTTI_Q6_K ? 32 : 0;
}

/// Calls `dot_tile` with the family as a constant.
#define DOT_BY_FAMILY(dot_tile) \
    switch (family) { \
        case TUTTI_Q4_0: dot_tile(TUTTI_Q4_0, panel, columns, tile, rows, out, stride); break; \
        case TUTTI_Q4_1: dot_tile(TUTTI_Q4_1, panel, columns, tile, rows, out, stride); break; \
        case TUTTI_Q5_0: dot_tile(TUTTI_Q5_0, panel, columns, tile, rows, out, stride); break; \
        case TUTTI_Q5_1: dot_tile(TUTTI_Q5_1, panel, columns, tile, rows, out, stride); break; \
        case TUTTI_Q8_0: dot_tile(TUTTI_Q8_0, panel, columns, tile, rows, out, stride); break; \
        case TUTTI_Q4_K: dot_tile(TUTTI_Q4_K, panel, columns, tile, rows, out, stride); break; \
        case TUTTI_Q6_K: dot_tile(TUTTI_Q6_K, panel, columns, tile, rows, out, stride); break; \
        default: dot_tile(TUTTI_W8, panel, columns, tile, rows, out, stride); \
    }

#endif
