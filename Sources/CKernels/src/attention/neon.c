#if defined(__aarch64__)
#include <arm_neon.h>
#include <math.h>
#include <string.h>

#include "../elementwise/exp.h"
#include "../half.h"
#include "attention.h"

// A vector of sixteen is four registers: four queries' sums take half of them.
#define QUERY_TILE 4
#define PAIR_TILE 2
#define PAGES 1

#pragma clang diagnostic ignored "-Wpsabi"
typedef float halves4 __attribute__((ext_vector_type(4)));
typedef float halves16 __attribute__((ext_vector_type(16), aligned(4)));

static inline __attribute__((always_inline)) halves4 load_four(const uint16_t *p) {
    return (halves4)vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
}

static inline __attribute__((always_inline)) halves16 load_halves(const uint16_t *p) {
    halves16 out;
    out.lo.lo = load_four(p);
    out.lo.hi = load_four(p + 4);
    out.hi.lo = load_four(p + 8);
    out.hi.hi = load_four(p + 12);
    return out;
}

static inline __attribute__((always_inline)) uint16_t store_half(float x) {
    return vget_lane_u16(vreinterpret_u16_f16(vcvt_f16_f32(vdupq_n_f32(x))), 0);
}

#include "body.h"

const tutti_attention_kernels tutti_attention_neon = {store, attend, merge};
#endif
