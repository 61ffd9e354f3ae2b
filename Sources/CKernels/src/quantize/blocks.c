// Float32 to blocks in portable C. Layouts are those of convert/portable.c, read the other way.
#include <math.h>

#include "../convert/levels.h"
#include "../half.h"
#include "quantize.h"

// A fused multiply-add would round differently on some CPUs.
#pragma STDC FP_CONTRACT OFF

int tutti_all_within(const float *values, size_t count, float largest) {
    uint32_t outside = 0;
    for (size_t i = 0; i < count; i++) outside |= !(fabsf(values[i]) <= largest);
    return !outside;
}

// One by one

void tutti_quantize_f16(const float *values, void *blocks, size_t count) {
    uint8_t *out = blocks;
    for (size_t i = 0; i < count; i++) {
        uint16_t half = float_to_half(values[i]);
        memcpy(out + 2 * i, &half, 2);
    }
}

void tutti_quantize_bf16(const float *values, void *blocks, size_t count) {
    uint8_t *out = blocks;
    for (size_t i = 0; i < count; i++) {
        uint16_t half = float_to_bfloat(values[i]);
        memcpy(out + 2 * i, &half, 2);
    }
}

// What blocks share

/// Stores a scale as float16, which must stay finite, and returns what was stored.
static float store_half(uint8_t *p, float value) {
    value = value > 65504 ? 65504 : value < -65504 ? -65504 : value;
    uint16_t half = float_to_half(value);
    memcpy(p, &half, 2);
    return half_to_float(half);
}

static inline float inverse_of(float scale) { return scale != 0 ? 1 / scale : 0; }

/// Rounds down to an integer of 0...most; 0 for NaN.
static inline int floor_within(float x, int most) { return x > 0 ? x < (float)most ? (int)x : most : 0; }

/// The nearest integer of least...most; least for NaN.
static inline int nearest_within(float x, int least, int most) {
    x = x > (float)least ? x : (float)least;
    x = x < (float)most ? x : (float)most;
    return (int)((x + 12582912.0f) - 12582912.0f);
}

typedef struct {
    float least, largest, farthest;
} extremes;

static extremes extremes_of(const float *x, int count) {
    extremes e = {x[0], x[0], x[0]};
    for (int i = 1; i < count; i++) {
        e.least = x[i] < e.least ? x[i] : e.least;
        e.largest = x[i] > e.largest ? x[i] : e.largest;
    }
    // Of two that are as far from zero, the first counts.
    for (int i = 0; i < count; i++) {
        if (fabsf(x[i]) > fabsf(e.farthest)) e.farthest = x[i];
    }
    return e;
}

/// Integers below 32 as 16 bytes of nibbles: element i in the low half of byte i, element i + 16 in the high half.
static void store_nibbles(uint8_t *out, const uint8_t q[32]) {
    for (int i = 0; i < 16; i++) out[i] = (uint8_t)((q[i] & 15) | (q[i + 16] & 15) << 4);
}

static void store_fifth_bits(uint8_t *out, const uint8_t q[32]) {
    memset(out, 0, 4);
    for (int i = 0; i < 32; i++) out[i / 8] |= (uint8_t)((q[i] >> 4) << i % 8);
}

// Blocks of 32

/// The value farthest from zero is -top exactly, so that one of the two signs has one integer more.
static float signed_integers(const float *x, int top, uint8_t q[32]) {
    float scale = extremes_of(x, 32).farthest / (float)-top, inverse = inverse_of(scale);
    for (int i = 0; i < 32; i++) q[i] = (uint8_t)floor_within(x[i] * inverse + ((float)top + 0.5f), 2 * top - 1);
    return scale;
}

/// The least value is 0 and the largest `top`.
static float integers_above(const float *x, int top, uint8_t q[32], float *minimum) {
    extremes e = extremes_of(x, 32);
    float scale = (e.largest - e.least) / (float)top, inverse = inverse_of(scale);
    for (int i = 0; i < 32; i++) q[i] = (uint8_t)floor_within((x[i] - e.least) * inverse + 0.5f, top);
    *minimum = e.least;
    return scale;
}

