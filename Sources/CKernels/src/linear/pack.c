// From a file's rows of blocks to panels of sixteen rows. The formats are GGUF's; the panels stand in tutti_linear.h.
#include "../convert/levels.h"
#include "linear.h"

size_t tutti_panel_bytes(tutti_family family, size_t columns) {
    switch (family) {
        case TUTTI_F32: return columns * TUTTI_PANEL_ROWS * 4;
        case TUTTI_F16: return columns * TUTTI_PANEL_ROWS * 2;
        case TUTTI_BF16: return (columns + columns % 2) * TUTTI_PANEL_ROWS * 2;
        default: return columns / TUTTI_BLOCK * panel_block_bytes(family);
    }
}

int tutti_tile_rows(size_t remaining) {
    return remaining >= 12 ? 12 : remaining >= 8 ? 8 : remaining >= 4 ? 4 : remaining >= 2 ? 2 : 1;
}

// Integers of 32 columns into their places

static inline uint32_t word(const void *p) {
    uint32_t w;
    memcpy(&w, p, 4);
    return w;
}

static inline void put(void *p, uint32_t w) { memcpy(p, &w, 4); }

static void store_nibbles(uint8_t *out, size_t row, const uint8_t q[32]) {
    for (int j = 0; j < 4; j++)
        put(out + 64 * j + 4 * row, (word(q + 4 * j) & 0x0f0f0f0f) | (word(q + 16 + 4 * j) & 0x0f0f0f0f) << 4);
}

static void store_fifth_bits(uint8_t *out, size_t row, const uint8_t q[32]) {
    uint32_t bits = 0;
    for (int g = 0; g < 8; g++) bits |= (word(q + 4 * g) >> 4 & 0x01010101) << g;
    put(out + 4 * row, bits);
}

static void store_bit_pairs(uint8_t *out, size_t row, const uint8_t q[32]) {
    for (int half = 0; half < 2; half++) {
        uint32_t bits = 0;
        for (int g = 0; g < 4; g++) bits |= (word(q + 16 * half + 4 * g) >> 4 & 0x03030303) << (2 * g);
        put(out + 64 * half + 4 * row, bits);
    }
}

static void store_bytes(uint8_t *out, size_t row, const void *q) {
    for (int g = 0; g < 8; g++) put(out + 64 * g + 4 * row, word((const uint8_t *)q + 4 * g));
}

static inline void store_half(uint8_t *out, size_t row, const void *half) { memcpy(out + 2 * row, half, 2); }

// Integers of 32 columns out of a file's block

static void nibbles(const uint8_t *packed, uint8_t q[32]) {
    for (int j = 0; j < 16; j++) {
        q[j] = packed[j] & 15;
        q[j + 16] = packed[j] >> 4;
    }
}

static void five_bits(const uint8_t *high, const uint8_t *packed, uint8_t q[32]) {
    uint32_t bits = word(high);
    nibbles(packed, q);
    for (int j = 0; j < 32; j++) q[j] |= (bits >> j & 1) << 4;
}

/// The 6-bit scale and minimum of sub-block `j` of Q4_K and Q5_K.
static void scale_and_minimum(const uint8_t *packed, int j, uint8_t *scale, uint8_t *minimum) {
    if (j < 4) {
        *scale = packed[j] & 63;
        *minimum = packed[j + 4] & 63;
    } else {
        *scale = (packed[j + 4] & 15) | (packed[j - 4] >> 6) << 4;
        *minimum = packed[j + 4] >> 4 | (packed[j] >> 6) << 4;
    }
}

static void q6_k_values(const uint8_t *block, int j, uint8_t q[32]) {
    const uint8_t *low = block + 64 * (j / 4) + 32 * (j % 2), *high = block + 128 + 32 * (j / 4);
    int shift = j % 4 >= 2 ? 4 : 0, pair = 2 * (j % 4);
    for (int l = 0; l < 32; l++) q[l] = (low[l] >> shift & 15) | (high[l] >> pair & 3) << 4;
}

// Families whose blocks are 32 columns

