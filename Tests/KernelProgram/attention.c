// Attention over pages: what is stored byte for byte, what comes out against the portable kernels and the definition.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

static const char *const kinds[] = {"f32", "f16", "q8_0"};
enum { MOST_QUERIES = 29, MOST_PAGES = TUTTI_STRETCH_PAGES + 2, MOST_TOKENS = MOST_PAGES * TUTTI_PAGE_TOKENS };

/// Numbers of ordinary size, among them some that rounding to float16 treats in other ways.
static float key_number(void) {
    static const float odd[] = {0, -0.0f, 1e-8f, -3e-6f, 6.1e-5f, 1.00048828125f, 2.0009765625f, -0.333333343f};
    return random_below(40) ? random_between(-1.5f, 1.5f) : odd[random_below(8)];
}

typedef struct {
    float out[MOST_QUERIES * TUTTI_MAX_HEAD], largest[MOST_QUERIES], sum[MOST_QUERIES];
} attended;

typedef struct {
    tutti_kv kind;
    size_t width;
    int queries, pages;
    float cap, loudness;
} attention_case;

/// Attends to the pages in calls of at most `most` of them. Bounds are counted from the first page.
static void attend(tutti_isa isa, const attention_case *c, void *const *pages, int most, const float *query,
                   ptrdiff_t stride, const int32_t *first, const int32_t *last, attended *a) {
    int32_t from[MOST_QUERIES], to[MOST_QUERIES];
    tutti_set_isa(isa);
    memset(a, 0, sizeof *a);
    for (int i = 0; i < c->queries; i++) a->largest[i] = -INFINITY;
    for (int p = 0; p < c->pages; p += most) {
        for (int i = 0; i < c->queries; i++) {
            from[i] = first[i] - TUTTI_PAGE_TOKENS * p;
            to[i] = last[i] - TUTTI_PAGE_TOKENS * p;
        }
        tutti_attention attention = {
            .kind = c->kind, .width = c->width, .scale = 1 / sqrtf((float)c->width), .cap = c->cap,
            .heads = (const void *const *)pages + p, .count = c->pages - p < most ? c->pages - p : most,
            .next = p + most < c->pages ? pages[p + most] : NULL, .query = query, .stride = stride,
            .queries = c->queries, .first = from, .last = to, .out = a->out, .largest = a->largest, .sum = a->sum};
        tutti_attend_pages(&attention);
    }
}

static void divide(const attention_case *c, attended *a) {
    for (int i = 0; i < c->queries; i++)
        for (size_t d = 0; d < c->width; d++) a->out[c->width * (size_t)i + d] /= a->sum[i] > 0 ? a->sum[i] : 1;
}

/// Keys and values as they were before they were stored, `[tokens][width]`.
static float keys[MOST_TOKENS * TUTTI_MAX_HEAD], values[MOST_TOKENS * TUTTI_MAX_HEAD];

/// Attention of one query as the paper writes it, in double precision.
static void define(size_t width, const float *query, int first, int last, double cap, double *out) {
    double weights[MOST_TOKENS], top = -INFINITY, sum = 0;
    for (int t = first; t < last; t++) {
        double score = 0;
        for (size_t d = 0; d < width; d++) score += (double)query[d] * (double)keys[width * (size_t)t + d];
        score /= sqrt((double)width);
        weights[t] = cap > 0 ? cap * tanh(score / cap) : score;
        top = fmax(top, weights[t]);
    }
    for (size_t d = 0; d < width; d++) out[d] = 0;
    for (int t = first; t < last; t++) {
        double weight = exp(weights[t] - top);
        sum += weight;
        for (size_t d = 0; d < width; d++) out[d] += weight * (double)values[width * (size_t)t + d];
    }
    for (size_t d = 0; d < width; d++) out[d] /= sum > 0 ? sum : 1;
}

/// A sum of weights brought to another maximum: a product that is rounded, whatever is added to it.
static float scaled_sum(float sum, float largest, float top) {
    if (!(largest > -INFINITY)) return 0;
    volatile float product = tutti_sum_exp_f32(&largest, top, 1) * sum;
    return product;
}

/// What two halves of the pages give apart, merged, must be what they give together.
static void check_merging(tutti_isa isa, const attention_case *c, void *const *pages, const float *query,
                          ptrdiff_t stride, const int32_t *first, const int32_t *last, const attended *whole,
                          double limit) {
    static attended early, late;
    int half = c->pages / 2;
    int32_t from[MOST_QUERIES], to[MOST_QUERIES];
    attention_case part = *c;
    part.pages = half;
    attend(isa, &part, pages, MOST_PAGES, query, stride, first, last, &early);
    for (int i = 0; i < c->queries; i++) {
        from[i] = first[i] - TUTTI_PAGE_TOKENS * half;
        to[i] = last[i] - TUTTI_PAGE_TOKENS * half;
    }
    part.pages = c->pages - half;
    attend(isa, &part, pages + half, MOST_PAGES, query, stride, from, to, &late);
    float sums[MOST_QUERIES];
    for (int i = 0; i < c->queries; i++) {
        float top = fmaxf(early.largest[i], late.largest[i]);
        sums[i] = scaled_sum(early.sum[i], early.largest[i], top) + scaled_sum(late.sum[i], late.largest[i], top);
    }
    tutti_merge_attention(late.out, late.largest, late.sum, c->queries, c->width, early.out, early.largest, early.sum);
    compare_bytes(early.sum, sums, sizeof *sums * (size_t)c->queries, "%s, %s, width %zu, %d queries, merged sums",
                  tutti_isa_name(isa), kinds[c->kind], c->width, c->queries);
    divide(c, &early);
    compare(difference(early.out, whole->out, (size_t)c->queries, c->width, c->width, 1), limit,
            "%s, %s, width %zu, %d queries, merged", tutti_isa_name(isa), kinds[c->kind], c->width, c->queries);
    compare_bytes(early.largest, whole->largest, sizeof early.largest, "%s, %s, width %zu, %d queries, merged",
                  tutti_isa_name(isa), kinds[c->kind], c->width, c->queries);
}

