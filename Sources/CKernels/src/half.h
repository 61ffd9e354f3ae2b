// float16 and bfloat16 to float32 and back in plain C, exact for every value.
#ifndef TUTTI_HALF_H
#define TUTTI_HALF_H

#include <stdint.h>
#include <string.h>

static inline float half_to_float(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    uint32_t magnitude = half & 0x7fffu;
    // Subnormal halves are multiples of 2⁻²⁴ and normal floats: the product is exact.
    float subnormal = (float)(int32_t)magnitude * 0x1p-24f;
    uint32_t subnormal_bits;
    memcpy(&subnormal_bits, &subnormal, sizeof subnormal_bits);
    uint32_t normal_bits = (magnitude << 13) + (112u << 23);
    uint32_t special_bits = (magnitude << 13) + (224u << 23);
    uint32_t bits = magnitude < 0x0400u ? subnormal_bits : magnitude < 0x7c00u ? normal_bits : special_bits;
    bits |= sign;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/// Rounds to nearest, ties to even, as F16C does.
static inline uint16_t float_to_half(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    uint32_t sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffff;
    if (rest > 0x7f800000) return (uint16_t)(sign | 0x7e00 | (rest >> 13 & 0x3ff));
    if (rest >= 0x477ff000) return (uint16_t)(sign | 0x7c00);
    if (rest < 0x38800000) {
        // Below the normal range, adding 0.5 leaves the rounded count of 2^-24 in the low bits.
        float scaled;
        memcpy(&scaled, &rest, 4);
        scaled += 0.5f;
        uint32_t shifted;
        memcpy(&shifted, &scaled, 4);
        return (uint16_t)(sign | (shifted - 0x3f000000));
    }
    uint32_t odd = rest >> 13 & 1;
    return (uint16_t)(sign | ((rest + 0xc8000fff + odd) >> 13));
}

static inline float bfloat_to_float(uint16_t half) {
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

/// Rounds to nearest, ties to even. A NaN stays one, whatever rounding would make of it.
static inline uint16_t float_to_bfloat(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    int is_nan = (bits & 0x7fffffff) > 0x7f800000;
    return (uint16_t)((is_nan ? bits | 0x400000 : bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#endif
