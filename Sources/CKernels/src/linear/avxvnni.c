// AVX-VNNI, which processors have that lack AVX-512: vpdpbusd multiplies unsigned by signed bytes and adds by fours.
//
// Every weight is made unsigned by an offset, and the sum over a block starts at -offset times that of its activations.
// Sums of integers are exact, so results are the very bits of AVX2.
#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avxvnni,avx2,fma,f16c"))), apply_to = function)

#include "avx2_weights.h"

enum { BYTE_OFFSET = 7 };

INLINE void multiply(const tutti_family family, const weights *v, const int8_t *a, const biases b, const int count,
                     const int from, const int to, __m256i *sums) {
    EACH_OF(count) sums[m] = bias(b, m);
    UNROLLED for (int g = from; g < to; g++) {
        __m256i w = group(family, v, g);
        if (family == TUTTI_Q8_0 || family == TUTTI_W8) w = _mm256_xor_si256(w, _mm256_set1_epi8(-128));
        EACH_OF(count) sums[m] = _mm256_dpbusd_avx_epi32(sums[m], w, group_of(a, m, g));
    }
}

#include "avx2.h"

#pragma clang attribute pop

const tutti_linear_kernels tutti_linear_avxvnni = {quantize, dot, dot_float, widen, dot_pair};
#endif
