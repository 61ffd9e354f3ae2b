#ifndef TUTTI_BFLOAT16_PRIVATE_H
#define TUTTI_BFLOAT16_PRIVATE_H

#include "../half.h"
#include "tutti_bfloat16.h"
#include "tutti_linear.h"

typedef struct {
    void (*round)(const float *x, size_t columns, uint16_t *out);
    void (*pair)(const uint16_t *numbers, size_t columns, uint16_t *out);
    void (*dot)(const uint16_t *weights, int panels, size_t columns, const uint16_t *x, ptrdiff_t x_stride, int rows,
                float *out, ptrdiff_t stride);
} tutti_bfloat16_kernels;

extern const tutti_bfloat16_kernels tutti_bfloat16_portable;
#if defined(__x86_64__)
extern const tutti_bfloat16_kernels tutti_bfloat16_avx512;
#endif

#endif
