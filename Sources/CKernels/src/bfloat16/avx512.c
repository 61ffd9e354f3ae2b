// AVX-512 with BF16: sixteen rows a register, two columns an instruction.
#if defined(__x86_64__)
#include <immintrin.h>

#include "bfloat16.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma,avx2"))), \
                             apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#define EACH_ROW _Pragma("clang loop unroll(full)") for (int m = 0; m < rows; m++)

static void round_row(const float *x, size_t columns, uint16_t *out) {
    size_t k = 0;
    for (; k + 16 <= columns; k += 16)
        _mm256_storeu_si256((__m256i *)(out + k), (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(x + k)));
    if (k == columns) return;
    // Lanes beyond the row are zeros, and one of them may be needed.
    __m512 rest = _mm512_maskz_loadu_ps((__mmask16)((1u << (columns - k)) - 1), x + k);
    __mmask16 kept = (__mmask16)((1u << (tutti_bfloat16_row(columns) - k)) - 1);
    _mm256_mask_storeu_epi16(out + k, kept, (__m256i)_mm512_cvtneps_pbh(rest));
}

static void pair(const uint16_t *numbers, size_t columns, uint16_t *out) {
    for (size_t k = 0; k < columns; k += 2) {
        __m256i first = _mm256_loadu_si256((const __m256i *)(numbers + 16 * k));
        __m256i second = k + 1 < columns ? _mm256_loadu_si256((const __m256i *)(numbers + 16 * k + 16))
                                         : _mm256_setzero_si256();
        __m512i low = _mm512_cvtepu16_epi32(first), high = _mm512_slli_epi32(_mm512_cvtepu16_epi32(second), 16);
        _mm512_storeu_si512(out + 16 * k, _mm512_or_si512(low, high));
    }
}

INLINE __m512bh weights_of(const uint16_t *p) { return (__m512bh)_mm512_loadu_si512(p); }
INLINE __m512bh pair_of(const uint16_t *a) {
    int32_t both;
    memcpy(&both, a, 4);
    return (__m512bh)_mm512_set1_epi32(both);
}

/// Two panels share each pair of activations that is fetched.
INLINE void dot_rows(const uint16_t *weights, const int panels, size_t columns, const uint16_t *x, ptrdiff_t x_stride,
                     const int rows, float *out, ptrdiff_t stride) {
    const size_t width = tutti_bfloat16_row(columns);
    const uint16_t *next = weights + 16 * width;
    __m512 sums[TUTTI_TILE_ROWS], next_sums[TUTTI_TILE_ROWS];
    EACH_ROW sums[m] = next_sums[m] = _mm512_setzero_ps();
    for (size_t k = 0; k < width; k += 2) {
        __m512bh w = weights_of(weights + 16 * k), v = panels > 1 ? weights_of(next + 16 * k) : w;
        EACH_ROW {
            __m512bh a = pair_of(x + x_stride * m + (ptrdiff_t)k);
            sums[m] = _mm512_dpbf16_ps(sums[m], w, a);
            if (panels > 1) next_sums[m] = _mm512_dpbf16_ps(next_sums[m], v, a);
        }
    }
    EACH_ROW {
        _mm512_storeu_ps(out + stride * m, sums[m]);
        if (panels > 1) _mm512_storeu_ps(out + stride * m + 16, next_sums[m]);
    }
}

static void dot(const uint16_t *weights, int panels, size_t columns, const uint16_t *x, ptrdiff_t x_stride, int rows,
                float *out, ptrdiff_t stride) {
#define DOT(n) \
    if (panels > 1) dot_rows(weights, 2, columns, x, x_stride, n, out, stride); \
    else dot_rows(weights, 1, columns, x, x_stride, n, out, stride)
    switch (rows) {
        case 1: DOT(1); break;
        case 2: DOT(2); break;
        case 4: DOT(4); break;
        case 8: DOT(8); break;
        default: DOT(12);
    }
}

#pragma clang attribute pop

const tutti_bfloat16_kernels tutti_bfloat16_avx512 = {round_row, pair, dot};
#endif
