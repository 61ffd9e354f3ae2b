// Attention over pages, compiled once for each instruction set. The includer gives `load_halves` and `store_half`,
// QUERY_TILE, how many queries' sums its registers hold, PAIR_TILE, how many queries' if each has two, and PAGES, how
// many pages a tile of queries meets before the next tile does.

// Vectors of sixteen go through always-inlined functions only, so no call passes one and its ABI does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float v16 __attribute__((ext_vector_type(16), aligned(4)));

static inline __attribute__((always_inline)) v16 load_floats(const float *p) { return *(const v16 *)p; }

typedef int32_t i16 __attribute__((ext_vector_type(16), aligned(4)));

static inline __attribute__((always_inline)) v16 choose(i16 mask, v16 yes, v16 no) {
    return (v16)((mask & (i16)yes) | (~mask & (i16)no));
}

/// e^x of numbers up to 88, each as `tutti_exp` has it, and 0 of those below -87.3.
#define EXP(name, floats, bits) \
    static inline __attribute__((always_inline)) floats name(floats x) { \
        floats shifted = x * 1.44269504f + 12582912.0f, n = shifted - 12582912.0f; \
        floats r = (x - n * 0.693145752f) - n * 1.42860677e-6f; \
        floats p = r * 1.98756915e-4f + 1.39819995e-3f; \
        p = p * r + 8.33345205e-3f; \
        p = p * r + 4.16657962e-2f; \
        p = p * r + 1.66666655e-1f; \
        p = p * r + 5.00000012e-1f; \
        p = p * r * r + r + 1.0f; \
        bits power = ((bits)shifted - 0x4b400000 + 127) << 23; \
        /* Whatever became of numbers far below is not taken. */ \
        return (floats)(~(x < -87.3f) & (bits)(p * (floats)power)); \
    }
EXP(exp16, v16, i16)

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

static inline __attribute__((always_inline)) v16 larger(v16 a, v16 b) { return choose(a > b, a, b); }

// A lane for each query of a tile.
#if QUERY_TILE > 8
#define LANES 16
typedef v16 lanes;
typedef i16 lane_bits;
#else
#define LANES 8
typedef float lanes __attribute__((ext_vector_type(8), aligned(4)));
typedef int32_t lane_bits __attribute__((ext_vector_type(8), aligned(4)));
#endif

EXP(exp_lanes, lanes, lane_bits)

static inline __attribute__((always_inline)) lanes choose_lanes(lane_bits mask, lanes yes, lanes no) {
    return (lanes)((mask & (lane_bits)yes) | (~mask & (lane_bits)no));
}

static inline __attribute__((always_inline)) lanes larger_lanes(lanes a, lanes b) { return choose_lanes(a > b, a, b); }

#define SHUFFLED(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)

// A number for each of `n` rows' vectors, `of` applied in the order in which `alone` does it for one: many at once.
#if LANES == 16
#define FOLD(name, of, alone) \
    static inline __attribute__((always_inline)) lanes name(const v16 *rows, const int n) { \
        if (n <= 4) { \
            lanes few = 0; \
            _Pragma("clang loop unroll(full)") for (int i = 0; i < n; i++) few[i] = alone(rows[i]); \
            return few; \
        } \
        v16 eights[8], fours[4], twos[2]; \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 8; i++) { \
            v16 a = rows[2 * i < n ? 2 * i : 0], b = rows[2 * i + 1 < n ? 2 * i + 1 : 0]; \
            eights[i] = of(SHUFFLED(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23), \
                           SHUFFLED(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31)); \
        } \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 4; i++) { \
            v16 a = eights[2 * i], b = eights[2 * i + 1]; \
            fours[i] = of(SHUFFLED(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27), \
                          SHUFFLED(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)); \
        } \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 2; i++) { \
            v16 a = fours[2 * i], b = fours[2 * i + 1]; \
            twos[i] = of(SHUFFLED(a, b, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29), \
                         SHUFFLED(a, b, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31)); \
        } \
        return of(SHUFFLED(twos[0], twos[1], 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30), \
                  SHUFFLED(twos[0], twos[1], 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)); \
    }
