#if defined(__x86_64__)
#include <immintrin.h>

#include "bytes.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "body.h"

/// Products of 32 bytes, summed by fours. Two products of a byte with a signed one do not fit in 16 bits, so the weights
/// are taken apart into their highest bit and the rest.
static inline __m256i quads(__m256i weights, __m256i values) {
    __m256i ones = _mm256_set1_epi16(1), high = _mm256_set1_epi8((char)0x80);
    __m256i low = _mm256_maddubs_epi16(_mm256_andnot_si256(high, weights), values);
    __m256i top = _mm256_maddubs_epi16(_mm256_and_si256(weights, high), values);
    return _mm256_add_epi32(_mm256_madd_epi16(low, ones), _mm256_madd_epi16(top, ones));
}

static void finish(const tutti_byte_panel *weights, const tutti_byte_rows *x, int row, int half, __m256i sum, float *out) {
    __m256i all = _mm256_loadu_si256((const __m256i *)(weights->sums + 8 * half));
    sum = _mm256_sub_epi32(sum, _mm256_mullo_epi32(all, _mm256_set1_epi32(x->zeros[row])));
    sum = _mm256_add_epi32(sum, _mm256_set1_epi32(row_offset(weights, x, row)));
    __m256 product = _mm256_mul_ps(_mm256_cvtepi32_ps(sum), _mm256_set1_ps(x->scales[row] * weights->scale));
    if (weights->bias) product = _mm256_add_ps(product, _mm256_loadu_ps(weights->bias + 8 * half));
    _mm256_storeu_ps(out + 8 * half, product);
}

/// `count` rows at once, a constant where it is called.
static inline __attribute__((always_inline)) void dot_rows(
    const tutti_byte_panel *weights, const tutti_byte_rows *x, int first, int count, float *out, ptrdiff_t stride) {
    const uint8_t *w = weights->panel;
    size_t groups = (weights->columns + 3) / 4;
    __m256i sums[8];
    for (int i = 0; i < 2 * count; i++) sums[i] = _mm256_setzero_si256();
    for (size_t group = 0; group < groups; group++, w += 64) {
        __m256i a = _mm256_loadu_si256((const __m256i *)w), b = _mm256_loadu_si256((const __m256i *)(w + 32));
        for (int i = 0; i < count; i++) {
            __m256i values = _mm256_set1_epi32((int)byte_group(x->values + (first + i) * x->stride, group));
            sums[2 * i] = _mm256_add_epi32(sums[2 * i], quads(a, values));
            sums[2 * i + 1] = _mm256_add_epi32(sums[2 * i + 1], quads(b, values));
        }
    }
    for (int i = 0; i < count; i++)
        for (int half = 0; half < 2; half++)
            finish(weights, x, first + i, half, sums[2 * i + half], out + (first + i) * stride);
}

static void dot(const tutti_byte_panel *weights, const tutti_byte_rows *x, int rows, float *out, ptrdiff_t stride) {
    int row = 0;
    for (; row + 4 <= rows; row += 4) dot_rows(weights, x, row, 4, out, stride);
    for (; row < rows; row++) dot_rows(weights, x, row, 1, out, stride);
}
#pragma clang attribute pop

const tutti_byte_kernels tutti_bytes_avx2 = {range, round_bytes, dot};
#endif
