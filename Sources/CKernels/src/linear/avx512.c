// AVX-512 with VNNI: sixteen rows a register, four columns an instruction.
//
// vpdpbusd multiplies unsigned by signed bytes, so weights are made unsigned by an offset, and the sum over a block
// starts at -offset times the sum of its activations.
#if defined(__x86_64__)
#include <immintrin.h>

#include "linear.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma,f16c,avx2"))), \
                             apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#define EACH_ROW _Pragma("clang loop unroll(full)") for (int m = 0; m < rows; m++)
#define EACH_GROUP(from, to) _Pragma("clang loop unroll(full)") for (int g = from; g < to; g++)

INLINE __m512 halves(const uint8_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
INLINE __m512 bytes_u(const uint8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)));
}
INLINE __m512 bytes_s(const uint8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p)));
}
INLINE __m512i group_of(const int8_t *a, int m, int g) {
    int32_t four;
    memcpy(&four, a + 32 * m + 4 * g, 4);
    return _mm512_set1_epi32(four);
}

static void quantize(const float *x, ptrdiff_t stride, int rows, size_t columns, void *tile) {
    const __m512 sign = _mm512_set1_ps(-0.0f);
    for (size_t b = 0; b < columns / 32; b++) {
        char *block = (char *)tile + tile_block_bytes(rows) * b;
        for (int m = 0; m < rows; m++) {
            const float *in = x + stride * m + 32 * b;
            __m512 v0 = _mm512_loadu_ps(in), v1 = _mm512_loadu_ps(in + 16);
            float largest = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_andnot_ps(sign, v0), _mm512_andnot_ps(sign, v1)));
            float scale = largest / 127, inverse = largest > 1e-35f ? 127 / largest : 0;
            __m512i q0 = _mm512_cvtps_epi32(_mm512_mul_ps(v0, _mm512_set1_ps(inverse)));
            __m512i q1 = _mm512_cvtps_epi32(_mm512_mul_ps(v1, _mm512_set1_ps(inverse)));
            _mm_storeu_si128((__m128i *)(block + 32 * m), _mm512_cvtsepi32_epi8(q0));
            _mm_storeu_si128((__m128i *)(block + 32 * m + 16), _mm512_cvtsepi32_epi8(q1));
            int32_t first = _mm512_reduce_add_epi32(q0), sum = first + _mm512_reduce_add_epi32(q1);
            ((float *)tile_scales(block, rows))[m] = scale;
            ((float *)tile_sums(block, rows))[m] = scale * (float)sum;
            ((int32_t *)tile_biases(block, rows))[m] = -128 * sum;
            ((int32_t *)tile_half_biases(block, rows))[m] = -128 * first;
        }
    }
}

// Weights of a block as eight registers of unsigned bytes

INLINE void load_nibbles(const uint8_t *p, __m512i w[8]) {
    const __m512i low = _mm512_set1_epi8(15);
#pragma clang loop unroll(full)
    for (int j = 0; j < 4; j++) {
        __m512i v = _mm512_loadu_si512(p + 64 * j);
        w[j] = _mm512_and_si512(v, low);
        w[j + 4] = _mm512_and_si512(_mm512_srli_epi16(v, 4), low);
    }
}

INLINE void load_five_bits(const uint8_t *p, const uint8_t *fifth, __m512i w[8]) {
    const __m512i bit = _mm512_set1_epi8(16);
    load_nibbles(p, w);
    __m512i h = _mm512_loadu_si512(fifth);
    // 0xf8 is a | (b & c): the bit of group g, moved to place 4, joins the nibble.
    w[0] = _mm512_ternarylogic_epi32(w[0], _mm512_slli_epi16(h, 4), bit, 0xf8);
    w[1] = _mm512_ternarylogic_epi32(w[1], _mm512_slli_epi16(h, 3), bit, 0xf8);
    w[2] = _mm512_ternarylogic_epi32(w[2], _mm512_slli_epi16(h, 2), bit, 0xf8);
    w[3] = _mm512_ternarylogic_epi32(w[3], _mm512_slli_epi16(h, 1), bit, 0xf8);
    w[4] = _mm512_ternarylogic_epi32(w[4], h, bit, 0xf8);
    w[5] = _mm512_ternarylogic_epi32(w[5], _mm512_srli_epi16(h, 1), bit, 0xf8);
    w[6] = _mm512_ternarylogic_epi32(w[6], _mm512_srli_epi16(h, 2), bit, 0xf8);
    w[7] = _mm512_ternarylogic_epi32(w[7], _mm512_srli_epi16(h, 3), bit, 0xf8);
}

