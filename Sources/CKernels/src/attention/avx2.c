#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "../half.h"
#include "attention.h"

#define QUERY_TILE 4
#define PAIR_TILE 2
#define PAGES 1

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "../elementwise/exp.h"

typedef float halves8 __attribute__((ext_vector_type(8)));
#pragma clang diagnostic ignored "-Wpsabi"
typedef float halves16 __attribute__((ext_vector_type(16), aligned(4)));

static inline __attribute__((always_inline)) halves16 load_halves(const uint16_t *p) {
    halves16 out;
    out.lo = (halves8)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
    out.hi = (halves8)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p + 8)));
    return out;
}

static inline __attribute__((always_inline)) uint16_t store_half(float x) { return _cvtss_sh(x, 0); }

#include "body.h"
#pragma clang attribute pop

const tutti_attention_kernels tutti_attention_avx2 = {store, attend, merge};
#endif
