#if defined(__x86_64__)
#include <immintrin.h>

#include "peak.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

enum { CHAINS = 12, REGISTER_INTS = 8 };
#define EACH(i, count) _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++)

static double peak_int8(size_t steps) {
    enum { NARROW = 4, SUMS = 8 };
    __m256i weights = _mm256_set1_epi8(15), values = _mm256_set1_epi8(3), ones = _mm256_set1_epi16(1), sums[NARROW];
    EACH(i, NARROW) sums[i] = _mm256_setzero_si256();
    for (size_t step = 0; step < steps; step++) {
        __m256i narrow[NARROW];
        EACH(i, NARROW) narrow[i] = _mm256_setzero_si256();
        EACH(k, SUMS) {
            EACH(i, NARROW) {
                // Without this the same product would be computed once for all.
                __asm__ __volatile__("" : "+x"(weights));
                narrow[i] = _mm256_add_epi16(narrow[i], _mm256_maddubs_epi16(weights, values));
            }
        }
        EACH(i, NARROW) sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(narrow[i], ones));
    }
    EACH(i, NARROW) tutti_peak_sink += (float)_mm256_cvtsi256_si32(sums[i]);
    return (double)steps * NARROW * SUMS * REGISTER_INTS * 4;
}

static double peak_float(size_t steps) {
    __m256 factor = _mm256_set1_ps(0.5f), value = _mm256_set1_ps(0.25f), sums[CHAINS];
    EACH(i, CHAINS) sums[i] = _mm256_setzero_ps();
    for (size_t step = 0; step < steps; step++) {
        EACH(i, CHAINS) sums[i] = _mm256_fmadd_ps(factor, value, sums[i]);
        EACH(i, CHAINS) __asm__ __volatile__("" : "+x"(sums[i]));
    }
    EACH(i, CHAINS) tutti_peak_sink += _mm256_cvtss_f32(sums[i]);
    return (double)steps * CHAINS * REGISTER_INTS;
}

static unsigned peak_read(const void *memory, size_t byte_count) {
    enum { LOADS = 8 };
    __m256i sums[LOADS];
    EACH(i, LOADS) sums[i] = _mm256_setzero_si256();
    for (size_t at = 0; at < byte_count; at += LOADS * 32) {
        EACH(i, LOADS) {
            sums[i] = _mm256_or_si256(sums[i], _mm256_load_si256((const __m256i *)((const char *)memory + at) + i));
        }
    }
    __m256i all = sums[0];
    EACH(i, LOADS) all = _mm256_or_si256(all, sums[i]);
    return (unsigned)_mm256_movemask_epi8(all);
}

#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,avxvnni"))), apply_to = function)

static double peak_int8_vnni(size_t steps) {
    __m256i weights = _mm256_set1_epi8(15), values = _mm256_set1_epi8(3), sums[CHAINS];
    EACH(i, CHAINS) sums[i] = _mm256_setzero_si256();
    for (size_t step = 0; step < steps; step++) {
        EACH(i, CHAINS) sums[i] = _mm256_dpbusd_avx_epi32(sums[i], weights, values);
        EACH(i, CHAINS) __asm__ __volatile__("" : "+x"(sums[i]));
    }
    EACH(i, CHAINS) tutti_peak_sink += (float)_mm256_cvtsi256_si32(sums[i]);
    return (double)steps * CHAINS * REGISTER_INTS * 4;
}

#pragma clang attribute pop

const tutti_peak_kernels tutti_peak_avx2 = {peak_int8, peak_float, peak_read, 0};
const tutti_peak_kernels tutti_peak_avxvnni = {peak_int8_vnni, peak_float, peak_read, 0};
#endif