static void check_case(tutti_isa isa, const attention_case *c) {
    size_t width = c->width, byte_count = tutti_kv_head_bytes(c->kind, width);
    int queries = c->queries, tokens = TUTTI_PAGE_TOKENS * c->pages;
    void *pages[MOST_PAGES];
    for (int p = 0; p < c->pages; p++) {
        void *plain = guarded(byte_count);
        pages[p] = guarded(byte_count);
        for (size_t slot = 0; slot < TUTTI_PAGE_TOKENS; slot++) {
            size_t place = width * (TUTTI_PAGE_TOKENS * (size_t)p + slot);
            float *key = keys + place, *value = values + place;
            for (size_t d = 0; d < width; d++) key[d] = key_number(), value[d] = key_number();
            tutti_set_isa(TUTTI_PORTABLE);
            tutti_kv_store(c->kind, plain, slot, key, value, width);
            tutti_set_isa(isa);
            tutti_kv_store(c->kind, pages[p], slot, key, value, width);
        }
        compare_bytes(pages[p], plain, byte_count, "%s, page in %s, width %zu", tutti_isa_name(isa), kinds[c->kind],
                      width);
    }
    // Queries lie farther apart than they are wide, as those of the heads of a group do.
    ptrdiff_t stride = (ptrdiff_t)width + 16;
    float *query = guarded(sizeof *query * (size_t)(stride * (queries - 1) + (ptrdiff_t)width));
    fill_floats(query, (size_t)(stride * (queries - 1)) + width, c->loudness);
    // Some rows see all, some a stretch, some nothing.
    int32_t first[MOST_QUERIES], last[MOST_QUERIES];
    for (int i = 0; i < queries; i++) {
        int whole = random_below(3) == 0;
        first[i] = whole ? 0 : random_below(tokens);
        last[i] = whole ? tokens : random_below(8) ? first[i] + random_below(tokens + 1 - first[i]) : first[i];
    }
    static attended ours, again, plain;
    attend(TUTTI_PORTABLE, c, pages, TUTTI_STRETCH_PAGES, query, stride, first, last, &plain);
    attend(isa, c, pages, TUTTI_STRETCH_PAGES, query, stride, first, last, &ours);
    char name[120];
    snprintf(name, sizeof name, "%s, %s, width %zu, %d queries, %d pages, cap %g, queries up to %g",
             tutti_isa_name(isa), kinds[c->kind], width, queries, c->pages, (double)c->cap, (double)c->loudness);
    // However the pages are cut in calls, the bits are the same.
    attend(isa, c, pages, 1 + random_below(TUTTI_STRETCH_PAGES), query, stride, first, last, &again);
    compare_bytes(&again, &ours, sizeof ours, "in other calls: %s", name);
    divide(c, &plain);
    divide(c, &ours);
    // A score is a sum of `width` products; e to its power has the error of its magnitude.
    double limit = 4e-7 * (1 + (double)c->loudness * sqrt((double)width));
    compare(difference(ours.out, plain.out, (size_t)queries, width, width, 1), limit, "%s", name);
    compare(difference(ours.sum, plain.sum, 1, (size_t)queries, 1, 1), limit, "sums: %s", name);
    if (c->pages > 1) check_merging(isa, c, pages, query, stride, first, last, &ours, limit);
    // Stored in 11 bits, numbers move by 2^-11; in 8 bits by 2^-8 of the largest of 32.
    double rounding[] = {limit, 2e-3, 3e-2}, farthest = 0;
    for (int i = 0; i < queries && (c->kind == TUTTI_KV_F32 || c->loudness < 1); i++) {
        double formula[TUTTI_MAX_HEAD];
        define(width, query + stride * i, first[i], last[i], (double)c->cap, formula);
        for (size_t d = 0; d < width; d++) {
            double error = fabs((double)ours.out[width * (size_t)i + d] - formula[d]);
            if (!(error <= farthest)) farthest = error;
        }
    }
    compare(farthest, rounding[c->kind], "against the definition: %s", name);
    // The largest score itself has weight 1, so no sum of a row that sees something is less.
    for (int i = 0; i < queries; i++)
        compare(first[i] < last[i] ? !(ours.sum[i] >= 1) : ours.sum[i] != 0, 0, "sum of row %d: %s", i, name);
    release_guarded();
}

void check_attention(tutti_isa isa) {
    static const size_t widths[] = {32, 64, 80, 96, 128, 160, 256};
    static const int counts[] = {1, 2, 3, 4, 5, 7, 8, 12, 17, 29}, page_counts[] = {3, 1, MOST_PAGES};
    seed(2);
    for (int kind = TUTTI_KV_F32; kind <= TUTTI_KV_Q8_0; kind++)
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
            for (size_t n = 0; n < sizeof counts / sizeof *counts; n++)
                for (int cap = 0; cap < 2; cap++)
                    for (int loud = 0; loud < 2; loud++) {
                        if (kind == TUTTI_KV_Q8_0 && widths[w] % 32) continue;
                        // More pages than go into one call are checked with narrow heads: they take their time.
                        int pages = widths[w] <= 64 && !cap ? page_counts[(n + w) % 3] : 2;
                        attention_case c = {(tutti_kv)kind, widths[w], counts[n], pages, cap ? 3 : 0,
                                            loud ? 40 : 0.7f};
                        check_case(isa, &c);
                    }
    report(tutti_isa_name(isa), "attention");
}
