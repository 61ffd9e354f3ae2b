// Twelve rows of two panels: 24 of 32 registers.
#if defined(__x86_64__)
#include "convolution.h"

#include <stdint.h>
#include <string.h>

#define MOST_ROWS 12
#define MOST_PANELS 2
#define DEPTH_ROWS 12

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,f16c,avx2"))), apply_to = function)
#include "../elementwise/exp.h"
#include "pointwise.h"
#include "body.h"
#pragma clang attribute pop

const tutti_convolution_kernels tutti_convolution_avx512 = TUTTI_CONVOLUTION_ROW;
#endif
