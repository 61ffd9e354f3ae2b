// Attention over pages of cached keys and values.
//
// A page holds 32 tokens. For one head of width d it lies as keys, then values:
//   keys    [2 groups of 16 tokens][d][16]   so that one register holds sixteen tokens' keys at one place
//   values  [32 tokens][d]
// in float32 or float16; in Q8_0 as signed bytes in the same order, with float16 scales behind the keys
// ([2][d / 32][16]) and behind the values ([32][d / 32]).
#ifndef TUTTI_ATTENTION_H
#define TUTTI_ATTENTION_H

#include <stddef.h>
#include <stdint.h>

enum {
    TUTTI_PAGE_TOKENS = 32,
    TUTTI_MAX_HEAD = 256,
    /// The most pages that are attended to in one call.
    TUTTI_STRETCH_PAGES = 8,
    TUTTI_STRETCH_TOKENS = TUTTI_STRETCH_PAGES * TUTTI_PAGE_TOKENS,
};

typedef enum { TUTTI_KV_F32 = 0, TUTTI_KV_F16 = 1, TUTTI_KV_Q8_0 = 2 } tutti_kv;

/// Bytes of one head's keys and values in one page.
size_t tutti_kv_head_bytes(tutti_kv kind, size_t width);

/// Writes one token's key and value (`width` floats each) of one head into place `slot` of its page.
void tutti_kv_store(tutti_kv kind, void *head, size_t slot, const float *key, const float *value, size_t width);

/// Queries of one head, and pages of keys and values that follow each other in one sequence.
typedef struct {
    tutti_kv kind;
    /// Of the head, a multiple of 16; of 32 for Q8_0.
    size_t width;
    /// Scores are scaled, then capped by `cap · tanh(score / cap)` unless `cap` is 0.
    float scale, cap;
    /// The head's place in each of `count` pages, at most TUTTI_STRETCH_PAGES.
    const void *const *heads;
    int count;
    /// The head in the page behind these, whose fetching begins meanwhile, or null.
    const void *next;
    /// `[queries][width]`, `stride` apart.
    const float *query;
    ptrdiff_t stride;
    int queries;
    /// Query i sees the places `first[i]..<last[i]`, counted from the first page's first.
    const int32_t *first, *last;
    /// The online softmax under way: outputs, `[queries][width]`, and for each query the largest score and the sum of
    /// weights. It begins with 0, -inf and 0; the result is out / sum.
    float *out, *largest, *sum;
} tutti_attention;

/// Attends with an online softmax, page by page: a query's bits depend on no other, nor on how pages are cut in calls.
void tutti_attend_pages(const tutti_attention *attention);

/// Takes what `queries` queries found in later pages into what they found before.
void tutti_merge_attention(const float *later_out, const float *later_largest, const float *later_sum, int queries,
                           size_t width, float *out, float *largest, float *sum);

#endif
