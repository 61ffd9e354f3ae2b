// Six rows of one panel in pairs of registers: 12 of 16.
#if defined(__x86_64__)
#include "convolution.h"

#define MOST_ROWS 6
#define MOST_PANELS 1

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "body.h"
#pragma clang attribute pop

const tutti_convolution_kernels tutti_convolution_avx2 = {dense, depthwise, leaky};
#endif
