#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "../half.h"
#include "attention.h"

#define QUERY_TILE 12
#define PAIR_TILE 12
#define PAGES TUTTI_STRETCH_PAGES

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,f16c,avx2"))), apply_to = function)
#include "../elementwise/exp.h"

#pragma clang diagnostic ignored "-Wpsabi"
typedef float halves16 __attribute__((ext_vector_type(16), aligned(4)));

static inline __attribute__((always_inline)) halves16 load_halves(const uint16_t *p) {
    return (halves16)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}

static inline __attribute__((always_inline)) uint16_t store_half(float x) { return _cvtss_sh(x, 0); }

#include "body.h"
#pragma clang attribute pop

const tutti_attention_kernels tutti_attention_avx512 = {store, attend, merge};
#endif
