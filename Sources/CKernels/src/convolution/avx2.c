// Six rows of one panel in pairs of registers: 12 of 16.
#if defined(__x86_64__)
#include "convolution.h"

#include <stdint.h>
#include <string.h>

#define MOST_ROWS 6
#define MOST_PANELS 1
#define DEPTH_ROWS 4

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "../elementwise/exp.h"
#include "pointwise.h"
#include "body.h"
#pragma clang attribute pop

const tutti_convolution_kernels tutti_convolution_avx2 = TUTTI_CONVOLUTION_ROW;
#endif
