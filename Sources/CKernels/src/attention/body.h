// Attention over one page, compiled once for each instruction set. The includer gives `load_halves` and `store_half`
// and QUERY_TILE, how many queries' sums its registers hold.

// Vectors of sixteen go through always-inlined functions only, so no call passes one and its ABI does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float v16 __attribute__((ext_vector_type(16), aligned(4)));

static inline __attribute__((always_inline)) v16 load_floats(const float *p) { return *(const v16 *)p; }

typedef int32_t i16 __attribute__((ext_vector_type(16), aligned(4)));

static inline __attribute__((always_inline)) v16 choose(i16 mask, v16 yes, v16 no) {
    return (v16)((mask & (i16)yes) | (~mask & (i16)no));
}

/// e^x of sixteen numbers, each as `tutti_exp` has it.
static inline __attribute__((always_inline)) v16 exp16(v16 x) {
    v16 clamped = choose(x < -87.3f, (v16)-87.3f, choose(x > 88.37f, (v16)88.37f, x));
    v16 shifted = clamped * 1.44269504f + 12582912.0f, n = shifted - 12582912.0f;
    v16 r = (clamped - n * 0.693145752f) - n * 1.42860677e-6f;
    v16 p = r * 1.98756915e-4f + 1.39819995e-3f;
    p = p * r + 8.33345205e-3f;
    p = p * r + 4.16657962e-2f;
    p = p * r + 1.66666655e-1f;
    p = p * r + 5.00000012e-1f;
    p = p * r * r + r + 1.0f;
    i16 power = ((i16)shifted - 0x4b400000 + 127) << 23;
    return choose(x < -87.3f, (v16)0, p * (v16)power);
}

/// Sum and maximum of sixteen numbers, always in the same order.
static inline __attribute__((always_inline)) float sum16(v16 x) {
    typedef float v8 __attribute__((ext_vector_type(8)));
    typedef float v4 __attribute__((ext_vector_type(4)));
    v8 eight = x.lo + x.hi;
    v4 four = eight.lo + eight.hi;
    return (four.x + four.z) + (four.y + four.w);
}

static inline __attribute__((always_inline)) float max16(v16 x) {
    typedef float v8 __attribute__((ext_vector_type(8)));
    typedef float v4 __attribute__((ext_vector_type(4)));
    v8 eight = __builtin_elementwise_max(x.lo, x.hi);
    v4 four = __builtin_elementwise_max(eight.lo, eight.hi);
    float a = four.x > four.z ? four.x : four.z, b = four.y > four.w ? four.y : four.w;
    return a > b ? a : b;
}

static inline __attribute__((always_inline)) v16 cap16(v16 score, float cap) {
    v16 doubled = score * (2 / cap);
    v16 e = exp16(choose(doubled > 40.0f, (v16)40.0f, choose(doubled < -40.0f, (v16)-40.0f, doubled)));
    return (e - 1) / (e + 1) * cap;
}

static inline __attribute__((always_inline)) v16 load_key(tutti_kv kind, const void *keys, size_t i) {
    return kind == TUTTI_KV_F16 ? load_halves((const uint16_t *)keys + i) : load_floats((const float *)keys + i);
}

