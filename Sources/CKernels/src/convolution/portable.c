// The loops as the formulas have them.
#include "convolution.h"

#include "../elementwise/exp.h"
#include "pointwise.h"

/// Where the inputs of a tap lie.
static ptrdiff_t place(const tutti_convolution *k, size_t row, size_t line, size_t tap) {
    return k->row_stride * (ptrdiff_t)row + k->line_stride * (ptrdiff_t)line + k->tap_stride * (ptrdiff_t)tap;
}

/// Up to sixteen results from the output `first` on.
static void put(const tutti_convolution *k, float *sums, size_t row, size_t first, size_t count, float *out,
                ptrdiff_t out_stride) {
    ptrdiff_t place = out_stride * (ptrdiff_t)row + (ptrdiff_t)first;
    const float *added = k->added ? k->added + k->added_stride * (ptrdiff_t)row + first : 0;
    float *to = out + place;
    activate(k, sums, count);
    for (size_t n = 0; n < count; n++) {
        to[n] = sums[n] + (k->adds ? to[n] : 0) + (added ? added[n] : 0);
        if (k->rectified) k->rectified[place + (ptrdiff_t)n] = leaky_of(to[n], k->rectified_slope);
    }
}

static void dense(const tutti_convolution *k, size_t outputs, const float *x, size_t rows, float *out,
                  ptrdiff_t out_stride) {
    size_t columns = line_count(k) * k->taps * k->channels;
    for (size_t r = 0; r < rows; r++) {
        for (size_t first = 0; first < outputs; first += 16) {
            const float *w = k->weights + first * columns;
            float sums[16];
            for (size_t n = 0; n < 16; n++) sums[n] = k->bias ? k->bias[first + n] : 0;
            for (size_t l = 0; l < line_count(k); l++)
                for (size_t t = 0; t < k->taps; t++)
                    for (size_t c = 0; c < k->channels; c++, w += 16) {
                        float a = x[place(k, r, l, t) + (ptrdiff_t)c];
                        for (size_t n = 0; n < 16; n++) sums[n] += w[n] * a;
                    }
            put(k, sums, r, first, outputs - first < 16 ? outputs - first : 16, out, out_stride);
        }
    }
}

static void depthwise(const tutti_convolution *k, size_t outputs, const float *x, size_t rows, float *out,
                      ptrdiff_t out_stride) {
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < outputs; c++) {
            const float *w = k->weights + c;
            float sum = k->bias ? k->bias[c] : 0;
            for (size_t l = 0; l < line_count(k); l++)
                for (size_t t = 0; t < k->taps; t++, w += k->channels) sum += *w * x[place(k, r, l, t) + (ptrdiff_t)c];
            put(k, &sum, r, c, 1, out, out_stride);
        }
}

static void leaky(float *y, const float *x, float slope, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = leaky_of(x[i], slope);
}

const tutti_convolution_kernels tutti_convolution_portable = TUTTI_CONVOLUTION_ROW;