void tutti_quantize_q4_0(const float *values, void *blocks, size_t count) {
    uint8_t *p = blocks, q[32];
    for (size_t b = 0; b < count / 32; b++, p += 18) {
        store_half(p, signed_integers(values + 32 * b, 8, q));
        store_nibbles(p + 2, q);
    }
}

void tutti_quantize_q5_0(const float *values, void *blocks, size_t count) {
    uint8_t *p = blocks, q[32];
    for (size_t b = 0; b < count / 32; b++, p += 22) {
        store_half(p, signed_integers(values + 32 * b, 16, q));
        store_fifth_bits(p + 2, q);
        store_nibbles(p + 6, q);
    }
}

void tutti_quantize_q4_1(const float *values, void *blocks, size_t count) {
    uint8_t *p = blocks, q[32];
    float minimum;
    for (size_t b = 0; b < count / 32; b++, p += 20) {
        store_half(p, integers_above(values + 32 * b, 15, q, &minimum));
        store_half(p + 2, minimum);
        store_nibbles(p + 4, q);
    }
}

void tutti_quantize_q5_1(const float *values, void *blocks, size_t count) {
    uint8_t *p = blocks, q[32];
    float minimum;
    for (size_t b = 0; b < count / 32; b++, p += 24) {
        store_half(p, integers_above(values + 32 * b, 31, q, &minimum));
        store_half(p + 2, minimum);
        store_fifth_bits(p + 4, q);
        store_nibbles(p + 8, q);
    }
}

void tutti_quantize_q8_0(const float *values, void *blocks, size_t count) {
    uint8_t *p = blocks;
    for (size_t b = 0; b < count / 32; b++, p += 34) {
        const float *x = values + 32 * b;
        float scale = fabsf(extremes_of(x, 32).farthest) / 127, inverse = inverse_of(scale);
        store_half(p, scale);
        for (int i = 0; i < 32; i++) {
            float y = x[i] * inverse;
            // Not the floor of y + 0.5, a sum that rounds the last number below one half up.
            int magnitude = floor_within(fabsf(y), 127);
            magnitude += magnitude < 127 && fabsf(y) - (float)magnitude >= 0.5f;
            p[2 + i] = (uint8_t)(int8_t)(y < 0 ? -magnitude : magnitude);
        }
    }
}

/// The place of the nearest level, the higher of two that are as near.
static uint8_t nearest_level(float x) {
    uint8_t place = 0;
    for (int i = 1; i < 16; i++) place += x >= 0.5f * (float)(iq4_levels[i - 1] + iq4_levels[i]);
    return place;
}

void tutti_quantize_iq4_nl(const float *values, void *blocks, size_t count) {
    uint8_t *p = blocks, q[32];
    for (size_t b = 0; b < count / 32; b++, p += 18) {
        const float *x = values + 32 * b;
        float inverse = inverse_of(store_half(p, tutti_fit_levels(x)));
        for (int i = 0; i < 32; i++) q[i] = nearest_level(x[i] * inverse);
        store_nibbles(p + 2, q);
    }
}

// Blocks of 256

