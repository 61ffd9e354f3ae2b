#if defined(__x86_64__)
#include <immintrin.h>

#include "peak.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vnni"))), apply_to = function)

enum { CHAINS = 16, REGISTER_INTS = 16 };
#define EACH(i, count) _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++)

static double peak_int8(size_t steps) {
    __m512i weights = _mm512_set1_epi8(15), values = _mm512_set1_epi8(3), sums[CHAINS];
    EACH(i, CHAINS) sums[i] = _mm512_setzero_si512();
    for (size_t step = 0; step < steps; step++) {
        EACH(i, CHAINS) sums[i] = _mm512_dpbusd_epi32(sums[i], weights, values);
        EACH(i, CHAINS) __asm__ __volatile__("" : "+v"(sums[i]));
    }
    EACH(i, CHAINS) tutti_peak_sink += (float)_mm512_cvtsi512_si32(sums[i]);
    return (double)steps * CHAINS * REGISTER_INTS * 4;
}

static double peak_float(size_t steps) {
    __m512 factor = _mm512_set1_ps(0.5f), value = _mm512_set1_ps(0.25f), sums[CHAINS];
    EACH(i, CHAINS) sums[i] = _mm512_setzero_ps();
    for (size_t step = 0; step < steps; step++) {
        EACH(i, CHAINS) sums[i] = _mm512_fmadd_ps(factor, value, sums[i]);
        EACH(i, CHAINS) __asm__ __volatile__("" : "+v"(sums[i]));
    }
    EACH(i, CHAINS) tutti_peak_sink += _mm512_cvtss_f32(sums[i]);
    return (double)steps * CHAINS * REGISTER_INTS;
}

static unsigned peak_read(const void *memory, size_t byte_count) {
    enum { LOADS = 8 };
    __m512i sums[LOADS];
    EACH(i, LOADS) sums[i] = _mm512_setzero_si512();
    for (size_t at = 0; at < byte_count; at += LOADS * 64) {
        EACH(i, LOADS) {
            sums[i] = _mm512_or_si512(sums[i], _mm512_load_si512((const char *)memory + at + 64 * i));
        }
    }
    __m512i all = sums[0];
    EACH(i, LOADS) all = _mm512_or_si512(all, sums[i]);
    return (unsigned)_mm512_reduce_or_epi32(all);
}

const tutti_peak_kernels tutti_peak_avx512 = {peak_int8, peak_float, peak_read, 0};
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bf16"))), apply_to = function)

static double peak_bfloat16(size_t steps) {
    __m512bh factors = (__m512bh)_mm512_set1_epi16(0x3f00), values = (__m512bh)_mm512_set1_epi16(0x3e80);
    __m512 sums[CHAINS];
    EACH(i, CHAINS) sums[i] = _mm512_setzero_ps();
    for (size_t step = 0; step < steps; step++) {
        EACH(i, CHAINS) sums[i] = _mm512_dpbf16_ps(sums[i], factors, values);
        EACH(i, CHAINS) __asm__ __volatile__("" : "+v"(sums[i]));
    }
    EACH(i, CHAINS) tutti_peak_sink += _mm512_cvtss_f32(sums[i]);
    return (double)steps * CHAINS * REGISTER_INTS * 2;
}

#pragma clang attribute pop

const tutti_peak_kernels tutti_peak_avx512bf16 = {peak_int8, peak_float, peak_read, peak_bfloat16};
#endif