INLINE void load_six_bits(const uint8_t *p, const uint8_t *pairs, __m512i w[8]) {
    const __m512i bits = _mm512_set1_epi8(48);
    load_nibbles(p, w);
#pragma clang loop unroll(full)
    for (int half = 0; half < 2; half++) {
        __m512i h = _mm512_loadu_si512(pairs + 64 * half);
        w[4 * half] = _mm512_ternarylogic_epi32(w[4 * half], _mm512_slli_epi16(h, 4), bits, 0xf8);
        w[4 * half + 1] = _mm512_ternarylogic_epi32(w[4 * half + 1], _mm512_slli_epi16(h, 2), bits, 0xf8);
        w[4 * half + 2] = _mm512_ternarylogic_epi32(w[4 * half + 2], h, bits, 0xf8);
        w[4 * half + 3] = _mm512_ternarylogic_epi32(w[4 * half + 3], _mm512_srli_epi16(h, 2), bits, 0xf8);
    }
}

INLINE void load_bytes(const uint8_t *p, __m512i w[8]) {
    const __m512i top = _mm512_set1_epi8(-128);
    EACH_GROUP(0, 8) w[g] = _mm512_xor_si512(_mm512_loadu_si512(p + 64 * g), top);
}

/// Σ w a over the groups `from..<to` for row `m`, starting from `-offset / 128` of the tile's own bias.
INLINE __m512 product(const __m512i w[8], const int8_t *a, int m, int from, int to, __m512i start) {
    __m512i even = start, odd = _mm512_setzero_si512();
    EACH_GROUP(from, to) {
        if (g % 2) odd = _mm512_dpbusd_epi32(odd, w[g], group_of(a, m, g));
        else even = _mm512_dpbusd_epi32(even, w[g], group_of(a, m, g));
    }
    return _mm512_cvtepi32_ps(_mm512_add_epi32(even, odd));
}

/// The bias of row `m` for weights made unsigned by `offset`.
INLINE __m512i bias(const int32_t *biases, int m, int offset) {
    return offset ? _mm512_set1_epi32(biases[m] / 128 * offset) : _mm512_setzero_si512();
}

INLINE void dot_32(tutti_family family, const uint8_t *p, size_t columns, const char *tile, const int rows, float *out,
                   ptrdiff_t stride) {
    const int minima = family == TUTTI_Q4_1 || family == TUTTI_Q5_1;
    const int offset = family == TUTTI_Q4_0 ? 8 : family == TUTTI_Q5_0 ? 16 : family == TUTTI_Q8_0 ? 128 : 0;
    const size_t head = minima ? 64 : 32;
    const size_t block_bytes = family == TUTTI_Q8_0 ? Q8_0_BLOCK
                               : family == TUTTI_Q5_0 || family == TUTTI_Q5_1 ? head + 320 : head + 256;
    const size_t blocks = columns / 32, refined = tutti_refined_blocks(columns);
    const int32_t *again = tile_refined(tile, rows, columns);
    const uint8_t *panel = p;
    __m512 sums[4], lows[4];
    EACH_ROW sums[m] = lows[m] = _mm512_setzero_ps();
    for (size_t i = 0; i < blocks + refined; i++, tile += tile_block_bytes(rows)) {
        p = panel + block_bytes * (i < blocks ? i : (size_t)again[i - blocks]);
        __m512i w[8];
        if (family == TUTTI_Q8_0) load_bytes(p + head, w);
        else if (family == TUTTI_Q5_0 || family == TUTTI_Q5_1) load_five_bits(p + head, p + head + 256, w);
        else load_nibbles(p + head, w);
        __m512 d = halves(p);
        EACH_ROW {
            __m512 f = product(w, tile_values(tile), m, 0, 8, bias(tile_biases(tile, rows), m, offset));
            sums[m] = _mm512_fmadd_ps(_mm512_mul_ps(f, _mm512_set1_ps(tile_scales(tile, rows)[m])), d, sums[m]);
        }
        if (minima) {
            __m512 low = halves(p + 32);
            EACH_ROW lows[m] = _mm512_fmadd_ps(low, _mm512_set1_ps(tile_sums(tile, rows)[m]), lows[m]);
        }
    }
    EACH_ROW _mm512_storeu_ps(out + stride * m, minima ? _mm512_add_ps(sums[m], lows[m]) : sums[m]);
}