#else
#define FOLD(name, of, alone) \
    static inline __attribute__((always_inline)) lanes name(const v16 *rows, const int n) { \
        if (n <= 2) { \
            lanes few = 0; \
            _Pragma("clang loop unroll(full)") for (int i = 0; i < n; i++) few[i] = alone(rows[i]); \
            return few; \
        } \
        lanes eights[8], fours[4], twos[2]; \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 8; i++) { \
            v16 row = rows[i < n ? i : 0]; \
            eights[i] = of((lanes)row.lo, (lanes)row.hi); \
        } \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 4; i++) { \
            lanes a = eights[2 * i], b = eights[2 * i + 1]; \
            fours[i] = of(SHUFFLED(a, b, 0, 1, 2, 3, 8, 9, 10, 11), SHUFFLED(a, b, 4, 5, 6, 7, 12, 13, 14, 15)); \
        } \
        /* From here on by halves of a register, in which rows of even number lie before those of odd. */ \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 2; i++) { \
            lanes a = fours[2 * i], b = fours[2 * i + 1]; \
            twos[i] = of(SHUFFLED(a, b, 0, 1, 8, 9, 4, 5, 12, 13), SHUFFLED(a, b, 2, 3, 10, 11, 6, 7, 14, 15)); \
        } \
        lanes all = of(SHUFFLED(twos[0], twos[1], 0, 2, 8, 10, 4, 6, 12, 14), \
                       SHUFFLED(twos[0], twos[1], 1, 3, 9, 11, 5, 7, 13, 15)); \
        return SHUFFLED(all, all, 0, 4, 1, 5, 2, 6, 3, 7); \
    }
#endif

#define ADDED(a, b) ((a) + (b))
FOLD(sum_rows, ADDED, sum16)
FOLD(max_rows, larger_lanes, max16)

/// Some queries of a tile under way through a stretch of pages.
typedef struct {
    /// `[queries][TUTTI_STRETCH_TOKENS]`, scores that become weights.
    float weights[QUERY_TILE * TUTTI_STRETCH_TOKENS];
    /// For every page by what outputs of before are multiplied, and whether any is by something else than 1.
    float decay[TUTTI_STRETCH_PAGES][LANES];
    int decays[TUTTI_STRETCH_PAGES];
    /// The places of each page that any query sees.
    int from[TUTTI_STRETCH_PAGES], to[TUTTI_STRETCH_PAGES];
    lanes largest, sum;
} tile;

/// Scores of `n` queries against `groups` groups of 16 keys. Two groups together keep the multipliers busy where few
/// queries alone would wait for each sum, and share what many queries fetch. What lies at `next` is fetched on the way.
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
        v16 key[2];
#pragma clang loop unroll(full)
        for (int g = 0; g < groups; g++) key[g] = load_key(kind, keys, 16 * (d + width * (size_t)g));
#pragma clang loop unroll(full)
        for (int i = 0; i < n; i++) {
            float q = query[stride * i + (ptrdiff_t)d];
#pragma clang loop unroll(full)
            for (int g = 0; g < groups; g++) sums[groups * i + g] += key[g] * q;
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < n; i++)
#pragma clang loop unroll(full)
        for (int g = 0; g < groups; g++) *(v16 *)(scores + TUTTI_STRETCH_TOKENS * i + 16 * g) = sums[groups * i + g];
}

/// Scores of `n` queries against the page `p`, of which they see `from..<to`.
static inline __attribute__((always_inline)) void score_page(const tutti_attention *s, int p, const float *query,
                                                             const int n, const char *next, tile *t) {
    const char *keys = s->heads[p];
    size_t group_bytes = s->width * 16 * (s->kind == TUTTI_KV_F16 ? 2 : 4);
    float *scores = t->weights + TUTTI_PAGE_TOKENS * p;
    if (n <= PAIR_TILE && t->from[p] < 16 && t->to[p] > 16) {
        if (next) score_groups(s->kind, keys, s->width, query, s->stride, n, 2, 1, next, scores);
        else score_groups(s->kind, keys, s->width, query, s->stride, n, 2, 0, NULL, scores);
        return;
    }
    if (t->from[p] < 16) score_groups(s->kind, keys, s->width, query, s->stride, n, 1, 0, NULL, scores);
    if (t->to[p] > 16)
        score_groups(s->kind, keys + group_bytes, s->width, query, s->stride, n, 1, 0, NULL, scores + 16);
}

