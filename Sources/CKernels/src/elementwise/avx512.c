#if defined(__x86_64__)
#include "elementwise.h"

#include <math.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,f16c,avx2"))), apply_to = function)
#include "exp.h"
#include "body.h"
#pragma clang attribute pop

const tutti_elementwise_kernels tutti_elementwise_avx512 = TUTTI_ELEMENTWISE_ROW;
#endif