/// One block of 32 columns of Q4_K, before the factors of its 256: products with scales, and sums with minima.
INLINE void add_q4_k(const uint8_t *p, const char *tile, const int rows, __m512 part[4], __m512 low[4]) {
    __m512i w[8];
    load_nibbles(p + 32, w);
    __m512 scale = bytes_u(p), minimum = bytes_u(p + 16);
    EACH_ROW {
        __m512 f = product(w, tile_values(tile), m, 0, 8, _mm512_setzero_si512());
        f = _mm512_mul_ps(f, _mm512_set1_ps(tile_scales(tile, rows)[m]));
        part[m] = _mm512_fmadd_ps(f, scale, part[m]);
        low[m] = _mm512_fmadd_ps(minimum, _mm512_set1_ps(tile_sums(tile, rows)[m]), low[m]);
    }
}

INLINE void dot_q4_k(const uint8_t *p, size_t columns, const char *tile, const int rows, float *out, ptrdiff_t stride) {
    const int32_t *again = tile_refined(tile, rows, columns);
    const uint8_t *panel = p;
    __m512 sums[4];
    EACH_ROW sums[m] = _mm512_setzero_ps();
    for (size_t s = 0; s < columns / 256; s++) {
        __m512 d = halves(p), dmin = halves(p + 32), part[4], low[4];
        EACH_ROW part[m] = low[m] = _mm512_setzero_ps();
        p += Q4_K_HEAD;
        for (int j = 0; j < 8; j++, p += Q4_K_BLOCK, tile += tile_block_bytes(rows)) add_q4_k(p, tile, rows, part, low);
        EACH_ROW sums[m] = _mm512_fnmadd_ps(dmin, low[m], _mm512_fmadd_ps(d, part[m], sums[m]));
    }
    for (size_t i = 0; i < tutti_refined_blocks(columns); i++, tile += tile_block_bytes(rows)) {
        const uint8_t *head = panel + (Q4_K_HEAD + 8 * Q4_K_BLOCK) * (again[i] / 8);
        __m512 d = halves(head), dmin = halves(head + 32), part[4], low[4];
        EACH_ROW part[m] = low[m] = _mm512_setzero_ps();
        add_q4_k(head + Q4_K_HEAD + Q4_K_BLOCK * (again[i] % 8), tile, rows, part, low);
        EACH_ROW sums[m] = _mm512_fnmadd_ps(dmin, low[m], _mm512_fmadd_ps(d, part[m], sums[m]));
    }
    EACH_ROW _mm512_storeu_ps(out + stride * m, sums[m]);
}

/// One block of 32 columns of Q6_K, before the factor of its 256.
INLINE void add_q6_k(const uint8_t *p, const char *tile, const int rows, __m512 part[4]) {
    __m512i w[8];
    load_six_bits(p + 32, p + 288, w);
    __m512 first = bytes_s(p), second = bytes_s(p + 16);
    EACH_ROW {
        const int32_t *whole = tile_biases(tile, rows), *half = tile_half_biases(tile, rows);
        __m512i start = _mm512_set1_epi32((whole[m] - half[m]) / 4);
        __m512 f = _mm512_mul_ps(product(w, tile_values(tile), m, 0, 4, bias(half, m, 32)), first);
        f = _mm512_fmadd_ps(product(w, tile_values(tile), m, 4, 8, start), second, f);
        part[m] = _mm512_fmadd_ps(f, _mm512_set1_ps(tile_scales(tile, rows)[m]), part[m]);
    }
}

INLINE void dot_q6_k(const uint8_t *p, size_t columns, const char *tile, const int rows, float *out, ptrdiff_t stride) {
    const int32_t *again = tile_refined(tile, rows, columns);
    const uint8_t *panel = p;
    __m512 sums[4];
    EACH_ROW sums[m] = _mm512_setzero_ps();
    for (size_t s = 0; s < columns / 256; s++) {
        __m512 d = halves(p), part[4];
        EACH_ROW part[m] = _mm512_setzero_ps();
        p += Q6_K_HEAD;
        for (int j = 0; j < 8; j++, p += Q6_K_BLOCK, tile += tile_block_bytes(rows)) add_q6_k(p, tile, rows, part);
        EACH_ROW sums[m] = _mm512_fmadd_ps(d, part[m], sums[m]);
    }
    for (size_t i = 0; i < tutti_refined_blocks(columns); i++, tile += tile_block_bytes(rows)) {
        const uint8_t *head = panel + (Q6_K_HEAD + 8 * Q6_K_BLOCK) * (again[i] / 8);
        __m512 d = halves(head), part[4];
        EACH_ROW part[m] = _mm512_setzero_ps();
        add_q6_k(head + Q6_K_HEAD + Q6_K_BLOCK * (again[i] % 8), tile, rows, part);
        EACH_ROW sums[m] = _mm512_fmadd_ps(d, part[m], sums[m]);
    }
    EACH_ROW _mm512_storeu_ps(out + stride * m, sums[m]);
}

