// Convolutions over frames of channels, [frames][channels], and over pictures, whose lines are such frames.
//
// The weights of a dense convolution are float32 panels as tutti_linear.h draws them, of lines · taps · channels columns:
// all channels of the first line's first tap, then those of its second, and so on. Nothing is copied: a window is read where
// it lies, tap by tap.
#ifndef TUTTI_CONVOLUTION_H
#define TUTTI_CONVOLUTION_H

#include <stddef.h>

/// What becomes of a sum.
typedef enum {
    /// Negative ones are multiplied by `slope`.
    TUTTI_LEAKY = 0,
    /// min(max(x, low), high)
    TUTTI_CLIP = 1,
    /// x · min(max(x / 6 + 1/2, 0), 1)
    TUTTI_HARD_SWISH = 2,
    /// min(max(low · x + high, 0), 1)
    TUTTI_HARD_SIGMOID = 3,
    /// 1 / (1 + exp(-x))
    TUTTI_SIGMOID = 4,
    /// x / (1 + exp(-x))
    TUTTI_SILU = 5,
    /// x / 2 · (1 + erf(x / √2))
    TUTTI_GELU = 6,
} tutti_activation;

typedef struct {
    /// Dense: panels one behind the other. Depthwise: [lines][taps][channels].
    const float *weights;
    /// A number for each output, zeros behind up to a whole panel; null for none.
    const float *bias;
    /// Inputs of each tap; in a depthwise convolution the outputs too.
    size_t channels;
    /// Taps in each line of a window, and lines: 0 is 1.
    size_t taps, lines;
    /// Numbers from one tap's inputs to the next one's, from one line's first tap to the next line's, and from one row's
    /// first tap to the next row's.
    ptrdiff_t tap_stride, line_stride, row_stride;
    tutti_activation activation;
    /// Of TUTTI_LEAKY: from 0 (ReLU) to 1 (nothing changes).
    float slope;
    /// Of TUTTI_CLIP and TUTTI_HARD_SIGMOID.
    float low, high;
    /// Whether results are added to what `out` holds.
    int adds;
    /// What is added to them besides, rows `added_stride` apart; null for nothing. It may be `out`.
    const float *added;
    ptrdiff_t added_stride;
    /// Where sums go once more, negative ones times `rectified_slope`, in rows as far apart as those of `out`; null for
    /// nowhere. Where it is `out`, these are what stays there.
    float *rectified;
    float rectified_slope;
} tutti_convolution;

/// out[r][n] = activation(bias[n] + Σ_l Σ_t Σ_c w[n][l][t][c] · x[r · row_stride + l · line_stride + t · tap_stride + c]) for
/// `outputs` outputs, of which rows are `out_stride` apart. A row's sums are formed in one order, wherever it stands.
void tutti_convolve(const tutti_convolution *convolution, size_t outputs, const float *x, size_t rows, float *out,
                    ptrdiff_t out_stride);

/// out[r][c] = activation(bias[c] + Σ_l Σ_t w[l][t][c] · x[r · row_stride + l · line_stride + t · tap_stride + c]) for the
/// first `outputs` channels.
void tutti_convolve_depthwise(const tutti_convolution *convolution, size_t outputs, const float *x, size_t rows,
                              float *out, ptrdiff_t out_stride);

/// y[i] = x[i], or slope · x[i] where that is larger: for slopes from 0 to 1. x and y may be the same.
void tutti_leaky_f32(float *y, const float *x, float slope, size_t count);

/// y[i] = the activation of a convolution, of y[i].
void tutti_activate_f32(const tutti_convolution *convolution, float *y, size_t count);

/// y[r][c] = x[r][c] · scale[c] + added[r / repeats][c], rows of `width` numbers one after the other. `scale` may be null
/// (all ones), and `added` (all zeros). y may be x.
void tutti_scale_add_f32(float *y, const float *x, const float *scale, const float *added, size_t repeats, size_t rows,
                         size_t width);

/// y[c] += Σ_r x[r][c], rows of `width` numbers one after the other, in the order of the rows.
void tutti_sum_rows_f32(float *y, const float *x, size_t rows, size_t width);

/// y[i] = max(y[i], x[i])
void tutti_maximum_f32(float *y, const float *x, size_t count);

#endif