/// Scores of the page `p` become weights, and the sums and maxima take them in. `first` and `last` are counted from it.
static inline __attribute__((always_inline)) void weigh_page(const tutti_attention *s, int p, const int n,
                                                             const int32_t *first, const int32_t *last, tile *t) {
    const i16 places = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    float *scores = t->weights + TUTTI_PAGE_TOKENS * p;
    v16 rows[QUERY_TILE];
    // Not unrolled: one row's instructions already wait for nothing but each other, and constants stay in registers.
#pragma clang loop unroll(disable)
    for (int i = 0; i < n; i++) {
        v16 *row = (v16 *)(scores + TUTTI_STRETCH_TOKENS * i);
        v16 early = row[0] * s->scale, late = row[1] * s->scale;
        if (s->cap > 0) {
            early = cap16(early, s->cap);
            late = cap16(late, s->cap);
        }
        // Places that the row does not see, among them those whose scores were not computed.
        if (first[i] > 0 || last[i] < TUTTI_PAGE_TOKENS) {
            early = choose((places >= first[i]) & (places < last[i]), early, (v16)-INFINITY);
            late = choose((places + 16 >= first[i]) & (places + 16 < last[i]), late, (v16)-INFINITY);
        }
        row[0] = early;
        row[1] = late;
        rows[i] = larger(early, late);
    }
    lanes top = max_rows(rows, n), before = t->largest;
    lane_bits grows = top > before;
    t->largest = choose_lanes(grows, top, before);
    // Where nothing was and nothing is, the difference is no number.
    lanes decay = choose_lanes(grows, exp_lanes(before - t->largest), (lanes)1);
    *(lanes *)t->decay[p] = decay;
    t->decays[p] = __builtin_reduce_or(decay != 1) != 0;
    float largest[LANES];
    *(lanes *)largest = t->largest;
#pragma clang loop unroll(disable)
    for (int i = 0; i < n; i++) {
        v16 *row = (v16 *)(scores + TUTTI_STRETCH_TOKENS * i);
        if (first[i] < last[i]) {
            row[0] = exp16(row[0] - largest[i]);
            row[1] = exp16(row[1] - largest[i]);
        } else {
            row[0] = row[1] = 0;
        }
        rows[i] = row[0] + row[1];
    }
    t->sum = t->sum * decay + sum_rows(rows, n);
}

