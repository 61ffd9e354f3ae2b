// The loops as the formulas have them.
#include "convolution.h"

static void dense(const tutti_convolution *k, size_t outputs, const float *x, size_t rows, float *out,
                  ptrdiff_t out_stride) {
    size_t columns = k->taps * k->channels;
    for (size_t r = 0; r < rows; r++, x += k->row_stride, out += out_stride) {
        for (size_t first = 0; first < outputs; first += 16) {
            const float *panel = k->weights + first * columns;
            float sums[16];
            for (size_t n = 0; n < 16; n++) sums[n] = k->bias ? k->bias[first + n] : 0;
            for (size_t t = 0; t < k->taps; t++)
                for (size_t c = 0; c < k->channels; c++) {
                    const float *w = panel + 16 * (t * k->channels + c);
                    float a = x[(ptrdiff_t)t * k->tap_stride + (ptrdiff_t)c];
                    for (size_t n = 0; n < 16; n++) sums[n] += w[n] * a;
                }
            for (size_t n = 0; n < 16 && first + n < outputs; n++)
                out[first + n] = (k->adds ? out[first + n] : 0) + leaky_of(sums[n], k->slope);
        }
    }
}

static void depthwise(const tutti_convolution *k, const float *x, size_t rows, float *out, ptrdiff_t out_stride) {
    for (size_t r = 0; r < rows; r++, x += k->row_stride, out += out_stride)
        for (size_t c = 0; c < k->channels; c++) {
            float sum = k->bias ? k->bias[c] : 0;
            for (size_t t = 0; t < k->taps; t++)
                sum += k->weights[t * k->channels + c] * x[(ptrdiff_t)t * k->tap_stride + (ptrdiff_t)c];
            out[c] = (k->adds ? out[c] : 0) + leaky_of(sum, k->slope);
        }
}

static void leaky(float *y, const float *x, float slope, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = leaky_of(x[i], slope);
}

const tutti_convolution_kernels tutti_convolution_portable = {dense, depthwise, leaky};
