#if defined(__x86_64__)
#include <immintrin.h>

#include "bytes.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma,avx2"))), apply_to = function)
#include "body.h"

static inline __m512i products(__m512i sum, const uint8_t *w, const int8_t *values, size_t group) {
    return _mm512_dpbusd_epi32(sum, _mm512_loadu_si512(w), _mm512_set1_epi32((int)byte_group(values, group)));
}

static inline void finish(const tutti_byte_panel *weights, const tutti_byte_rows *x, int row, __m512i sum, float *out) {
    __m512i all = _mm512_loadu_si512(weights->sums);
    sum = _mm512_sub_epi32(sum, _mm512_mullo_epi32(all, _mm512_set1_epi32(x->zeros[row])));
    sum = _mm512_add_epi32(sum, _mm512_set1_epi32(row_offset(weights, x, row)));
    __m512 product = _mm512_mul_ps(_mm512_cvtepi32_ps(sum), _mm512_set1_ps(x->scales[row] * weights->scale));
    if (weights->bias) product = _mm512_add_ps(product, _mm512_loadu_ps(weights->bias));
    _mm512_storeu_ps(out, product);
}

/// `count` rows at once, a constant where it is called: each weight is read once for all of them.
static inline __attribute__((always_inline)) void dot_rows(
    const tutti_byte_panel *weights, const tutti_byte_rows *x, int first, int count, float *out, ptrdiff_t stride) {
    const uint8_t *w = weights->panel;
    const int8_t *values[12];
    size_t groups = (weights->columns + 3) / 4;
    __m512i sums[12];
    for (int i = 0; i < count; i++) {
        sums[i] = _mm512_setzero_si512();
        values[i] = x->values + (first + i) * x->stride;
    }
    for (size_t group = 0; group < groups; group++, w += 64) {
        __m512i weight = _mm512_loadu_si512(w);
        for (int i = 0; i < count; i++)
            sums[i] = _mm512_dpbusd_epi32(sums[i], weight, _mm512_set1_epi32((int)byte_group(values[i], group)));
    }
    for (int i = 0; i < count; i++) finish(weights, x, first + i, sums[i], out + (first + i) * stride);
}

/// One row: four sums side by side, because each waits for its last product.
static void dot_row(const tutti_byte_panel *weights, const tutti_byte_rows *x, int row, float *out) {
    const uint8_t *w = weights->panel;
    const int8_t *values = x->values + row * x->stride;
    size_t groups = (weights->columns + 3) / 4, group = 0;
    __m512i sums[4];
    for (int i = 0; i < 4; i++) sums[i] = _mm512_setzero_si512();
    for (; group + 4 <= groups; group += 4, w += 256)
        for (int i = 0; i < 4; i++) sums[i] = products(sums[i], w + 64 * i, values, group + (size_t)i);
    for (; group < groups; group++, w += 64) sums[0] = products(sums[0], w, values, group);
    __m512i sum = _mm512_add_epi32(_mm512_add_epi32(sums[0], sums[1]), _mm512_add_epi32(sums[2], sums[3]));
    finish(weights, x, row, sum, out);
}

static void dot(const tutti_byte_panel *weights, const tutti_byte_rows *x, int rows, float *out, ptrdiff_t stride) {
    int row = 0;
    for (; row + 12 <= rows; row += 12) dot_rows(weights, x, row, 12, out, stride);
    for (; row + 8 <= rows; row += 8) dot_rows(weights, x, row, 8, out, stride);
    for (; row + 4 <= rows; row += 4) dot_rows(weights, x, row, 4, out, stride);
    for (; row + 2 <= rows; row += 2) dot_rows(weights, x, row, 2, out, stride);
    for (; row < rows; row++) dot_row(weights, x, row, out + row * stride);
}
#pragma clang attribute pop

const tutti_byte_kernels tutti_bytes_avx512 = {range, round_bytes, dot};
#endif