/// out[query][d...] = out · decay[query] + Σ weight[query][token] value[token][d...], for `16 · spans` places from `d`,
/// page by page.
static inline __attribute__((always_inline)) void blend_spans(const tutti_attention *s, size_t d, const tile *t,
                                                              const int n, const int spans, float *out) {
    v16 sums[2 * QUERY_TILE];
#pragma clang loop unroll(full)
    for (int i = 0; i < n * spans; i++) sums[i] = load_floats(out + s->width * (i / spans) + d + 16 * (i % spans));
    for (int p = 0; p < s->count; p++) {
        const char *head = s->heads[p];
        const void *values = head + TUTTI_PAGE_TOKENS * s->width * (s->kind == TUTTI_KV_F16 ? 2 : 4);
        const float *weights = t->weights + TUTTI_PAGE_TOKENS * p;
        if (t->decays[p]) {
#pragma clang loop unroll(full)
            for (int i = 0; i < n * spans; i++) sums[i] *= t->decay[p][i / spans];
        }
        for (int token = t->from[p]; token < t->to[p]; token++) {
            v16 value[4];
#pragma clang loop unroll(full)
            for (int k = 0; k < spans; k++) value[k] = load_key(s->kind, values, s->width * token + d + 16 * k);
#pragma clang loop unroll(full)
            for (int i = 0; i < n; i++) {
                float weight = weights[TUTTI_STRETCH_TOKENS * i + token];
#pragma clang loop unroll(full)
                for (int k = 0; k < spans; k++) sums[spans * i + k] += value[k] * weight;
            }
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < n * spans; i++) *(v16 *)(out + s->width * (i / spans) + d + 16 * (i % spans)) = sums[i];
}

/// Adds the pages' values to the outputs, as many places at a time as fill the registers.
static inline __attribute__((always_inline)) void blend(const tutti_attention *s, const tile *t, const int n,
                                                        float *out) {
    const int spans = n == 1 ? 4 : n <= PAIR_TILE ? 2 : 1;
    size_t d = 0;
    for (; d + 16 * spans <= s->width; d += 16 * spans) blend_spans(s, d, t, n, spans, out);
    for (; d < s->width; d += 16) blend_spans(s, d, t, n, 1, out);
}

/// `n` queries over the pages of `s`, before which there are `skipped` that their bounds count as well.
static inline __attribute__((always_inline)) void attend_tile(const tutti_attention *s, int skipped, const int i,
                                                              const int n) {
    float *out = s->out + s->width * i, some[LANES] = {0};
    const float *query = s->query + s->stride * i;
    tile t;
    memcpy(some, s->sum + i, sizeof(float) * n);
    t.sum = *(lanes *)some;
    memcpy(some, s->largest + i, sizeof(float) * n);
    t.largest = *(lanes *)some;
    for (int p = 0; p < s->count; p++) {
        int32_t first[QUERY_TILE], last[QUERY_TILE];
        t.from[p] = TUTTI_PAGE_TOKENS;
        t.to[p] = t.decays[p] = 0;
        for (int q = 0; q < n; q++) {
            int from = s->first[i + q] - TUTTI_PAGE_TOKENS * (skipped + p);
            int to = s->last[i + q] - TUTTI_PAGE_TOKENS * (skipped + p);
            first[q] = from < 0 ? 0 : from;
            last[q] = to > TUTTI_PAGE_TOKENS ? TUTTI_PAGE_TOKENS : to;
            if (first[q] >= last[q]) continue;
            t.from[p] = first[q] < t.from[p] ? first[q] : t.from[p];
            t.to[p] = last[q] > t.to[p] ? last[q] : t.to[p];
        }
        if (t.from[p] >= t.to[p]) continue;
        // The first tile of queries finds the pages in memory, the others in the caches.
        score_page(s, p, query, n, i > 0 ? NULL : p + 1 < s->count ? s->heads[p + 1] : s->next, &t);
        weigh_page(s, p, n, first, last, &t);
    }
    blend(s, &t, n, out);
    *(lanes *)some = t.sum;
    memcpy(s->sum + i, some, sizeof(float) * n);
    *(lanes *)some = t.largest;
    memcpy(s->largest + i, some, sizeof(float) * n);
}

static inline __attribute__((always_inline)) void attend_float(const tutti_attention *s, int skipped) {
    int i = 0;
    for (; i + QUERY_TILE <= s->queries; i += QUERY_TILE) attend_tile(s, skipped, i, QUERY_TILE);
#if QUERY_TILE > 8
    if (i + 8 <= s->queries) {
        attend_tile(s, skipped, i, 8);
        i += 8;
    }
#endif
    switch (s->queries - i) {
#if QUERY_TILE > 4
        case 7: attend_tile(s, skipped, i, 7); break;
        case 6: attend_tile(s, skipped, i, 6); break;
        case 5: attend_tile(s, skipped, i, 5); break;
        case 4: attend_tile(s, skipped, i, 4); break;
#endif
        case 3: attend_tile(s, skipped, i, 3); break;
        case 2: attend_tile(s, skipped, i, 2); break;
        case 1: attend_tile(s, skipped, i, 1); break;
        default: break;
    }
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

/// Pages of floats, `PAGES` at a time. `kind` is a constant where this is called, so the loads are chosen beforehand.
static inline __attribute__((always_inline)) void attend_pages(const tutti_kv kind, const tutti_attention *a) {
    tutti_attention s = *a;
    s.kind = kind;
    for (int p = 0; p < a->count; p += s.count) {
        s.count = a->count - p < PAGES ? a->count - p : PAGES;
        s.heads = a->heads + p;
        s.next = p + s.count < a->count ? a->heads[p + s.count] : a->next;
        attend_float(&s, p);
    }
}

static void attend_bytes(const tutti_attention *a) {
    float expanded[2 * TUTTI_PAGE_TOKENS * TUTTI_MAX_HEAD];
    const void *head = expanded;
    tutti_attention s = *a;
    s.kind = TUTTI_KV_F32;
    s.heads = &head;
    s.count = 1;
    s.next = NULL;
    for (int p = 0; p < a->count; p++) {
        expand_bytes(a->heads[p], a->width, expanded, expanded + TUTTI_PAGE_TOKENS * a->width);
        attend_float(&s, p);
    }
}

static void attend(const tutti_attention *a) {
    switch (a->kind) {
        case TUTTI_KV_Q8_0: attend_bytes(a); break;
        case TUTTI_KV_F16: attend_pages(TUTTI_KV_F16, a); break;
        default: attend_pages(TUTTI_KV_F32, a);
    }
}

/// Both softmaxes are brought to the larger of their maxima. Products in a sum of weights are rounded before they are added:
/// with weights of 8 bits, a last bit here can move an activation by a whole step.
static void merge(const float *later_out, const float *later_largest, const float *later_sum, int queries, size_t width,
                  float *out, float *largest, float *sum) {
    for (int i = 0; i < queries; i++) {
        if (!(later_largest[i] > -INFINITY)) continue;
        float highest = largest[i] > later_largest[i] ? largest[i] : later_largest[i];
        float kept = tutti_exp(largest[i] - highest), added = tutti_exp(later_largest[i] - highest);
        float *to = out + width * i;
        const float *from = later_out + width * i;
        for (size_t d = 0; d < width; d += 16)
            *(v16 *)(to + d) = kept * load_floats(to + d) + added * load_floats(from + d);
        largest[i] = highest;
        {
#pragma clang fp contract(off)
            sum[i] = kept * sum[i] + added * later_sum[i];
        }
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