/// Scores of `n` queries against `groups` groups of 16 keys, into scores[query][16 · groups]. Two groups together keep the
/// multipliers busy where few queries alone would wait for each sum. What lies at `next` is fetched on the way.
static inline __attribute__((always_inline)) void score_groups(tutti_kv kind, const void *keys, size_t width,
                                                               const float *query, ptrdiff_t stride, const int n,
                                                               const int groups, const int fetches, const char *next,
                                                               float *scores) {
    v16 sums[2 * QUERY_TILE];
#pragma clang loop unroll(full)
    for (int i = 0; i < groups * n; i++) sums[i] = 0;
    for (size_t d = 0; d < width; d++) {
        if (fetches) {
            __builtin_prefetch(next + 128 * d, 0, 2);
            __builtin_prefetch(next + 128 * d + 64, 0, 2);
        }
#pragma clang loop unroll(full)
        for (int g = 0; g < groups; g++) {
            v16 key = load_key(kind, keys, 16 * (d + width * (size_t)g));
#pragma clang loop unroll(full)
            for (int i = 0; i < n; i++) sums[groups * i + g] += key * query[stride * i + (ptrdiff_t)d];
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < n; i++)
#pragma clang loop unroll(full)
        for (int g = 0; g < groups; g++) *(v16 *)(scores + TUTTI_PAGE_TOKENS * i + 16 * g) = sums[groups * i + g];
}

/// out[query][d...] = out · decay[query] + Σ weight[query][token] value[token][d...], for `16 · spans` places from `d`.
static inline __attribute__((always_inline)) void blend_spans(tutti_kv kind, const void *values, size_t width, size_t d,
                                                              const float *weights, const float *decay, const int n,
                                                              const int spans, int from, int to, float *out) {
    v16 sums[2 * QUERY_TILE];
#pragma clang loop unroll(full)
    for (int i = 0; i < n * spans; i++)
        sums[i] = load_floats(out + width * (i / spans) + d + 16 * (i % spans)) * decay[i / spans];
    for (int t = from; t < to; t++) {
#pragma clang loop unroll(full)
        for (int s = 0; s < spans; s++) {
            v16 value = load_key(kind, values, width * t + d + 16 * s);
#pragma clang loop unroll(full)
            for (int i = 0; i < n; i++) sums[spans * i + s] += value * weights[TUTTI_PAGE_TOKENS * i + t];
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < n * spans; i++) *(v16 *)(out + width * (i / spans) + d + 16 * (i % spans)) = sums[i];
}

/// Adds a page's values to the outputs, as many places at a time as fill the registers.
static inline __attribute__((always_inline)) void blend(tutti_kv kind, const void *values, size_t width,
                                                        const float *weights, const float *decay, const int n,
                                                        int from, int to, float *out) {
    const int spans = n == 1 ? 4 : n <= QUERY_TILE / 2 ? 2 : 1;
    size_t d = 0;
    for (; d + 16 * spans <= width; d += 16 * spans)
        blend_spans(kind, values, width, d, weights, decay, n, spans, from, to, out);
    for (; d < width; d += 16) blend_spans(kind, values, width, d, weights, decay, n, 1, from, to, out);
}

static inline __attribute__((always_inline)) void attend_tile(tutti_kv kind, const char *keys, const void *values,
                                                              size_t width, const float *query, ptrdiff_t stride,
                                                              const int n, const int32_t *first, const int32_t *last,
                                                              float factor, float cap, const char *next, float *out,
                                                              float *largest, float *sum) {
    float scores[QUERY_TILE * TUTTI_PAGE_TOKENS], decay[QUERY_TILE];
    int from = TUTTI_PAGE_TOKENS, to = 0;
    for (int i = 0; i < n; i++) {
        if (first[i] >= last[i]) continue;
        from = first[i] < from ? first[i] : from;
        to = last[i] > to ? last[i] : to;
    }
    if (from >= to) return;
    size_t group_bytes = width * 16 * (kind == TUTTI_KV_F16 ? 2 : 4);
    if (n <= QUERY_TILE / 2 && from < 16 && to > 16) {
        if (next) score_groups(kind, keys, width, query, stride, n, 2, 1, next, scores);
        else score_groups(kind, keys, width, query, stride, n, 2, 0, NULL, scores);
    } else {
        if (from < 16) score_groups(kind, keys, width, query, stride, n, 1, 0, NULL, scores);
        if (to > 16) score_groups(kind, keys + group_bytes, width, query, stride, n, 1, 0, NULL, scores + 16);
    }
    const i16 places = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    for (int i = 0; i < n; i++) {
        v16 *row = (v16 *)(scores + TUTTI_PAGE_TOKENS * i);
        decay[i] = 1;
        if (first[i] >= last[i]) {
            row[0] = row[1] = 0;
            continue;
        }
        v16 early = row[0] * factor, late = row[1] * factor;
        if (cap > 0) {
            early = cap16(early, cap);
            late = cap16(late, cap);
        }
        // Places that the row does not see, among them those whose scores were not computed.
        early = choose((places >= first[i]) & (places < last[i]), early, (v16)-INFINITY);
        late = choose((places + 16 >= first[i]) & (places + 16 < last[i]), late, (v16)-INFINITY);
        float top = max16(__builtin_elementwise_max(early, late));
        if (top > largest[i]) {
            decay[i] = tutti_exp(largest[i] - top);
            largest[i] = top;
        }
        row[0] = early = exp16(early - largest[i]);
        row[1] = late = exp16(late - largest[i]);
        sum[i] = sum[i] * decay[i] + sum16(early + late);
    }
    blend(kind, values, width, scores, decay, n, from, to, out);
}

static void attend_float(tutti_kv kind, const char *keys, const void *values, size_t width, const float *query,
                         ptrdiff_t stride, int queries, const int32_t *first, const int32_t *last, float factor,
                         float cap, const char *next, float *out, float *largest, float *sum) {
    int i = 0;
#define ATTEND(n) \
    attend_tile(kind, keys, values, width, query + stride * i, stride, n, first + i, last + i, factor, cap, \
                i == 0 ? next : NULL, out + width * i, largest + i, sum + i)
    for (; i + QUERY_TILE <= queries; i += QUERY_TILE) ATTEND(QUERY_TILE);
#if QUERY_TILE > 8
    if (i + 8 <= queries) {
        ATTEND(8);
        i += 8;
    }
#endif
    switch (queries - i) {
#if QUERY_TILE > 4
        case 7: ATTEND(7); break;
        case 6: ATTEND(6); break;
        case 5: ATTEND(5); break;
        case 4: ATTEND(4); break;
#endif
        case 3: ATTEND(3); break;
        case 2: ATTEND(2); break;
        case 1: ATTEND(1); break;
        default: break;
    }
#undef ATTEND
}

/// A page of bytes as floats, on the stack: the page's own order stays.
static void expand_bytes(const int8_t *head, size_t width, float *keys, float *values) {
    const uint16_t *key_scales = (const uint16_t *)(head + TUTTI_PAGE_TOKENS * width);
    const int8_t *bytes = (const int8_t *)(key_scales + TUTTI_PAGE_TOKENS * (width / 32));
    const uint16_t *value_scales = (const uint16_t *)(bytes + TUTTI_PAGE_TOKENS * width);
    for (size_t g = 0; g < 2; g++)
        for (size_t d = 0; d < width; d++) {
            v16 scale = load_halves(key_scales + 16 * (width / 32 * g + d / 32));
            for (size_t t = 0; t < 16; t++) keys[16 * (width * g + d) + t] = scale[t] * head[16 * (width * g + d) + t];
        }
    for (size_t t = 0; t < TUTTI_PAGE_TOKENS; t++)
        for (size_t d = 0; d < width; d++)
            values[width * t + d] = half_to_float(value_scales[width / 32 * t + d / 32]) * bytes[width * t + d];
}

static void attend(tutti_kv kind, const void *head, size_t width, const float *query, ptrdiff_t stride, int queries,
                   const int32_t *first, const int32_t *last, float factor, float cap, const void *next, float *out,
                   float *largest, float *sum) {
    if (kind == TUTTI_KV_Q8_0) {
        float keys[TUTTI_PAGE_TOKENS * TUTTI_MAX_HEAD], values[TUTTI_PAGE_TOKENS * TUTTI_MAX_HEAD];
        expand_bytes(head, width, keys, values);
        attend_float(TUTTI_KV_F32, (const char *)keys, values, width, query, stride, queries, first, last, factor, cap,
                     NULL, out, largest, sum);
    } else if (kind == TUTTI_KV_F16) {
        const uint16_t *keys = head;
        attend_float(TUTTI_KV_F16, head, keys + TUTTI_PAGE_TOKENS * width, width, query, stride, queries, first, last,
                     factor, cap, next, out, largest, sum);
    } else {
        const float *keys = head;
        attend_float(TUTTI_KV_F32, head, keys + TUTTI_PAGE_TOKENS * width, width, query, stride, queries, first, last,
                     factor, cap, next, out, largest, sum);
    }
}

/// 32 floats as signed bytes with one scale; `step` is the distance between the bytes.
static void store_bytes(const float *x, int8_t *bytes, size_t step, uint16_t *scale) {
    float top = 0;
    for (int i = 0; i < 32; i++) top = x[i] > top ? x[i] : -x[i] > top ? -x[i] : top;
    *scale = float_to_half(top / 127);
    float stored = half_to_float(*scale), inverse = stored > 0 ? 1 / stored : 0;
    for (int i = 0; i < 32; i++) {
        float q = x[i] * inverse;
        q = q > 127 ? 127 : q < -127 ? -127 : q;
        bytes[step * i] = (int8_t)(q < 0 ? q - 0.5f : q + 0.5f);
    }
}

static void store(tutti_kv kind, void *head, size_t slot, const float *key, const float *value, size_t width) {
    size_t group = slot / 16, place = slot % 16;
    if (kind == TUTTI_KV_F32) {
        float *keys = (float *)head + 16 * width * group + place;
        for (size_t d = 0; d < width; d++) keys[16 * d] = key[d];
        memcpy((float *)head + TUTTI_PAGE_TOKENS * width + width * slot, value, width * sizeof(float));
    } else if (kind == TUTTI_KV_F16) {
        uint16_t *keys = (uint16_t *)head + 16 * width * group + place;
        uint16_t *values = (uint16_t *)head + TUTTI_PAGE_TOKENS * width + width * slot;
        for (size_t d = 0; d < width; d++) keys[16 * d] = store_half(key[d]);
        for (size_t d = 0; d < width; d++) values[d] = store_half(value[d]);
    } else {
        int8_t *keys = head;
        uint16_t *key_scales = (uint16_t *)(keys + TUTTI_PAGE_TOKENS * width);
        int8_t *values = (int8_t *)(key_scales + TUTTI_PAGE_TOKENS * (width / 32));
        uint16_t *value_scales = (uint16_t *)(values + TUTTI_PAGE_TOKENS * width);
        for (size_t b = 0; b < width / 32; b++) {
            store_bytes(key + 32 * b, keys + 16 * (width * group + 32 * b) + place, 16,
                        key_scales + 16 * (width / 32 * group + b) + place);
            store_bytes(value + 32 * b, values + width * slot + 32 * b, 1, value_scales + width / 32 * slot + b);
        }
    }
}
