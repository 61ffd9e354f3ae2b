// Six rows of one panel in fours of registers: 24 of 32.
#if defined(__aarch64__)
#include "convolution.h"

#define MOST_ROWS 6
#define MOST_PANELS 1
#define DEPTH_ROWS 6

#include "../elementwise/exp.h"
#include "pointwise.h"
#include "body.h"

const tutti_convolution_kernels tutti_convolution_neon = TUTTI_CONVOLUTION_ROW;
#endif
