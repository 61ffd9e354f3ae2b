#include "bytes.h"
#include "body.h"

size_t tutti_byte_panel_bytes(size_t columns) { return (columns + 3) / 4 * 64; }

void tutti_pack_bytes(const uint8_t *source, ptrdiff_t row_stride, ptrdiff_t column_stride, size_t rows, size_t columns,
                      void *panel, int32_t sums[16]) {
    uint8_t *out = panel;
    memset(out, 0, tutti_byte_panel_bytes(columns));
    memset(sums, 0, 16 * sizeof *sums);
    for (size_t column = 0; column < columns; column++)
        for (size_t row = 0; row < rows; row++) {
            uint8_t value = source[(ptrdiff_t)row * row_stride + (ptrdiff_t)column * column_stride];
            out[64 * (column / 4) + 4 * row + column % 4] = value;
            sums[row] += value;
        }
}

static void dot(const tutti_byte_panel *weights, const tutti_byte_rows *x, int rows, float *out, ptrdiff_t stride) {
    size_t groups = (weights->columns + 3) / 4;
    for (int row = 0; row < rows; row++) {
        const int8_t *values = x->values + row * x->stride;
        const uint8_t *w = weights->panel;
        int32_t sums[16] = {0};
        for (size_t group = 0; group < groups; group++, w += 64, values += 4)
            for (int r = 0; r < 16; r++)
                sums[r] += w[4 * r] * values[0] + w[4 * r + 1] * values[1] + w[4 * r + 2] * values[2]
                    + w[4 * r + 3] * values[3];
        int32_t offset = row_offset(weights, x, row);
        float scale = x->scales[row] * weights->scale;
        for (int r = 0; r < 16; r++) {
            float product = (float)(sums[r] - x->zeros[row] * weights->sums[r] + offset) * scale;
            out[row * stride + r] = weights->bias ? product + weights->bias[r] : product;
        }
    }
}

const tutti_byte_kernels tutti_bytes_portable = {range, round_bytes, dot};
