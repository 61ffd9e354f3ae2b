// Attention over pages: what is stored byte for byte, what comes out against the portable kernels and the definition.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

static const char *const kinds[] = {"f32", "f16", "q8_0"};
enum { MOST_QUERIES = 17, PAGES = 3 };

/// Numbers of ordinary size, among them some that rounding to float16 treats in other ways.
static float key_number(void) {
    static const float odd[] = {0, -0.0f, 1e-8f, -3e-6f, 6.1e-5f, 1.00048828125f, 2.0009765625f, -0.333333343f};
    return random_below(40) ? random_between(-1.5f, 1.5f) : odd[random_below(8)];
}

typedef struct {
    float out[MOST_QUERIES * TUTTI_MAX_HEAD], largest[MOST_QUERIES], sum[MOST_QUERIES];
} attended;

static void attend(tutti_isa isa, tutti_kv kind, void *const pages[PAGES], size_t width, const float *query,
                   ptrdiff_t stride, int queries, const int32_t *first, const int32_t *last, float cap, attended *a) {
    tutti_set_isa(isa);
    memset(a, 0, sizeof *a);
    for (int i = 0; i < queries; i++) a->largest[i] = -INFINITY;
    for (int p = 0; p < PAGES; p++)
        tutti_attend_page(kind, pages[p], width, query, stride, queries, first + MOST_QUERIES * p,
                          last + MOST_QUERIES * p, 1 / sqrtf((float)width), cap, p + 1 < PAGES ? pages[p + 1] : NULL, a->out,
                          a->largest, a->sum);
    for (int i = 0; i < queries; i++)
        for (size_t d = 0; d < width; d++) a->out[width * (size_t)i + d] /= a->sum[i] > 0 ? a->sum[i] : 1;
}

/// Keys and values as they were before they were stored, `[tokens][width]`.
static float keys[PAGES * TUTTI_PAGE_TOKENS * TUTTI_MAX_HEAD], values[PAGES * TUTTI_PAGE_TOKENS * TUTTI_MAX_HEAD];

/// Attention of one query as the paper writes it, in double precision.
static void define(size_t width, const float *query, const int32_t *first, const int32_t *last, double cap,
                   double *out) {
    double weights[PAGES * TUTTI_PAGE_TOKENS], top = -INFINITY, sum = 0;
    for (int t = 0; t < PAGES * TUTTI_PAGE_TOKENS; t++) {
        int page = t / TUTTI_PAGE_TOKENS, slot = t % TUTTI_PAGE_TOKENS;
        weights[t] = -INFINITY;
        if (slot < first[MOST_QUERIES * page] || slot >= last[MOST_QUERIES * page]) continue;
        double score = 0;
        for (size_t d = 0; d < width; d++) score += (double)query[d] * (double)keys[width * (size_t)t + d];
        score /= sqrt((double)width);
        weights[t] = cap > 0 ? cap * tanh(score / cap) : score;
        top = fmax(top, weights[t]);
    }
    for (size_t d = 0; d < width; d++) out[d] = 0;
    for (int t = 0; t < PAGES * TUTTI_PAGE_TOKENS; t++) {
        if (weights[t] == -INFINITY) continue;
        double weight = exp(weights[t] - top);
        sum += weight;
        for (size_t d = 0; d < width; d++) out[d] += weight * (double)values[width * (size_t)t + d];
    }
    for (size_t d = 0; d < width; d++) out[d] /= sum > 0 ? sum : 1;
}

