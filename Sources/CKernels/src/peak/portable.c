#include "peak.h"

volatile float tutti_peak_sink;

enum { COUNT = 2048 };

/// Tells the compiler that memory may have changed: the next round of the same work is not the same work to it.
#define FORGET() __asm__ __volatile__("" ::: "memory")

static double peak_int8(size_t steps) {
    static const int8_t x[COUNT] = {1, 2, 3}, y[COUNT] = {3, 2, 1};
    int32_t sum = 0;
    for (size_t step = 0; step < steps; step++) {
        const int8_t *a = x, *b = y;
        __asm__ __volatile__("" : "+r"(a), "+r"(b));
        for (int i = 0; i < COUNT; i++) sum += (int32_t)a[i] * b[i];
        FORGET();
    }
    tutti_peak_sink = (float)sum;
    return (double)steps * COUNT;
}

static double peak_float(size_t steps) {
    // Sums side by side, since a single one may not be reordered.
    float sums[64] = {0};
    static const float x[COUNT] = {1, 2, 3}, y[COUNT] = {3, 2, 1};
    for (size_t step = 0; step < steps; step++) {
        const float *a = x, *b = y;
        __asm__ __volatile__("" : "+r"(a), "+r"(b));
        for (int i = 0; i < COUNT; i += 64)
            for (int j = 0; j < 64; j++) sums[j] += a[i + j] * b[i + j];
        FORGET();
    }
    float total = 0;
    for (int j = 0; j < 64; j++) total += sums[j];
    tutti_peak_sink = total;
    return (double)steps * COUNT;
}

static unsigned peak_read(const void *memory, size_t byte_count) {
    const uint64_t *words = memory;
    uint64_t sums[8] = {0};
    for (size_t i = 0; i < byte_count / 8; i += 8)
        for (int j = 0; j < 8; j++) sums[j] |= words[i + j];
    uint64_t all = 0;
    for (int j = 0; j < 8; j++) all |= sums[j];
    return (unsigned)all | (unsigned)(all >> 32);
}

const tutti_peak_kernels tutti_peak_portable = {peak_int8, peak_float, peak_read, 0};
