// The plain versions: what every other kernel is compared with, and what runs where no wider one is written.
#include <math.h>

#include "linear.h"

static void quantize(const float *x, ptrdiff_t stride, int rows, size_t columns, void *tile) {
    for (size_t b = 0; b < columns / 32; b++) {
        char *block = (char *)tile + tile_block_bytes(rows) * b;
        for (int m = 0; m < rows; m++) {
            const float *in = x + stride * m + 32 * b;
            int8_t *q = (int8_t *)block + 32 * m;
            float largest = 0;
            for (int i = 0; i < 32; i++) largest = fmaxf(largest, fabsf(in[i]));
            float scale = largest / 127, inverse = largest > 1e-35f ? 127 / largest : 0;
            int32_t sums[2] = {0, 0};
            for (int i = 0; i < 32; i++) {
                q[i] = (int8_t)lrintf(in[i] * inverse);
                sums[i / 16] += q[i];
            }
            ((float *)tile_scales(block, rows))[m] = scale;
            ((float *)tile_sums(block, rows))[m] = scale * (float)(sums[0] + sums[1]);
            ((int32_t *)tile_biases(block, rows))[m] = -(sums[0] + sums[1]);
            ((int32_t *)tile_half_biases(block, rows))[m] = -sums[0];
        }
    }
}

/// Sixteen rows' integer products with one row of activations, over the columns of groups `from..<to`.
static void products(const int8_t *w, const int8_t *a, int from, int to, int32_t out[16]) {
    for (int row = 0; row < 16; row++) {
        int32_t sum = 0;
        for (int g = from; g < to; g++)
            for (int i = 0; i < 4; i++) sum += w[64 * g + 4 * row + i] * a[4 * g + i];
        out[row] = sum;
    }
}

/// Adds one block's products with row `m` of a tile's block to `sums`.
static void add_block(int halves, int minima, const uint8_t *w, const char *block, int rows, int m, float sums[16]) {
    const float *scale = (const float *)(w + W8_SCALES), *minimum = (const float *)(w + W8_MINIMA);
    const int8_t *a = tile_values(block) + 32 * m;
    float d = tile_scales(block, rows)[m];
    int32_t first[16], second[16];
    products((const int8_t *)w, a, 0, 4, first);
    products((const int8_t *)w, a, 4, 8, second);
    float first_sum = d * (float)-tile_half_biases(block, rows)[m];
    float second_sum = d * (float)(tile_half_biases(block, rows)[m] - tile_biases(block, rows)[m]);
    for (int row = 0; row < 16; row++) {
        if (halves) {
            sums[row] += d * (scale[row] * (float)first[row] + scale[16 + row] * (float)second[row]);
            if (minima) sums[row] += minimum[row] * first_sum + minimum[16 + row] * second_sum;
        } else {
            sums[row] += d * scale[row] * (float)(first[row] + second[row]);
            if (minima) sums[row] += minimum[row] * tile_sums(block, rows)[m];
        }
    }
}

/// Unpacks a stretch at a time and multiplies that: slow and plain.
static void dot(tutti_family family, const void *panel, size_t columns, const void *tile, int rows, float *out,
                ptrdiff_t stride) {
    size_t span = family == TUTTI_Q4_K || family == TUTTI_Q6_K ? 256 : 32, bytes = tutti_panel_bytes(family, span);
    int halves = tutti_family_halves(family), minima = tutti_family_minima(family);
    const uint32_t *again = tile_again(tile, rows, columns);
    uint8_t w8[8 * TUTTI_W8_BLOCK_BYTES];
    float sums[TUTTI_TILE_ROWS][16] = {{0}};
    for (size_t b = 0; b < columns / 32; b++) {
        if (32 * b % span == 0) tutti_unpack_w8(family, (const char *)panel + 32 * b / span * bytes, span, w8);
        const uint8_t *w = w8 + TUTTI_W8_BLOCK_BYTES * (32 * b % span / 32);
        for (int m = 0; m < rows; m++) {
            add_block(halves, minima, w, (const char *)tile + tile_block_bytes(rows) * b, rows, m, sums[m]);
            if (again[b])
                add_block(halves, minima, w, tile_refined(tile, rows, columns, again[b]), rows, m, sums[m]);
        }
    }
    for (int m = 0; m < rows; m++) memcpy(out + stride * m, sums[m], sizeof sums[m]);
}

static void dot_float(tutti_family family, const void *panel, size_t columns, const float *x, ptrdiff_t x_stride,
                      int rows, float *out, ptrdiff_t stride) {
    for (int m = 0; m < rows; m++) {
        float sums[16] = {0};
        for (size_t k = 0; k < columns; k++) {
            float a = x[x_stride * m + (ptrdiff_t)k];
            for (int row = 0; row < 16; row++) {
                size_t i = 16 * k + row;
                float w = family == TUTTI_F32   ? ((const float *)panel)[i]
                          : family == TUTTI_F16 ? half_to_float(((const uint16_t *)panel)[i])
                                                : bfloat_to_float(((const uint16_t *)panel)[bfloat_place(k, row)]);
                sums[row] += w * a;
            }
        }
        memcpy(out + stride * m, sums, sizeof sums);
    }
}

const tutti_linear_kernels tutti_linear_portable = {quantize, dot, dot_float, 0, 0};
