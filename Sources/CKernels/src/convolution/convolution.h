#ifndef TUTTI_CONVOLUTION_PRIVATE_H
#define TUTTI_CONVOLUTION_PRIVATE_H

#include "tutti_convolution.h"

typedef struct {
    void (*dense)(const tutti_convolution *, size_t, const float *, size_t, float *, ptrdiff_t);
    void (*depthwise)(const tutti_convolution *, const float *, size_t, float *, ptrdiff_t);
    void (*leaky)(float *, const float *, float, size_t);
} tutti_convolution_kernels;

extern const tutti_convolution_kernels tutti_convolution_portable;
#if defined(__x86_64__)
extern const tutti_convolution_kernels tutti_convolution_avx2;
extern const tutti_convolution_kernels tutti_convolution_avx512;
#elif defined(__aarch64__)
extern const tutti_convolution_kernels tutti_convolution_neon;
#endif

static inline float leaky_of(float x, float slope) { return x > slope * x ? x : slope * x; }

#endif
