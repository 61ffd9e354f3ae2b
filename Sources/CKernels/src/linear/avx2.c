// AVX2 with FMA: bytes are multiplied in two steps.
//
// vpmaddubsw adds pairs into 16 bits and saturates, so weights of up to six bits stay unsigned with an offset and their
// pairs are added while they fit; bytes go by absolute values, with the weight's sign given to the activation.
#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#include "avx2_weights.h"

enum { BYTE_OFFSET = 0 };

INLINE void multiply_bytes(const weights *v, const int8_t *a, const int count, const int from, const int to,
                           __m256i *sums) {
    EACH_OF(count) sums[m] = _mm256_setzero_si256();
    UNROLLED for (int g = from; g < to; g++) {
        __m256i w = at(v->low + 64 * g), size = _mm256_abs_epi8(w);
        EACH_OF(count) {
            __m256i pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(group_of(a, m, g), w));
            sums[m] = _mm256_add_epi32(sums[m], _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
        }
    }
}

INLINE void multiply(const tutti_family family, const weights *v, const int8_t *a, const biases b, const int count,
                     const int from, const int to, __m256i *sums) {
    if (family == TUTTI_Q8_0 || family == TUTTI_W8) {
        multiply_bytes(v, a, count, from, to, sums);
        return;
    }
    // As many groups as fit: a pair is at most 2 · 127 · 15, 31 or 63.
    const int fit = family == TUTTI_Q6_K ? 2 : family == TUTTI_Q5_0 || family == TUTTI_Q5_1 ? 4 : 8;
    UNROLLED for (int first = from; first < to; first += fit) {
        __m256i pairs[4];
        UNROLLED for (int g = first; g < first + fit; g++) {
            __m256i w = group(family, v, g);
            EACH_OF(count) {
                __m256i products = _mm256_maddubs_epi16(w, group_of(a, m, g));
                pairs[m] = g == first ? products : _mm256_add_epi16(pairs[m], products);
            }
        }
        EACH_OF(count) {
            __m256i fours = _mm256_madd_epi16(pairs[m], _mm256_set1_epi16(1));
            sums[m] = first == from ? fours : _mm256_add_epi32(sums[m], fours);
        }
    }
    if (b.bits) EACH_OF(count) sums[m] = _mm256_add_epi32(sums[m], bias(b, m));
}

#include "avx2.h"

#pragma clang attribute pop

const tutti_linear_kernels tutti_linear_avx2 = {quantize, dot, dot_float, widen, dot_pair};
#endif