/// Instantiates a kernel for each count of rows that a direct product takes.
#define FOR_ROWS(call) \
    switch (rows) { \
        case 1: call(1); break; \
        case 2: call(2); break; \
        default: call(4); \
    }

static void dot(tutti_family family, const void *panel, size_t columns, const void *tile, int rows, float *out,
                ptrdiff_t stride) {
#define PLAIN(n) dot_32(FAMILY, panel, columns, tile, n, out, stride)
    switch (family) {
#define FAMILY TUTTI_Q4_0
        case FAMILY: FOR_ROWS(PLAIN) break;
#undef FAMILY
#define FAMILY TUTTI_Q4_1
        case FAMILY: FOR_ROWS(PLAIN) break;
#undef FAMILY
#define FAMILY TUTTI_Q5_0
        case FAMILY: FOR_ROWS(PLAIN) break;
#undef FAMILY
#define FAMILY TUTTI_Q5_1
        case FAMILY: FOR_ROWS(PLAIN) break;
#undef FAMILY
#define FAMILY TUTTI_Q8_0
        case FAMILY: FOR_ROWS(PLAIN) break;
#undef FAMILY
#define Q4_K(n) dot_q4_k(panel, columns, tile, n, out, stride)
        case TUTTI_Q4_K: FOR_ROWS(Q4_K) break;
#define Q6_K(n) dot_q6_k(panel, columns, tile, n, out, stride)
        default: FOR_ROWS(Q6_K)
    }
}

// Unpacked panels times tiles of up to twelve rows

INLINE void dot_w8_rows(const int halves, const int minima, const uint8_t *p, size_t columns, const char *tile,
                        const int rows, float *out, ptrdiff_t stride) {
    const __m512i top = _mm512_set1_epi8(-128);
    const size_t blocks = columns / 32, refined = tutti_refined_blocks(columns);
    const int32_t *again = tile_refined(tile, rows, columns);
    const uint8_t *panel = p;
    __m512 sums[TUTTI_TILE_ROWS];
    EACH_ROW sums[m] = _mm512_setzero_ps();
    for (size_t i = 0; i < blocks + refined; i++, tile += tile_block_bytes(rows)) {
        p = panel + TUTTI_W8_BLOCK_BYTES * (i < blocks ? i : (size_t)again[i - blocks]);
        const int8_t *a = tile_values(tile);
        const float *d = tile_scales(tile, rows);
        const int32_t *whole = tile_biases(tile, rows), *half = tile_half_biases(tile, rows);
        __m512i dots[TUTTI_TILE_ROWS];
        __m512 scale = _mm512_loadu_ps(p + W8_SCALES);
        EACH_ROW dots[m] = _mm512_set1_epi32(halves ? half[m] : whole[m]);
        EACH_GROUP(0, 4) {
            __m512i w = _mm512_xor_si512(_mm512_loadu_si512(p + 64 * g), top);
            EACH_ROW dots[m] = _mm512_dpbusd_epi32(dots[m], w, group_of(a, m, g));
        }
        if (halves) {
            EACH_ROW {
                __m512 f = _mm512_mul_ps(_mm512_cvtepi32_ps(dots[m]), _mm512_set1_ps(d[m]));
                sums[m] = _mm512_fmadd_ps(f, scale, sums[m]);
                dots[m] = _mm512_set1_epi32(whole[m] - half[m]);
            }
            scale = _mm512_loadu_ps(p + W8_SCALES + 64);
        }
        EACH_GROUP(4, 8) {
            __m512i w = _mm512_xor_si512(_mm512_loadu_si512(p + 64 * g), top);
            EACH_ROW dots[m] = _mm512_dpbusd_epi32(dots[m], w, group_of(a, m, g));
        }
        EACH_ROW {
            __m512 f = _mm512_mul_ps(_mm512_cvtepi32_ps(dots[m]), _mm512_set1_ps(d[m]));
            sums[m] = _mm512_fmadd_ps(f, scale, sums[m]);
        }
        if (minima && !halves) {
            __m512 minimum = _mm512_loadu_ps(p + W8_MINIMA);
            EACH_ROW sums[m] = _mm512_fmadd_ps(minimum, _mm512_set1_ps(tile_sums(tile, rows)[m]), sums[m]);
        }
        if (minima && halves) {
            __m512 first = _mm512_loadu_ps(p + W8_MINIMA), second = _mm512_loadu_ps(p + W8_MINIMA + 64);
            EACH_ROW {
                float sum = d[m] * (float)(half[m] / -128);
                sums[m] = _mm512_fmadd_ps(first, _mm512_set1_ps(sum), sums[m]);
                sums[m] = _mm512_fmadd_ps(second, _mm512_set1_ps(tile_sums(tile, rows)[m] - sum), sums[m]);
            }
        }
    }
    EACH_ROW _mm512_storeu_ps(out + stride * m, sums[m]);
}

