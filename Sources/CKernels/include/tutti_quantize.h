// Float32 to stored numbers, the way back of tutti_convert.h.
//
// Each function reads count finite values (a multiple of the format's block) and writes whole blocks, which need not be
// aligned. A value that is not finite gives some block, never undefined behaviour. The same values give the same bytes
// on every CPU: searches sum in a fixed order and no multiply-add is fused.
#ifndef TUTTI_QUANTIZE_H
#define TUTTI_QUANTIZE_H

#include <stddef.h>

/// Whether no value is a NaN or farther from zero than `largest`.
int tutti_all_within(const float *values, size_t count, float largest);

// One by one, rounded to nearest, ties to even; what is too large for float16 becomes infinite.
void tutti_quantize_f16(const float *values, void *blocks, size_t count);
void tutti_quantize_bf16(const float *values, void *blocks, size_t count);

// Blocks of 32 whose scale follows from their extreme values.
void tutti_quantize_q4_0(const float *values, void *blocks, size_t count);
void tutti_quantize_q4_1(const float *values, void *blocks, size_t count);
void tutti_quantize_q5_0(const float *values, void *blocks, size_t count);
void tutti_quantize_q5_1(const float *values, void *blocks, size_t count);
void tutti_quantize_q8_0(const float *values, void *blocks, size_t count);

// Blocks whose scales are searched for the least weighted square error.
void tutti_quantize_iq4_nl(const float *values, void *blocks, size_t count);
void tutti_quantize_q4_k(const float *values, void *blocks, size_t count);
void tutti_quantize_q5_k(const float *values, void *blocks, size_t count);
void tutti_quantize_q6_k(const float *values, void *blocks, size_t count);

/// The scale and offset by which the integers 0...top come closest to 32 values, `value ≈ scale · q - offset`, offset
/// at least 0. A value's error weighs as much as the block's root mean square and its own magnitude together.
/// The integers are chosen by 1 + steps candidates, `(nudge + top + 0.1 · k) / (largest - least)` being the inverses of
/// their scales, from the best offset so far; for those integers scale and offset are the least-squares ones.
void tutti_fit_affine(const float values[32], int top, float nudge, int steps, float *scale, float *offset);

/// The scale by which the integers -32...31 come closest to 16 values, whose errors weigh as their squares.
float tutti_fit_symmetric(const float values[16]);

/// The scale by which the sixteen levels of IQ4_NL come closest to 32 values, whose errors weigh as their squares.
float tutti_fit_levels(const float values[32]);

#endif