/// Fits the eight sub-blocks, rounds their scales and offsets to 6 bits of a common one each, and rounds the values to
/// what those give. Writes the first 16 bytes of a Q4_K or Q5_K block.
static void quantize_k(const float *x, int top, float nudge, int steps, uint8_t *block, uint8_t q[256]) {
    float scale[8], offset[8];
    for (int j = 0; j < 8; j++) tutti_fit_affine(x + 32 * j, top, nudge, steps, scale + j, offset + j);
    // A fit never gives a negative scale; an offset is at least 0.
    float most_scale = extremes_of(scale, 8).largest, most_offset = extremes_of(offset, 8).largest;
    float per_scale = most_scale > 0 ? 63 / most_scale : 0, per_offset = most_offset > 0 ? 63 / most_offset : 0;
    float d = store_half(block, most_scale / 63), dmin = store_half(block + 2, most_offset / 63);
    uint8_t *packed = block + 4;
    memset(packed, 0, 12);
    for (int j = 0; j < 8; j++) {
        int s = nearest_within(per_scale * scale[j], 0, 63), m = nearest_within(per_offset * offset[j], 0, 63);
        if (j < 4) {
            packed[j] |= (uint8_t)s;
            packed[j + 4] |= (uint8_t)m;
        } else {
            packed[j + 4] = (uint8_t)((s & 15) | (m & 15) << 4);
            packed[j - 4] |= (uint8_t)((s >> 4) << 6);
            packed[j] |= (uint8_t)((m >> 4) << 6);
        }
        float step = d * (float)s, shift = dmin * (float)m;
        for (int i = 0; i < 32; i++)
            q[32 * j + i] = step > 0 ? (uint8_t)nearest_within((x[32 * j + i] + shift) / step, 0, top) : 0;
    }
}

/// Nibbles of eight sub-blocks: 2n and 2n + 1 are the low and the high halves of the same 32 bytes.
static void store_paired_nibbles(uint8_t *out, const uint8_t q[256]) {
    for (int pair = 0; pair < 4; pair++)
        for (int i = 0; i < 32; i++)
            out[32 * pair + i] = (uint8_t)((q[64 * pair + i] & 15) | (q[64 * pair + 32 + i] & 15) << 4);
}

void tutti_quantize_q4_k(const float *values, void *blocks, size_t count) {
    uint8_t *p = blocks, q[256];
    for (size_t b = 0; b < count / 256; b++, p += 144) {
        quantize_k(values + 256 * b, 15, -1, 20, p, q);
        store_paired_nibbles(p + 16, q);
    }
}

void tutti_quantize_q5_k(const float *values, void *blocks, size_t count) {
    uint8_t *p = blocks, q[256];
    for (size_t b = 0; b < count / 256; b++, p += 176) {
        quantize_k(values + 256 * b, 31, -0.5f, 15, p, q);
        memset(p + 16, 0, 32);
        for (int i = 0; i < 256; i++) p[16 + i % 32] |= (uint8_t)((q[i] >> 4) << i / 32);
        store_paired_nibbles(p + 48, q);
    }
}

/// Low nibbles and high pairs of bits of half a Q6_K block.
static void store_six_bits(uint8_t *low, uint8_t *high, const uint8_t q[128]) {
    for (int i = 0; i < 64; i++) low[i] = (uint8_t)((q[i] & 15) | (q[i + 64] & 15) << 4);
    for (int i = 0; i < 32; i++)
        high[i] = (uint8_t)(q[i] >> 4 | q[i + 32] >> 4 << 2 | q[i + 64] >> 4 << 4 | q[i + 96] >> 4 << 6);
}

void tutti_quantize_q6_k(const float *values, void *blocks, size_t count) {
    uint8_t *p = blocks, q[256];
    for (size_t b = 0; b < count / 256; b++, p += 210) {
        const float *x = values + 256 * b;
        float scale[16];
        for (int j = 0; j < 16; j++) scale[j] = tutti_fit_symmetric(x + 16 * j);
        float farthest = extremes_of(scale, 16).farthest;
        float d = store_half(p + 208, farthest / -128), inverse = farthest != 0 ? -128 / farthest : 0;
        for (int j = 0; j < 16; j++) {
            int s = nearest_within(inverse * scale[j], -128, 127);
            p[192 + j] = (uint8_t)(int8_t)s;
            float step = d * (float)s;
            for (int i = 0; i < 16; i++)
                q[16 * j + i] = (uint8_t)(step != 0 ? nearest_within(x[16 * j + i] / step, -32, 31) + 32 : 32);
        }
        for (int half = 0; half < 2; half++) store_six_bits(p + 64 * half, p + 128 + 32 * half, q + 128 * half);
    }
}
