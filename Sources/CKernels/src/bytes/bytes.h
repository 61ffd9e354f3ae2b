#ifndef TUTTI_BYTES_PRIVATE_H
#define TUTTI_BYTES_PRIVATE_H

#include <string.h>

#include "tutti_bytes.h"
#include "tutti_linear.h"

typedef struct {
    void (*range)(const float *x, size_t count, float *low, float *high);
    int32_t (*round)(const float *x, size_t count, float scale, int32_t zero, int8_t *q);
    void (*dot)(const tutti_byte_panel *weights, const tutti_byte_rows *x, int rows, float *out, ptrdiff_t stride);
} tutti_byte_kernels;

extern const tutti_byte_kernels tutti_bytes_portable;
#if defined(__x86_64__)
extern const tutti_byte_kernels tutti_bytes_avx2;
extern const tutti_byte_kernels tutti_bytes_avx512;
#endif

static inline uint32_t byte_group(const int8_t *values, size_t group) {
    uint32_t word;
    memcpy(&word, values + 4 * group, 4);
    return word;
}

#endif
