// Panels as the kernels of 256 bits read them: the sixteen rows of a panel are two registers of eight.
#ifndef TUTTI_LINEAR_AVX2_WEIGHTS_H
#define TUTTI_LINEAR_AVX2_WEIGHTS_H

#include <immintrin.h>

#include "linear.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLLED _Pragma("clang loop unroll(full)")
#define EACH_OF(count) UNROLLED for (int m = 0; m < count; m++)

INLINE __m256 halves(const uint8_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
INLINE __m256 bytes_u(const uint8_t *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
INLINE __m256 bytes_s(const uint8_t *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
INLINE __m256i group_of(const int8_t *a, int m, int g) {
    int32_t four;
    memcpy(&four, a + 32 * m + 4 * g, 4);
    return _mm256_set1_epi32(four);
}
INLINE __m256i at(const uint8_t *p) { return _mm256_loadu_si256((const __m256i *)p); }

/// 32 columns of half a panel, eight rows: where its integers lie (bytes or nibbles, and the bits above nibbles), and
/// what they are multiplied with and added to, for each half of the columns where they differ.
typedef struct {
    const uint8_t *low, *high;
    __m256 scale, second_scale, minimum, second_minimum;
} weights;

/// Block `b` of half `side` of a panel.
INLINE weights load_weights(const tutti_family family, const uint8_t *panel, size_t b, int side) {
    weights v = {0};
    const uint8_t *p;
    switch (family) {
        case TUTTI_Q4_0:
            p = panel + Q4_0_BLOCK * b;
            v.scale = halves(p + 16 * side);
            v.low = p + 32 + 32 * side;
            break;
        case TUTTI_Q4_1:
            p = panel + Q4_1_BLOCK * b;
            v.scale = halves(p + 16 * side);
            v.minimum = halves(p + 32 + 16 * side);
            v.low = p + 64 + 32 * side;
            break;
        case TUTTI_Q5_0:
            p = panel + Q5_0_BLOCK * b;
            v.scale = halves(p + 16 * side);
            v.low = p + 32 + 32 * side;
            v.high = p + 288 + 32 * side;
            break;
        case TUTTI_Q5_1:
            p = panel + Q5_1_BLOCK * b;
            v.scale = halves(p + 16 * side);
            v.minimum = halves(p + 32 + 16 * side);
            v.low = p + 64 + 32 * side;
            v.high = p + 320 + 32 * side;
            break;
        case TUTTI_Q8_0:
            p = panel + Q8_0_BLOCK * b;
            v.scale = halves(p + 16 * side);
            v.low = p + 32 + 32 * side;
            break;
        case TUTTI_Q4_K: {
            const uint8_t *head = panel + (Q4_K_HEAD + 8 * Q4_K_BLOCK) * (b / 8);
            p = head + Q4_K_HEAD + Q4_K_BLOCK * (b % 8);
            v.scale = _mm256_mul_ps(halves(head + 16 * side), bytes_u(p + 8 * side));
            v.minimum = _mm256_mul_ps(_mm256_sub_ps(_mm256_setzero_ps(), halves(head + 32 + 16 * side)),
                                      bytes_u(p + 16 + 8 * side));
            v.low = p + 32 + 32 * side;
            break;
        }
        case TUTTI_Q6_K: {
            const uint8_t *head = panel + (Q6_K_HEAD + 8 * Q6_K_BLOCK) * (b / 8);
            p = head + Q6_K_HEAD + Q6_K_BLOCK * (b % 8);
            v.scale = _mm256_mul_ps(halves(head + 16 * side), bytes_s(p + 8 * side));
            v.second_scale = _mm256_mul_ps(halves(head + 16 * side), bytes_s(p + 16 + 8 * side));
            v.low = p + 32 + 32 * side;
            v.high = p + 288 + 32 * side;
            break;
        }
        default: {
            p = panel + TUTTI_W8_BLOCK_BYTES * b;
            const float *scales = (const float *)(p + W8_SCALES) + 8 * side;
            const float *minima = (const float *)(p + W8_MINIMA) + 8 * side;
            v.scale = _mm256_loadu_ps(scales);
            v.second_scale = _mm256_loadu_ps(scales + 16);
            v.minimum = _mm256_loadu_ps(minima);
            v.second_minimum = _mm256_loadu_ps(minima + 16);
            v.low = p + 32 * side;
        }
    }
    return v;
}

INLINE __m256i shifted(__m256i bits, const int left) {
    return left < 0 ? _mm256_srli_epi16(bits, -left) : _mm256_slli_epi16(bits, left);
}

/// Four columns of eight rows: unsigned, with an offset where the family's weights have a sign; bytes as they are.
///
/// Weights are taken out of memory group by group as they are multiplied: all eight and the sums of four rows would not
/// stay in sixteen registers.
INLINE __m256i group(const tutti_family family, const weights *v, const int g) {
    if (family == TUTTI_Q8_0 || family == TUTTI_W8) return at(v->low + 64 * g);
    const int place = g % 4;
    __m256i nibbles = at(v->low + 64 * place);
    __m256i w = _mm256_and_si256(shifted(nibbles, g < 4 ? 0 : -4), _mm256_set1_epi8(15));
    if (family == TUTTI_Q5_0 || family == TUTTI_Q5_1)
        w = _mm256_or_si256(w, _mm256_and_si256(shifted(at(v->high), 4 - g), _mm256_set1_epi8(16)));
    if (family == TUTTI_Q6_K)
        w = _mm256_or_si256(
            w, _mm256_and_si256(shifted(at(v->high + 64 * (g / 4)), 4 - 2 * place), _mm256_set1_epi8(48)));
    return w;
}

/// What sums begin at, to undo what made weights unsigned: negative sums of activations, less others, shifted.
typedef struct {
    const int32_t *sums, *others;
    int bits;
} biases;

INLINE __m256i bias(const biases b, int m) {
    if (!b.bits) return _mm256_setzero_si256();
    __m256i sum = _mm256_set1_epi32(b.sums[m]);
    if (b.others) sum = _mm256_sub_epi32(sum, _mm256_set1_epi32(b.others[m]));
    return _mm256_slli_epi32(sum, b.bits);
}

#endif
