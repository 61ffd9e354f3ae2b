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

enum { TUTTI_PAGE_TOKENS = 32, TUTTI_MAX_HEAD = 256 };

typedef enum { TUTTI_KV_F32 = 0, TUTTI_KV_F16 = 1, TUTTI_KV_Q8_0 = 2 } tutti_kv;

/// Bytes of one head's keys and values in one page.
size_t tutti_kv_head_bytes(tutti_kv kind, size_t width);

/// Writes one token's key and value (`width` floats each) of one head into place `slot` of its page.
void tutti_kv_store(tutti_kv kind, void *head, size_t slot, const float *key, const float *value, size_t width);

/// Attends from `queries` rows (`[queries][width]`, `stride` apart) to one page of one head, with an online softmax.
/// Row i sees the places `first[i]..<last[i]`. Scores are scaled, then capped by `cap · tanh(score / cap)` unless `cap`
/// is 0. `sum`, `largest` and `out` (`[queries][width]`) carry the softmax from page to page: start with 0, -inf and 0;
/// the result is out / sum. `next`, or null, is the head in the page that comes next: its fetching begins meanwhile.
void tutti_attend_page(tutti_kv kind, const void *head, size_t width, const float *query, ptrdiff_t stride,
                       int queries, const int32_t *first, const int32_t *last, float scale, float cap, const void *next,
                       float *out, float *largest, float *sum);

#endif
