// Convolutions over frames of channels, [frames][channels].
//
// The weights of a dense convolution are float32 panels as tutti_linear.h draws them, of taps · channels columns: all
// channels of the first tap, then those of the second. Nothing is copied: a window is read where it lies, tap by tap.
#ifndef TUTTI_CONVOLUTION_H
#define TUTTI_CONVOLUTION_H

#include <stddef.h>

typedef struct {
    /// Dense: panels one behind the other. Depthwise: [taps][channels].
    const float *weights;
    /// A number for each output, zeros behind up to a whole panel; null for none.
    const float *bias;
    /// Inputs of each tap; in a depthwise convolution the outputs too.
    size_t channels;
    size_t taps;
    /// Numbers from one tap's inputs to the next one's, and from one row's first tap to the next row's.
    ptrdiff_t tap_stride, row_stride;
    /// What negative sums are multiplied by, from 0 (ReLU) to 1 (nothing changes).
    float slope;
    /// Whether results are added to what `out` holds.
    int adds;
} tutti_convolution;

/// out[r][n] = leaky(bias[n] + Σ_t Σ_c w[n][t][c] · x[r · row_stride + t · tap_stride + c]) for `outputs` outputs, of which
/// rows are `out_stride` apart. A row's sums are formed in one order, wherever it stands.
void tutti_convolve(const tutti_convolution *convolution, size_t outputs, const float *x, size_t rows, float *out,
                    ptrdiff_t out_stride);

/// out[r][c] = leaky(bias[c] + Σ_t w[t][c] · x[r · row_stride + t · tap_stride + c])
void tutti_convolve_depthwise(const tutti_convolution *convolution, const float *x, size_t rows, float *out,
                              ptrdiff_t out_stride);

/// y[i] = x[i], or slope · x[i] where that is larger: for slopes from 0 to 1. x and y may be the same.
void tutti_leaky_f32(float *y, const float *x, float slope, size_t count);

#endif
