#if defined(__x86_64__)
#include <math.h>
#include <string.h>

#include "../convert/levels.h"
#include "quantize.h"

// Without fma: a fused multiply-add would give other bits than the portable version.
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#include "body.h"
#pragma clang attribute pop

const tutti_fit_kernels tutti_fit_avx2 = TUTTI_FIT_ROW;
#endif
