// From panels to W8 blocks, which every tile of a long prompt is multiplied with, and to float32, which is exact.
#include "linear.h"

static void spread_nibbles(const uint8_t *packed, int offset, int8_t *out) {
    for (int j = 0; j < 4; j++)
        for (int i = 0; i < 64; i++) {
            out[64 * j + i] = (int8_t)((packed[64 * j + i] & 15) - offset);
            out[64 * (j + 4) + i] = (int8_t)((packed[64 * j + i] >> 4) - offset);
        }
}

static void spread_five_bits(const uint8_t *packed, const uint8_t *fifth, int offset, int8_t *out) {
    spread_nibbles(packed, offset, out);
    for (int g = 0; g < 8; g++)
        for (int i = 0; i < 64; i++) out[64 * g + i] = (int8_t)(out[64 * g + i] + ((fifth[i] >> g & 1) << 4));
}

static void spread_six_bits(const uint8_t *packed, const uint8_t *pairs, int offset, int8_t *out) {
    spread_nibbles(packed, offset, out);
    for (int g = 0; g < 8; g++) {
        const uint8_t *high = pairs + 64 * (g / 4);
        int shift = 2 * (g % 4);
        for (int i = 0; i < 64; i++) out[64 * g + i] = (int8_t)(out[64 * g + i] + ((high[i] >> shift & 3) << 4));
    }
}

static void halves_to_floats(const uint8_t *halves, float *out) {
    for (int row = 0; row < 16; row++) {
        uint16_t half;
        memcpy(&half, halves + 2 * row, 2);
        out[row] = half_to_float(half);
    }
}

/// Both halves of a 32-column block share a scale in most families; W8 keeps one for each.
static void scales_for_both(const float scale[16], float *out) {
    memcpy(out, scale, 64);
    memcpy(out + 16, scale, 64);
}

static void unpack_32(tutti_family family, const uint8_t *in, uint8_t *out) {
    float scale[16], minimum[16] = {0};
    halves_to_floats(in, scale);
    switch (family) {
        case TUTTI_Q4_0: spread_nibbles(in + 32, 8, (int8_t *)out); break;
        case TUTTI_Q4_1:
            halves_to_floats(in + 32, minimum);
            spread_nibbles(in + 64, 0, (int8_t *)out);
            break;
        case TUTTI_Q5_0: spread_five_bits(in + 32, in + 288, 16, (int8_t *)out); break;
        case TUTTI_Q5_1:
            halves_to_floats(in + 32, minimum);
            spread_five_bits(in + 64, in + 320, 0, (int8_t *)out);
            break;
        default: memcpy(out, in + 32, 512);
    }
    scales_for_both(scale, (float *)(out + W8_SCALES));
    if (tutti_family_minima(family)) scales_for_both(minimum, (float *)(out + W8_MINIMA));
}

static void unpack_q4_k(const uint8_t *in, uint8_t *out) {
    float d[16], dmin[16], scale[16], minimum[16];
    halves_to_floats(in, d);
    halves_to_floats(in + 32, dmin);
    for (int j = 0; j < 8; j++) {
        const uint8_t *block = in + Q4_K_HEAD + Q4_K_BLOCK * j;
        uint8_t *w8 = out + TUTTI_W8_BLOCK_BYTES * j;
        for (int row = 0; row < 16; row++) {
            scale[row] = d[row] * block[row];
            minimum[row] = -(dmin[row] * block[16 + row]);
        }
        spread_nibbles(block + 32, 0, (int8_t *)w8);
        scales_for_both(scale, (float *)(w8 + W8_SCALES));
        scales_for_both(minimum, (float *)(w8 + W8_MINIMA));
    }
}

static void unpack_q6_k(const uint8_t *in, uint8_t *out) {
    float d[16];
    halves_to_floats(in, d);
    for (int j = 0; j < 8; j++) {
        const uint8_t *block = in + Q6_K_HEAD + Q6_K_BLOCK * j;
        uint8_t *w8 = out + TUTTI_W8_BLOCK_BYTES * j;
        float *scale = (float *)(w8 + W8_SCALES);
        for (int i = 0; i < 32; i++) scale[i] = d[i % 16] * (int8_t)block[i];
        spread_six_bits(block + 32, block + 288, 32, (int8_t *)w8);
    }
}

static size_t block_bytes(tutti_family family) {
    return family == TUTTI_W8 ? TUTTI_W8_BLOCK_BYTES : tutti_panel_bytes(family, TUTTI_BLOCK);
}

void tutti_unpack_w8(tutti_family family, const void *panel, size_t columns, void *w8) {
    const uint8_t *in = panel;
    uint8_t *out = w8;
    if (family == TUTTI_W8) {
        memcpy(out, in, tutti_panel_bytes(family, columns));
    } else if (family == TUTTI_Q4_K || family == TUTTI_Q6_K) {
        for (size_t s = 0; s < columns / 256; s++, in += tutti_panel_bytes(family, 256)) {
            if (family == TUTTI_Q4_K) unpack_q4_k(in, out + 8 * TUTTI_W8_BLOCK_BYTES * s);
            else unpack_q6_k(in, out + 8 * TUTTI_W8_BLOCK_BYTES * s);
        }
    } else {
        for (size_t b = 0; b < columns / 32; b++)
            unpack_32(family, in + block_bytes(family) * b, out + TUTTI_W8_BLOCK_BYTES * b);
    }
}

/// One W8 block as float32, `[32][16]`.
static void w8_to_floats(const uint8_t *w8, int minima, float *out) {
#pragma STDC FP_CONTRACT OFF
    const float *scale = (const float *)(w8 + W8_SCALES), *minimum = (const float *)(w8 + W8_MINIMA);
    for (int k = 0; k < 32; k++) {
        const int8_t *group = (const int8_t *)w8 + 64 * (k / 4) + k % 4;
        for (int row = 0; row < 16; row++) {
            float value = scale[16 * (k / 16) + row] * group[4 * row];
            out[16 * k + row] = minima ? value + minimum[16 * (k / 16) + row] : value;
        }
    }
}

void tutti_unpack_f32(tutti_family family, const void *panel, size_t columns, float *out) {
    const uint8_t *in = panel;
    const uint16_t *halves = panel;
    size_t span = family == TUTTI_Q4_K || family == TUTTI_Q6_K ? 256 : 32, bytes;
    uint8_t w8[8 * TUTTI_W8_BLOCK_BYTES];
    switch (family) {
        case TUTTI_F32: memcpy(out, panel, columns * 64); return;
        case TUTTI_F16:
            for (size_t i = 0; i < columns * 16; i++) out[i] = half_to_float(halves[i]);
            return;
        case TUTTI_BF16:
            for (size_t i = 0; i < columns * 16; i++) out[i] = bfloat_to_float(halves[bfloat_place(i / 16, i % 16)]);
            return;
        default: break;
    }
    bytes = tutti_panel_bytes(family, span);
    for (size_t k = 0; k < columns; k += span, in += bytes) {
        tutti_unpack_w8(family, in, span, w8);
        for (size_t b = 0; b < span / 32; b++)
            w8_to_floats(w8 + TUTTI_W8_BLOCK_BYTES * b, tutti_family_minima(family), out + 16 * (k + 32 * b));
    }
}
