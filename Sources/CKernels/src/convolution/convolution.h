#ifndef TUTTI_CONVOLUTION_PRIVATE_H
#define TUTTI_CONVOLUTION_PRIVATE_H

#include "tutti_convolution.h"

typedef struct {
    void (*dense)(const tutti_convolution *, size_t, const float *, size_t, float *, ptrdiff_t);
    void (*depthwise)(const tutti_convolution *, size_t, const float *, size_t, float *, ptrdiff_t);
    void (*leaky)(float *, const float *, float, size_t);
    void (*activate)(const tutti_convolution *, float *, size_t);
    void (*scale_add)(float *, const float *, const float *, const float *, size_t, size_t, size_t);
    void (*sum_rows)(float *, const float *, size_t, size_t);
    void (*maximum)(float *, const float *, size_t);
} tutti_convolution_kernels;

extern const tutti_convolution_kernels tutti_convolution_portable;
#if defined(__x86_64__)
extern const tutti_convolution_kernels tutti_convolution_avx2;
extern const tutti_convolution_kernels tutti_convolution_avx512;
#elif defined(__aarch64__)
extern const tutti_convolution_kernels tutti_convolution_neon;
#endif

#define TUTTI_CONVOLUTION_ROW {dense, depthwise, leaky, activate, scale_add, sum_rows, maximum}

static inline float leaky_of(float x, float slope) { return x > slope * x ? x : slope * x; }

static inline size_t line_count(const tutti_convolution *k) { return k->lines ? k->lines : 1; }

#endif
