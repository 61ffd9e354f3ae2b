#ifndef TUTTI_ATTENTION_PRIVATE_H
#define TUTTI_ATTENTION_PRIVATE_H

#include "tutti_attention.h"

typedef struct {
    void (*store)(tutti_kv, void *, size_t, const float *, const float *, size_t);
    void (*attend)(const tutti_attention *);
    void (*merge)(const float *, const float *, const float *, int, size_t, float *, float *, float *);
} tutti_attention_kernels;

extern const tutti_attention_kernels tutti_attention_portable;
#if defined(__x86_64__)
extern const tutti_attention_kernels tutti_attention_avx2;
extern const tutti_attention_kernels tutti_attention_avx512;
#elif defined(__aarch64__)
extern const tutti_attention_kernels tutti_attention_neon;
#endif

#endif
