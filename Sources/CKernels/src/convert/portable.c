// Dequantisation in portable C: the plain version, which every faster one is compared with.
//
// Layouts are those of the GGUF tensor types. A block of 32 keeps element i in the low half of byte i and element
// i + 16 in the high half; a block of 256 has sub-blocks of 16 or 32 elements with small integer scales of their own.

#include "tutti_convert.h"

#include <string.h>

#include "../half.h"
#include "levels.h"

// A fused multiply-add would skip a rounding and give other bits than the formats' definition.
#pragma STDC FP_CONTRACT OFF

static inline float from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint16_t load_u16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }

static inline float load_half(const uint8_t *p) { return half_to_float(load_u16(p)); }

float tutti_half_to_float(uint16_t half) { return half_to_float(half); }

void tutti_dequantize_f16(const void *blocks, float *out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i++) out[i] = load_half(p + 2 * i);
}

void tutti_dequantize_bf16(const void *blocks, float *out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i++) out[i] = from_bits((uint32_t)load_u16(p + 2 * i) << 16);
}

// [scale f16][16 bytes of nibbles], x = scale · (q − 8)
void tutti_dequantize_q4_0(const void *blocks, float *out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t b = 0; b < count / 32; b++, p += 18, out += 32) {
        const float scale = load_half(p);
        const uint8_t *quants = p + 2;
        for (int i = 0; i < 16; i++) {
            out[i] = scale * (float)((quants[i] & 15) - 8);
            out[i + 16] = scale * (float)((quants[i] >> 4) - 8);
        }
    }
}

// [scale f16][minimum f16][16 bytes of nibbles], x = scale · q + minimum
void tutti_dequantize_q4_1(const void *blocks, float *out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t b = 0; b < count / 32; b++, p += 20, out += 32) {
        const float scale = load_half(p), minimum = load_half(p + 2);
        const uint8_t *quants = p + 4;
        for (int i = 0; i < 16; i++) {
            out[i] = scale * (float)(quants[i] & 15) + minimum;
            out[i + 16] = scale * (float)(quants[i] >> 4) + minimum;
        }
    }
}

// [scale f16][32 fifth bits][16 bytes of nibbles], x = scale · (q − 16)
void tutti_dequantize_q5_0(const void *blocks, float *out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t b = 0; b < count / 32; b++, p += 22, out += 32) {
        const float scale = load_half(p);
        const uint32_t high = load_u16(p + 2) | (uint32_t)load_u16(p + 4) << 16;
        const uint8_t *quants = p + 6;
        for (int i = 0; i < 16; i++) {
            const int low = (quants[i] & 15) | (int)(high >> i & 1) << 4;
            const int top = (quants[i] >> 4) | (int)(high >> (i + 16) & 1) << 4;
            out[i] = scale * (float)(low - 16);
            out[i + 16] = scale * (float)(top - 16);
        }
    }
}

// [scale f16][minimum f16][32 fifth bits][16 bytes of nibbles], x = scale · q + minimum
void tutti_dequantize_q5_1(const void *blocks, float *out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t b = 0; b < count / 32; b++, p += 24, out += 32) {
        const float scale = load_half(p), minimum = load_half(p + 2);
        const uint32_t high = load_u16(p + 4) | (uint32_t)load_u16(p + 6) << 16;
        const uint8_t *quants = p + 8;
        for (int i = 0; i < 16; i++) {
            const int low = (quants[i] & 15) | (int)(high >> i & 1) << 4;
            const int top = (quants[i] >> 4) | (int)(high >> (i + 16) & 1) << 4;
            out[i] = scale * (float)low + minimum;
            out[i + 16] = scale * (float)top + minimum;
        }
    }
}

// [scale f16][32 × i8], x = scale · q
void tutti_dequantize_q8_0(const void *blocks, float *out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t b = 0; b < count / 32; b++, p += 34, out += 32) {
        const float scale = load_half(p);
        const int8_t *quants = (const int8_t *)(p + 2);
        for (int i = 0; i < 32; i++) out[i] = scale * (float)quants[i];
    }
}

