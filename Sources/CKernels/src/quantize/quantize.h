// The searches for scales, which have a version for each instruction set.
#ifndef TUTTI_QUANTIZE_PRIVATE_H
#define TUTTI_QUANTIZE_PRIVATE_H

#include "tutti_quantize.h"

typedef struct {
    void (*affine)(const float *values, int top, float nudge, int steps, float *scale, float *offset);
    float (*symmetric)(const float *values);
    float (*levels)(const float *values);
} tutti_fit_kernels;

extern const tutti_fit_kernels tutti_fit_portable;
#if defined(__x86_64__)
extern const tutti_fit_kernels tutti_fit_avx2;
#endif

#endif