static void pack_32(tutti_family family, const uint8_t *source, size_t row, size_t columns, uint8_t *panel) {
    uint8_t q[32];
    for (size_t b = 0; b < columns / 32; b++) {
        switch (family) {
            case TUTTI_Q4_0: {
                const uint8_t *in = source + 18 * b;
                uint8_t *out = panel + Q4_0_BLOCK * b;
                store_half(out, row, in);
                nibbles(in + 2, q);
                store_nibbles(out + 32, row, q);
                break;
            }
            case TUTTI_Q4_1: {
                const uint8_t *in = source + 20 * b;
                uint8_t *out = panel + Q4_1_BLOCK * b;
                store_half(out, row, in);
                store_half(out + 32, row, in + 2);
                nibbles(in + 4, q);
                store_nibbles(out + 64, row, q);
                break;
            }
            case TUTTI_Q5_0: {
                const uint8_t *in = source + 22 * b;
                uint8_t *out = panel + Q5_0_BLOCK * b;
                store_half(out, row, in);
                five_bits(in + 2, in + 6, q);
                store_nibbles(out + 32, row, q);
                store_fifth_bits(out + 288, row, q);
                break;
            }
            case TUTTI_Q5_1: {
                const uint8_t *in = source + 24 * b;
                uint8_t *out = panel + Q5_1_BLOCK * b;
                store_half(out, row, in);
                store_half(out + 32, row, in + 2);
                five_bits(in + 4, in + 8, q);
                store_nibbles(out + 64, row, q);
                store_fifth_bits(out + 320, row, q);
                break;
            }
            default: {
                const uint8_t *in = source + 34 * b;
                uint8_t *out = panel + Q8_0_BLOCK * b;
                store_half(out, row, in);
                store_bytes(out + 32, row, in + 2);
                break;
            }
        }
    }
}

// Families whose blocks are 256 columns

static void pack_q4_k(const uint8_t *source, size_t row, size_t columns, uint8_t *panel) {
    uint8_t q[32];
    for (size_t s = 0; s < columns / 256; s++) {
        const uint8_t *in = source + 144 * s;
        uint8_t *out = panel + (Q4_K_HEAD + 8 * Q4_K_BLOCK) * s;
        store_half(out, row, in);
        store_half(out + 32, row, in + 2);
        for (int j = 0; j < 8; j++) {
            uint8_t *block = out + Q4_K_HEAD + Q4_K_BLOCK * j;
            scale_and_minimum(in + 4, j, block + row, block + 16 + row);
            const uint8_t *packed = in + 16 + 32 * (j / 2);
            for (int l = 0; l < 32; l++) q[l] = packed[l] >> 4 * (j % 2) & 15;
            store_nibbles(block + 32, row, q);
        }
    }
}

static void pack_q6_k(const uint8_t *source, size_t row, size_t columns, uint8_t *panel) {
    uint8_t q[32];
    for (size_t s = 0; s < columns / 256; s++) {
        const uint8_t *in = source + 210 * s, *scales = in + 192;
        uint8_t *out = panel + (Q6_K_HEAD + 8 * Q6_K_BLOCK) * s;
        store_half(out, row, in + 208);
        for (int j = 0; j < 8; j++) {
            uint8_t *block = out + Q6_K_HEAD + Q6_K_BLOCK * j;
            block[row] = scales[2 * j];
            block[16 + row] = scales[2 * j + 1];
            q6_k_values(in, j, q);
            store_nibbles(block + 32, row, q);
            store_bit_pairs(block + 288, row, q);
        }
    }
}

// Everything else, as signed bytes with a float scale and minimum for 16 columns

/// Writes 32 columns of a row into their W8 block.
static void store_w8(uint8_t *block, size_t row, const int8_t q[32], const float scale[2], const float minimum[2]) {
    store_bytes(block, row, q);
    float *scales = (float *)(block + W8_SCALES), *minima = (float *)(block + W8_MINIMA);
    for (int half = 0; half < 2; half++) {
        scales[16 * half + row] = scale[half];
        minima[16 * half + row] = minimum[half];
    }
}

static float half_at(const uint8_t *p) {
    uint16_t half;
    memcpy(&half, p, 2);
    return half_to_float(half);
}

static void w8_q2_k(const uint8_t *in, int j, int8_t q[32], float scale[2], float minimum[2]) {
    float d = half_at(in + 80), dmin = half_at(in + 82);
    const uint8_t *packed = in + 16 + 32 * (j / 4);
    for (int l = 0; l < 32; l++) q[l] = packed[l] >> 2 * (j % 4) & 3;
    for (int half = 0; half < 2; half++) {
        uint8_t s = in[2 * j + half];
        scale[half] = d * (s & 15);
        minimum[half] = -(dmin * (s >> 4));
    }
}

