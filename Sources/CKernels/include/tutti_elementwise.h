// Operators over rows of float32: norms, rotary positions, gates, softmax parts.
#ifndef TUTTI_ELEMENTWISE_H
#define TUTTI_ELEMENTWISE_H

#include <stddef.h>
#include <stdint.h>

/// y[i] = x[i] / sqrt(mean(x²) + epsilon) · weight[i]; `weight` may be null (all ones). x and y may be the same.
void tutti_rms_norm_f32(float *y, const float *x, const float *weight, size_t width, float epsilon);

/// y[i] = (x[i] - mean) / sqrt(variance + epsilon) · weight[i] + bias[i]; `bias` may be null. x and y may be the same.
void tutti_layer_norm_f32(float *y, const float *x, const float *weight, const float *bias, size_t width,
                          float epsilon);

/// y[i] += x[i]
void tutti_add_f32(float *y, const float *x, size_t count);

/// y[row][i] = x[row][i] + bias[i], added to what y holds where `adds`; `bias` may be null. x and y may be the same.
void tutti_place_f32(float *y, ptrdiff_t y_stride, const float *x, ptrdiff_t x_stride, int rows, size_t count,
                     const float *bias, int adds);

/// y[i] *= factor
void tutti_scale_f32(float *y, float factor, size_t count);

/// y[i] = cap · tanh(y[i] / cap)
void tutti_soft_cap_f32(float *y, float cap, size_t count);

/// y[i] = silu(gate[i]) · up[i]
void tutti_silu_gate_f32(float *y, const float *gate, const float *up, size_t count);

/// y[i] = gelu(gate[i]) · up[i], gelu by its tanh form
void tutti_gelu_gate_f32(float *y, const float *gate, const float *up, size_t count);

/// y[i] = gelu(y[i]) by the error function itself
void tutti_gelu_f32(float *y, size_t count);

/// y[i] = gelu(y[i]) by its tanh form
void tutti_gelu_tanh_f32(float *y, size_t count);

/// y[i] = y[i] · σ(1.702 · y[i])
void tutti_quick_gelu_f32(float *y, size_t count);

/// y[i] = tanh(y[i])
void tutti_tanh_f32(float *y, size_t count);

/// y[i] = sin(y[i]), within 2e-7 where |y[i]| is below 40,000; beyond that slowly, by the C library
void tutti_sin_f32(float *y, size_t count);

/// y[i] = tanh(x[i]) / (1 + exp(-gate[i]))
void tutti_tanh_gate_f32(float *y, const float *x, const float *gate, size_t count);

/// Turns the first `rotated` of each head's `width` numbers by the angles whose cosines and sines are given
/// (`rotated / 2` each). `halves`: pairs are (i, i + rotated / 2); otherwise (2i, 2i + 1).
void tutti_rope_f32(float *x, size_t heads, size_t width, size_t rotated, int halves, const float *cosine,
                    const float *sine);

/// The index of the largest number, the first of equals; -1 when any is NaN or `count` is 0.
ptrdiff_t tutti_argmax_f32(const float *x, size_t count);

/// The largest number.
float tutti_max_f32(const float *x, size_t count);

/// Σ exp(x[i] - shift)
float tutti_sum_exp_f32(const float *x, float shift, size_t count);

/// y[i] = exp(y[i]) / Σ exp(y)
void tutti_softmax_f32(float *y, size_t count);

#endif
