#include <math.h>
#include <string.h>

#include "../elementwise/exp.h"
#include "../half.h"
#include "attention.h"

#define QUERY_TILE 4
#define PAIR_TILE 2
#define PAGES 1

#pragma clang diagnostic ignored "-Wpsabi"
typedef float halves16 __attribute__((ext_vector_type(16), aligned(4)));

static inline halves16 load_halves(const uint16_t *p) {
    halves16 out;
    for (int i = 0; i < 16; i++) out[i] = half_to_float(p[i]);
    return out;
}

static inline uint16_t store_half(float x) { return float_to_half(x); }

#include "body.h"

const tutti_attention_kernels tutti_attention_portable = {store, attend, merge};

size_t tutti_kv_head_bytes(tutti_kv kind, size_t width) {
    size_t numbers = 2 * TUTTI_PAGE_TOKENS * width;
    return kind == TUTTI_KV_F32 ? 4 * numbers : kind == TUTTI_KV_F16 ? 2 * numbers : numbers + numbers / 32 * 2;
}