static void w8_q3_k(const uint8_t *in, int j, int8_t q[32], float scale[2], float minimum[2]) {
    const uint8_t *packed = in + 32 + 32 * (j / 4), *scales = in + 96;
    float d = half_at(in + 108);
    for (int l = 0; l < 32; l++) q[l] = (int8_t)((packed[l] >> 2 * (j % 4) & 3) - (in[l] >> j & 1 ? 0 : 4));
    for (int half = 0; half < 2; half++) {
        int i = 2 * j + half, low = i < 8 ? scales[i] & 15 : scales[i - 8] >> 4;
        scale[half] = d * ((low | (scales[8 + i % 4] >> 2 * (i / 4) & 3) << 4) - 32);
        minimum[half] = 0;
    }
}

static void w8_q5_k(const uint8_t *in, int j, int8_t q[32], float scale[2], float minimum[2]) {
    uint8_t s, m;
    scale_and_minimum(in + 4, j, &s, &m);
    const uint8_t *high = in + 16, *packed = in + 48 + 32 * (j / 2);
    for (int l = 0; l < 32; l++) q[l] = (int8_t)((packed[l] >> 4 * (j % 2) & 15) | (high[l] >> j & 1) << 4);
    scale[0] = scale[1] = half_at(in) * s;
    minimum[0] = minimum[1] = -(half_at(in + 2) * m);
}

/// Nibbles that choose among sixteen levels.
static void leveled_nibbles(const int8_t levels[16], const uint8_t *packed, int8_t q[32]) {
    for (int l = 0; l < 16; l++) {
        q[l] = levels[packed[l] & 15];
        q[l + 16] = levels[packed[l] >> 4];
    }
}

static void w8_iq4_xs(const uint8_t *in, int j, int8_t q[32], float scale[2], float minimum[2]) {
    uint16_t high;
    memcpy(&high, in + 2, 2);
    int s = (in[4 + j / 2] >> 4 * (j % 2) & 15) | (high >> 2 * j & 3) << 4;
    leveled_nibbles(iq4_levels, in + 8 + 16 * j, q);
    scale[0] = scale[1] = half_at(in) * (s - 32);
    minimum[0] = minimum[1] = 0;
}

static void pack_w8(uint32_t type, const uint8_t *source, size_t row, size_t columns, uint8_t *panel) {
    int8_t q[32];
    float scale[2], minimum[2];
    for (size_t b = 0; b < columns / 32; b++) {
        size_t s = b / 8;
        int j = (int)(b % 8);
        switch (type) {
            case 10: w8_q2_k(source + 84 * s, j, q, scale, minimum); break;
            case 11: w8_q3_k(source + 110 * s, j, q, scale, minimum); break;
            case 13: w8_q5_k(source + 176 * s, j, q, scale, minimum); break;
            case 23: w8_iq4_xs(source + 136 * s, j, q, scale, minimum); break;
            case 39:
                leveled_nibbles(e2m1_doubled, source + 17 * b + 1, q);
                scale[0] = scale[1] = e8m0_halved(source[17 * b]);
                minimum[0] = minimum[1] = 0;
                break;
            default:  // 20, IQ4_NL
                leveled_nibbles(iq4_levels, source + 18 * b + 2, q);
                scale[0] = scale[1] = half_at(source + 18 * b);
                minimum[0] = minimum[1] = 0;
        }
        store_w8(panel + TUTTI_W8_BLOCK_BYTES * b, row, q, scale, minimum);
    }
}

void tutti_pack_panel(tutti_family family, uint32_t type, const void *source, size_t row_bytes, size_t rows,
                      size_t columns, void *panel) {
    if (rows < TUTTI_PANEL_ROWS || (family == TUTTI_BF16 && columns % 2))
        memset(panel, 0, tutti_panel_bytes(family, columns));
    for (size_t row = 0; row < rows; row++) {
        const uint8_t *in = (const uint8_t *)source + row_bytes * row;
        switch (family) {
            case TUTTI_Q4_K: pack_q4_k(in, row, columns, panel); break;
            case TUTTI_Q6_K: pack_q6_k(in, row, columns, panel); break;
            case TUTTI_W8: pack_w8(type, in, row, columns, panel); break;
            case TUTTI_F32:
                for (size_t k = 0; k < columns; k++) put((uint8_t *)panel + 4 * (16 * k + row), word(in + 4 * k));
                break;
            case TUTTI_F16:
                for (size_t k = 0; k < columns; k++) memcpy((uint8_t *)panel + 2 * (16 * k + row), in + 2 * k, 2);
                break;
            case TUTTI_BF16:
                for (size_t k = 0; k < columns; k++)
                    memcpy((uint8_t *)panel + 2 * bfloat_place(k, row), in + 2 * k, 2);
                break;
            default: pack_32(family, in, row, columns, panel);
        }
    }
}
