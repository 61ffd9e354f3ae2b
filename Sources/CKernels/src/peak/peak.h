#ifndef TUTTI_PEAK_PRIVATE_H
#define TUTTI_PEAK_PRIVATE_H

#include <stdint.h>

#include "tutti_peak.h"

typedef struct {
    double (*int8)(size_t);
    double (*float32)(size_t);
    unsigned (*read)(const void *, size_t);
    /// Null where there is no instruction for it.
    double (*bfloat16)(size_t);
} tutti_peak_kernels;

extern const tutti_peak_kernels tutti_peak_portable;
#if defined(__x86_64__)
extern const tutti_peak_kernels tutti_peak_avx2;
extern const tutti_peak_kernels tutti_peak_avxvnni;
extern const tutti_peak_kernels tutti_peak_avx512;
extern const tutti_peak_kernels tutti_peak_avx512bf16;
#endif

/// Where results go that nobody reads, so that the compiler cannot leave out the work.
extern volatile float tutti_peak_sink;

#endif
