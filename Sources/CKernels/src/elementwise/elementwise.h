#ifndef TUTTI_ELEMENTWISE_PRIVATE_H
#define TUTTI_ELEMENTWISE_PRIVATE_H

#include "tutti_elementwise.h"

typedef struct {
    void (*rms_norm)(float *, const float *, const float *, size_t, float);
    void (*layer_norm)(float *, const float *, const float *, const float *, size_t, float);
    void (*add)(float *, const float *, size_t);
    void (*place)(float *, ptrdiff_t, const float *, ptrdiff_t, int, size_t, const float *, int);
    void (*scale)(float *, float, size_t);
    void (*soft_cap)(float *, float, size_t);
    void (*silu_gate)(float *, const float *, const float *, size_t);
    void (*gelu_gate)(float *, const float *, const float *, size_t);
    void (*gelu)(float *, size_t);
    void (*hyperbolic_tangent)(float *, size_t);
    void (*tanh_gate)(float *, const float *, const float *, size_t);
    void (*rope)(float *, size_t, size_t, size_t, int, const float *, const float *);
    ptrdiff_t (*argmax)(const float *, size_t);
    float (*max)(const float *, size_t);
    float (*sum_exp)(const float *, float, size_t);
    void (*softmax)(float *, size_t);
    void (*sine)(float *, size_t);
    void (*gelu_tanh)(float *, size_t);
    void (*quick_gelu)(float *, size_t);
} tutti_elementwise_kernels;

extern const tutti_elementwise_kernels tutti_elementwise_portable;
#if defined(__x86_64__)
extern const tutti_elementwise_kernels tutti_elementwise_avx2;
extern const tutti_elementwise_kernels tutti_elementwise_avx512;
#endif

#endif