// [scale f16][16 bytes of nibbles], x = scale · level[q]
void tutti_dequantize_iq4_nl(const void *blocks, float *out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t b = 0; b < count / 32; b++, p += 18, out += 32) {
        const float scale = load_half(p);
        const uint8_t *quants = p + 2;
        for (int i = 0; i < 16; i++) {
            out[i] = scale * (float)iq4_levels[quants[i] & 15];
            out[i + 16] = scale * (float)iq4_levels[quants[i] >> 4];
        }
    }
}

// [scale E8M0][16 bytes of E2M1 nibbles], x = scale / 2 · (2 · level[q])
void tutti_dequantize_mxfp4(const void *blocks, float *out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t b = 0; b < count / 32; b++, p += 17, out += 32) {
        const float scale = e8m0_halved(p[0]);
        const uint8_t *quants = p + 1;
        for (int i = 0; i < 16; i++) {
            out[i] = scale * (float)e2m1_doubled[quants[i] & 15];
            out[i + 16] = scale * (float)e2m1_doubled[quants[i] >> 4];
        }
    }
}

// [16 × (scale, minimum) of 4 bits][64 bytes of 2-bit quants][scale f16][minimum f16], sub-blocks of 16.
// Each half of 128 elements has 32 bytes, read four times, two bits higher each time.
void tutti_dequantize_q2_k(const void *blocks, float *out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t b = 0; b < count / 256; b++, p += 84, out += 256) {
        const uint8_t *scales = p, *quants = p + 16;
        const float scale = load_half(p + 80), minimum = load_half(p + 82);
        for (int sub = 0; sub < 16; sub++) {
            const uint8_t *q = quants + (sub >> 3) * 32 + (sub & 1) * 16;
            const int shift = (sub >> 1 & 3) * 2;
            const float sub_scale = scale * (float)(scales[sub] & 15);
            const float sub_minimum = minimum * (float)(scales[sub] >> 4);
            for (int i = 0; i < 16; i++) out[sub * 16 + i] = sub_scale * (float)(q[i] >> shift & 3) - sub_minimum;
        }
    }
}

// [32 bytes of third bits][64 bytes of 2-bit quants][16 × 6-bit scales in 12 bytes][scale f16], sub-blocks of 16,
// x = scale · (s − 32) · (q − 4), where the third bit is bit `sub / 2` of the mask.
void tutti_dequantize_q3_k(const void *blocks, float *out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t b = 0; b < count / 256; b++, p += 110, out += 256) {
        const uint8_t *mask = p, *quants = p + 32, *scales = p + 96;
        const float scale = load_half(p + 108);
        for (int sub = 0; sub < 16; sub++) {
            const uint8_t *q = quants + (sub >> 3) * 32 + (sub & 1) * 16;
            const uint8_t *m = mask + (sub & 1) * 16;
            const int shift = (sub >> 1 & 3) * 2, bit = sub >> 1;
            const int low = scales[sub & 7] >> (sub >> 3) * 4 & 15;
            const int high = scales[8 + (sub & 3)] >> (sub >> 2) * 2 & 3;
            const float sub_scale = scale * (float)((low | high << 4) - 32);
            for (int i = 0; i < 16; i++) {
                const int quant = (q[i] >> shift & 3) - (m[i] >> bit & 1 ? 0 : 4);
                out[sub * 16 + i] = sub_scale * (float)quant;
            }
        }
    }
}

// Scale and minimum, 6 bits each, of sub-block 0…7 of Q4_K and Q5_K, out of their 12 bytes.
static inline void load_scale_minimum(const uint8_t *packed, int sub, float *scale, float *minimum) {
    int s, m;
    if (sub < 4) {
        s = packed[sub] & 63;
        m = packed[sub + 4] & 63;
    } else {
        s = (packed[sub + 4] & 15) | (packed[sub - 4] >> 6) << 4;
        m = (packed[sub + 4] >> 4) | (packed[sub] >> 6) << 4;
    }
    *scale = (float)s;
    *minimum = (float)m;
}