static void check_case(tutti_isa isa, tutti_kv kind, size_t width, int queries, float cap, float loudness) {
    size_t byte_count = tutti_kv_head_bytes(kind, width);
    void *pages[PAGES];
    for (int p = 0; p < PAGES; p++) {
        void *plain = guarded(byte_count);
        pages[p] = guarded(byte_count);
        for (size_t slot = 0; slot < TUTTI_PAGE_TOKENS; slot++) {
            size_t place = width * (TUTTI_PAGE_TOKENS * (size_t)p + slot);
            float *key = keys + place, *value = values + place;
            for (size_t d = 0; d < width; d++) key[d] = key_number(), value[d] = key_number();
            tutti_set_isa(TUTTI_PORTABLE);
            tutti_kv_store(kind, plain, slot, key, value, width);
            tutti_set_isa(isa);
            tutti_kv_store(kind, pages[p], slot, key, value, width);
        }
        compare_bytes(pages[p], plain, byte_count, "%s, page in %s, width %zu", tutti_isa_name(isa), kinds[kind],
                      width);
    }
    // Queries lie farther apart than they are wide, as those of the heads of a group do.
    ptrdiff_t stride = (ptrdiff_t)width + 16;
    float *query = guarded(sizeof *query * (size_t)(stride * (queries - 1) + (ptrdiff_t)width));
    fill_floats(query, (size_t)(stride * (queries - 1)) + width, loudness);
    // Some rows see all of a page, some a stretch, some nothing.
    int32_t first[PAGES * MOST_QUERIES], last[PAGES * MOST_QUERIES];
    for (int i = 0; i < PAGES * MOST_QUERIES; i++) {
        int whole = random_below(3) == 0;
        first[i] = whole ? 0 : random_below(TUTTI_PAGE_TOKENS);
        last[i] = whole ? TUTTI_PAGE_TOKENS : random_below(TUTTI_PAGE_TOKENS + 1);
    }
    static attended ours, plain;
    attend(TUTTI_PORTABLE, kind, pages, width, query, stride, queries, first, last, cap, &plain);
    attend(isa, kind, pages, width, query, stride, queries, first, last, cap, &ours);
    char name[120];
    snprintf(name, sizeof name, "%s, %s, width %zu, %d queries, cap %g, queries up to %g", tutti_isa_name(isa),
             kinds[kind], width, queries, (double)cap, (double)loudness);
    // A score is a sum of `width` products; e to its power has the error of its magnitude.
    double limit = 4e-7 * (1 + (double)loudness * sqrt((double)width));
    compare(difference(ours.out, plain.out, (size_t)queries, width, width, 1), limit, "%s", name);
    compare(difference(ours.sum, plain.sum, 1, (size_t)queries, 1, 1), limit, "sums: %s", name);
    // Stored in 11 bits, numbers move by 2^-11; in 8 bits by 2^-8 of the largest of 32.
    double rounding[] = {limit, 2e-3, 3e-2}, farthest = 0;
    for (int i = 0; i < queries && (kind == TUTTI_KV_F32 || loudness < 1); i++) {
        double formula[TUTTI_MAX_HEAD];
        define(width, query + stride * i, first + i, last + i, (double)cap, formula);
        for (size_t d = 0; d < width; d++) {
            double error = fabs((double)ours.out[width * (size_t)i + d] - formula[d]);
            if (!(error <= farthest)) farthest = error;
        }
    }
    compare(farthest, rounding[kind], "against the definition: %s", name);
    for (int i = 0; i < queries; i++) {
        int sees = 0;
        for (int p = 0; p < PAGES; p++) sees |= first[MOST_QUERIES * p + i] < last[MOST_QUERIES * p + i];
        // The largest score itself has weight 1, so no sum of a row that sees something is less.
        compare(sees ? !(ours.sum[i] >= 1) : ours.sum[i] != 0, 0, "sum of row %d: %s", i, name);
    }
    release_guarded();
}

void check_attention(tutti_isa isa) {
    static const size_t widths[] = {32, 64, 96, 128, 160, 256};
    static const int counts[] = {1, 2, 3, 4, 5, 7, 12, 16, 17};
    seed(2);
    for (int kind = TUTTI_KV_F32; kind <= TUTTI_KV_Q8_0; kind++)
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
            for (size_t n = 0; n < sizeof counts / sizeof *counts; n++)
                for (int cap = 0; cap < 2; cap++)
                    for (int loud = 0; loud < 2; loud++)
                        check_case(isa, (tutti_kv)kind, widths[w], counts[n], cap ? 3 : 0, loud ? 40 : 0.7f);
    report(tutti_isa_name(isa), "attention");
}
