// Stored numbers to float32, exactly as the formats define them.
//
// Each function reads count elements (a multiple of the format's block) from blocks, which need not be aligned, and
// writes count floats to out. The results are those of the formulae in IEEE single precision, one rounding for each
// multiplication, addition and subtraction: no fused multiply-add, so that every compiler and CPU gives the same bits.
#ifndef TUTTI_CONVERT_H
#define TUTTI_CONVERT_H

#include <stddef.h>
#include <stdint.h>

// The float32 that an IEEE binary16 stands for; exact, NaN payloads included.
float tutti_half_to_float(uint16_t half);

void tutti_dequantize_f16(const void *blocks, float *out, size_t count);
void tutti_dequantize_bf16(const void *blocks, float *out, size_t count);

// Blocks of 32 elements.
void tutti_dequantize_q4_0(const void *blocks, float *out, size_t count);
void tutti_dequantize_q4_1(const void *blocks, float *out, size_t count);
void tutti_dequantize_q5_0(const void *blocks, float *out, size_t count);
void tutti_dequantize_q5_1(const void *blocks, float *out, size_t count);
void tutti_dequantize_q8_0(const void *blocks, float *out, size_t count);
void tutti_dequantize_iq4_nl(const void *blocks, float *out, size_t count);
void tutti_dequantize_mxfp4(const void *blocks, float *out, size_t count);

// Blocks of 256 elements.
void tutti_dequantize_q2_k(const void *blocks, float *out, size_t count);
void tutti_dequantize_q3_k(const void *blocks, float *out, size_t count);
void tutti_dequantize_q4_k(const void *blocks, float *out, size_t count);
void tutti_dequantize_q5_k(const void *blocks, float *out, size_t count);
void tutti_dequantize_q6_k(const void *blocks, float *out, size_t count);
void tutti_dequantize_iq4_xs(const void *blocks, float *out, size_t count);

#endif
