#include "bfloat16.h"

static void round_row(const float *x, size_t columns, uint16_t *out) {
    for (size_t k = 0; k < columns; k++) out[k] = float_to_bfloat(x[k]);
    if (columns % 2) out[columns] = 0;
}

static void pair(const uint16_t *numbers, size_t columns, uint16_t *out) {
    for (size_t k = 0; k < tutti_bfloat16_row(columns); k++)
        for (size_t row = 0; row < TUTTI_PANEL_ROWS; row++)
            out[16 * (k - k % 2) + 2 * row + k % 2] = k < columns ? numbers[16 * k + row] : 0;
}

static void dot(const uint16_t *weights, int panels, size_t columns, const uint16_t *x, ptrdiff_t x_stride, int rows,
                float *out, ptrdiff_t stride) {
    const size_t width = tutti_bfloat16_row(columns);
    for (int m = 0; m < rows; m++)
        for (int panel = 0; panel < panels; panel++) {
            const uint16_t *w = weights + 16 * width * (size_t)panel, *a = x + x_stride * m;
            float sums[16] = {0};
            for (size_t k = 0; k < width; k += 2)
                for (size_t row = 0; row < 16; row++) {
                    const uint16_t *both = w + 16 * k + 2 * row;
                    sums[row] += bfloat_to_float(both[1]) * bfloat_to_float(a[k + 1]);
                    sums[row] += bfloat_to_float(both[0]) * bfloat_to_float(a[k]);
                }
            memcpy(out + stride * m + 16 * panel, sums, sizeof sums);
        }
}

const tutti_bfloat16_kernels tutti_bfloat16_portable = {round_row, pair, dot};