/// Instantiates a kernel for each count of rows that a tile has.
#define FOR_TILES(call) \
    switch (rows) { \
        case 1: call(1); break; \
        case 2: call(2); break; \
        case 4: call(4); break; \
        case 8: call(8); break; \
        default: call(12); \
    }

static void dot_w8(int halves, int minima, const void *w8, size_t columns, const void *tile, int rows, float *out,
                   ptrdiff_t stride) {
#define W8_00(n) dot_w8_rows(0, 0, w8, columns, tile, n, out, stride)
#define W8_01(n) dot_w8_rows(0, 1, w8, columns, tile, n, out, stride)
#define W8_10(n) dot_w8_rows(1, 0, w8, columns, tile, n, out, stride)
#define W8_11(n) dot_w8_rows(1, 1, w8, columns, tile, n, out, stride)
    if (halves) {
        if (minima) FOR_TILES(W8_11) else FOR_TILES(W8_10)
    } else {
        if (minima) FOR_TILES(W8_01) else FOR_TILES(W8_00)
    }
}

// Float panels

INLINE __m512 load_column(tutti_family family, const uint8_t *p, size_t k) {
    if (family == TUTTI_F32) return _mm512_loadu_ps(p + 64 * k);
    __m256i half = _mm256_loadu_si256((const __m256i *)(p + 32 * k));
    if (family == TUTTI_F16) return _mm512_cvtph_ps(half);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

INLINE void dot_float_rows(tutti_family family, const uint8_t *p, size_t columns, const float *x, ptrdiff_t x_stride,
                           const int rows, float *out, ptrdiff_t stride) {
    __m512 even[TUTTI_TILE_ROWS], odd[TUTTI_TILE_ROWS];
    EACH_ROW even[m] = odd[m] = _mm512_setzero_ps();
    size_t k = 0;
    for (; k + 2 <= columns; k += 2) {
        __m512 w0 = load_column(family, p, k), w1 = load_column(family, p, k + 1);
        EACH_ROW even[m] = _mm512_fmadd_ps(w0, _mm512_set1_ps(x[x_stride * m + (ptrdiff_t)k]), even[m]);
        EACH_ROW odd[m] = _mm512_fmadd_ps(w1, _mm512_set1_ps(x[x_stride * m + (ptrdiff_t)k + 1]), odd[m]);
    }
    if (k < columns) {
        __m512 w = load_column(family, p, k);
        EACH_ROW even[m] = _mm512_fmadd_ps(w, _mm512_set1_ps(x[x_stride * m + (ptrdiff_t)k]), even[m]);
    }
    EACH_ROW _mm512_storeu_ps(out + stride * m, _mm512_add_ps(even[m], odd[m]));
}

static void dot_float(tutti_family family, const void *panel, size_t columns, const float *x, ptrdiff_t x_stride,
                      int rows, float *out, ptrdiff_t stride) {
#define F32(n) dot_float_rows(TUTTI_F32, panel, columns, x, x_stride, n, out, stride)
#define F16(n) dot_float_rows(TUTTI_F16, panel, columns, x, x_stride, n, out, stride)
#define BF16(n) dot_float_rows(TUTTI_BF16, panel, columns, x, x_stride, n, out, stride)
    if (family == TUTTI_F32) FOR_TILES(F32) else if (family == TUTTI_F16) FOR_TILES(F16) else FOR_TILES(BF16)
}

#pragma clang attribute pop

const tutti_linear_kernels tutti_linear_avx512 = {quantize, dot, dot_w8, dot_float};
#endif