// [scale f16][minimum f16][8 × (scale, minimum) of 6 bits in 12 bytes][128 bytes of nibbles], sub-blocks of 32;
// sub-blocks 2n and 2n + 1 are the low and the high halves of the same 32 bytes.
void tutti_dequantize_q4_k(const void *blocks, float *out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t b = 0; b < count / 256; b++, p += 144, out += 256) {
        const float scale = load_half(p), minimum = load_half(p + 2);
        for (int sub = 0; sub < 8; sub++) {
            float s, m;
            load_scale_minimum(p + 4, sub, &s, &m);
            const float sub_scale = scale * s, sub_minimum = minimum * m;
            const uint8_t *q = p + 16 + (sub >> 1) * 32;
            const int shift = (sub & 1) * 4;
            for (int i = 0; i < 32; i++) out[sub * 32 + i] = sub_scale * (float)(q[i] >> shift & 15) - sub_minimum;
        }
    }
}

// As Q4_K, with 32 bytes of fifth bits before the nibbles: bit `sub` of byte i.
void tutti_dequantize_q5_k(const void *blocks, float *out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t b = 0; b < count / 256; b++, p += 176, out += 256) {
        const float scale = load_half(p), minimum = load_half(p + 2);
        const uint8_t *high = p + 16;
        for (int sub = 0; sub < 8; sub++) {
            float s, m;
            load_scale_minimum(p + 4, sub, &s, &m);
            const float sub_scale = scale * s, sub_minimum = minimum * m;
            const uint8_t *q = p + 48 + (sub >> 1) * 32;
            const int shift = (sub & 1) * 4;
            for (int i = 0; i < 32; i++) {
                const int quant = (q[i] >> shift & 15) | (high[i] >> sub & 1) << 4;
                out[sub * 32 + i] = sub_scale * (float)quant - sub_minimum;
            }
        }
    }
}

// [128 bytes of nibbles][64 bytes of high bit pairs][16 × i8 scales][scale f16], sub-blocks of 16, x = scale · s · (q − 32).
// In each half of 128 elements, 64 bytes hold the low and then the high nibbles, and 32 bytes are read four times.
void tutti_dequantize_q6_k(const void *blocks, float *out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t b = 0; b < count / 256; b++, p += 210, out += 256) {
        const int8_t *scales = (const int8_t *)(p + 192);
        const float scale = load_half(p + 208);
        for (int sub = 0; sub < 16; sub++) {
            const int half = sub >> 3, within = sub & 7;
            const uint8_t *low = p + half * 64 + (within & 3) * 16;
            const uint8_t *high = p + 128 + half * 32 + (within & 1) * 16;
            const int low_shift = (within >> 2) * 4, high_shift = (within >> 1) * 2;
            const float sub_scale = scale * (float)scales[sub];
            for (int i = 0; i < 16; i++) {
                const int quant = (low[i] >> low_shift & 15) | (high[i] >> high_shift & 3) << 4;
                out[sub * 16 + i] = sub_scale * (float)(quant - 32);
            }
        }
    }
}

// [scale f16][8 × high 2 bits of the scales in 2 bytes][8 × low 4 bits in 4 bytes][128 bytes of nibbles], sub-blocks of
// 32, each laid out as an IQ4_NL block, x = scale · (s − 32) · level[q].
void tutti_dequantize_iq4_xs(const void *blocks, float *out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t b = 0; b < count / 256; b++, p += 136, out += 256) {
        const float scale = load_half(p);
        const uint32_t high = load_u16(p + 2);
        for (int sub = 0; sub < 8; sub++) {
            const int s = (p[4 + (sub >> 1)] >> (sub & 1) * 4 & 15) | (int)(high >> sub * 2 & 3) << 4;
            const float sub_scale = scale * (float)(s - 32);
            const uint8_t *q = p + 8 + sub * 16;
            for (int i = 0; i < 16; i++) {
                out[sub * 32 + i] = sub_scale * (float)iq4_levels[q[i] & 15];
                out[sub * 32 + i + 16] = sub_scale * (float)iq4_levels[q[i] >> 4];
            }
        }
    }
}
