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
            ((int32_t *)tile_biases(block, rows))[m] = -sum;
            ((int32_t *)tile_half_biases(block, rows))[m] = -first;
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

/// 32 columns of a panel: its integers, and what they are multiplied with and added to, for each half where they differ.
typedef struct {
    __m512i w[8];
    __m512 scale, second_scale, minimum, second_minimum;
} weights;

/// Block `b` of a panel.
INLINE weights load_weights(const tutti_family family, const uint8_t *panel, size_t b) {
    weights v = {0};
    const uint8_t *p;
    switch (family) {
        case TUTTI_Q4_0:
            p = panel + Q4_0_BLOCK * b;
            v.scale = halves(p);
            load_nibbles(p + 32, v.w);
            break;
        case TUTTI_Q4_1:
            p = panel + Q4_1_BLOCK * b;
            v.scale = halves(p);
            v.minimum = halves(p + 32);
            load_nibbles(p + 64, v.w);
            break;
        case TUTTI_Q5_0:
            p = panel + Q5_0_BLOCK * b;
            v.scale = halves(p);
            load_five_bits(p + 32, p + 288, v.w);
            break;
        case TUTTI_Q5_1:
            p = panel + Q5_1_BLOCK * b;
            v.scale = halves(p);
            v.minimum = halves(p + 32);
            load_five_bits(p + 64, p + 320, v.w);
            break;
        case TUTTI_Q8_0:
            p = panel + Q8_0_BLOCK * b;
            v.scale = halves(p);
            load_bytes(p + 32, v.w);
            break;
        case TUTTI_Q4_K: {
            const uint8_t *head = panel + (Q4_K_HEAD + 8 * Q4_K_BLOCK) * (b / 8);
            p = head + Q4_K_HEAD + Q4_K_BLOCK * (b % 8);
            v.scale = _mm512_mul_ps(halves(head), bytes_u(p));
            v.minimum = _mm512_mul_ps(_mm512_sub_ps(_mm512_setzero_ps(), halves(head + 32)), bytes_u(p + 16));
            load_nibbles(p + 32, v.w);
            break;
        }
        case TUTTI_Q6_K: {
            const uint8_t *head = panel + (Q6_K_HEAD + 8 * Q6_K_BLOCK) * (b / 8);
            p = head + Q6_K_HEAD + Q6_K_BLOCK * (b % 8);
            v.scale = _mm512_mul_ps(halves(head), bytes_s(p));
            v.second_scale = _mm512_mul_ps(halves(head), bytes_s(p + 16));
            load_six_bits(p + 32, p + 288, v.w);
            break;
        }
        default:
            p = panel + TUTTI_W8_BLOCK_BYTES * b;
            v.scale = _mm512_loadu_ps(p + W8_SCALES);
            v.second_scale = _mm512_loadu_ps(p + W8_SCALES + 64);
            v.minimum = _mm512_loadu_ps(p + W8_MINIMA);
            v.second_minimum = _mm512_loadu_ps(p + W8_MINIMA + 64);
            load_bytes(p, v.w);
    }
    return v;
}

/// By how many bits the negative sum of a block's activations is shifted, to undo what made its weights unsigned.
INLINE int offset_bits(const tutti_family family) {
    switch (family) {
        case TUTTI_Q4_0: return 3;
        case TUTTI_Q5_0: return 4;
        case TUTTI_Q6_K: return 5;
        case TUTTI_Q8_0:
        case TUTTI_W8: return 7;
        default: return 0;
    }
}

INLINE __m512i unbiased(const tutti_family family, int32_t negative_sum) {
    const int bits = offset_bits(family);
    return bits ? _mm512_slli_epi32(_mm512_set1_epi32(negative_sum), bits) : _mm512_setzero_si512();
}

/// Σ w a over the groups `from..<to` for `count` rows from `row`, as floats.
INLINE void products(const weights *v, const int8_t *a, const int row, const int count, const int from, const int to,
                     __m512i dots[4], __m512 f[4]) {
    // One or two rows alone would wait for each sum: they are formed as two.
    __m512i odd[4];
    const int apart = count <= 2;
    for (int i = 0; i < count; i++) odd[i] = _mm512_setzero_si512();
    EACH_GROUP(from, to) {
        for (int i = 0; i < count; i++) {
            if (apart && g % 2) odd[i] = _mm512_dpbusd_epi32(odd[i], v->w[g], group_of(a, row + i, g));
            else dots[i] = _mm512_dpbusd_epi32(dots[i], v->w[g], group_of(a, row + i, g));
        }
    }
    for (int i = 0; i < count; i++)
        f[i] = _mm512_cvtepi32_ps(apart ? _mm512_add_epi32(dots[i], odd[i]) : dots[i]);
}

/// Adds a block's products with `count` rows of a tile's block, from `row`, to their sums.
INLINE void add_rows(const tutti_family family, const weights *v, const char *block, const int rows, const int row,
                     const int count, __m512 *sums) {
    const int8_t *a = tile_values(block);
    const float *d = tile_scales(block, rows), *s = tile_sums(block, rows);
    const int32_t *whole = tile_biases(block, rows), *half = tile_half_biases(block, rows);
    const int by_halves = tutti_family_halves(family), minima = tutti_family_minima(family);
    __m512i dots[4];
    __m512 f[4], late[4];
    for (int i = 0; i < count; i++) dots[i] = unbiased(family, by_halves ? half[row + i] : whole[row + i]);
    products(v, a, row, count, 0, by_halves ? 4 : 8, dots, f);
    if (by_halves) {
        for (int i = 0; i < count; i++) dots[i] = unbiased(family, whole[row + i] - half[row + i]);
        products(v, a, row, count, 4, 8, dots, late);
        for (int i = 0; i < count; i++) f[i] = _mm512_fmadd_ps(late[i], v->second_scale, _mm512_mul_ps(f[i], v->scale));
    }
    for (int i = 0; i < count; i++) {
        const int m = row + i;
        __m512 scale = _mm512_set1_ps(d[m]);
        sums[m] = by_halves ? _mm512_fmadd_ps(f[i], scale, sums[m])
                            : _mm512_fmadd_ps(_mm512_mul_ps(f[i], scale), v->scale, sums[m]);
        if (minima && !by_halves) sums[m] = _mm512_fmadd_ps(v->minimum, _mm512_set1_ps(s[m]), sums[m]);
        if (minima && by_halves) {
            float first = d[m] * (float)-half[m];
            sums[m] = _mm512_fmadd_ps(v->minimum, _mm512_set1_ps(first), sums[m]);
            sums[m] = _mm512_fmadd_ps(v->second_minimum, _mm512_set1_ps(s[m] - first), sums[m]);
        }
    }
}

INLINE void dot_rows(const tutti_family family, const uint8_t *panel, size_t columns, const char *tile, const int rows,
                     float *out, ptrdiff_t stride) {
    const uint32_t *again = tile_again(tile, rows, columns);
    __m512 sums[TUTTI_TILE_ROWS];
    EACH_ROW sums[m] = _mm512_setzero_ps();
    for (size_t b = 0; b < columns / 32; b++) {
        fetch_block_ahead(family, panel, b);
        const weights v = load_weights(family, panel, b);
        const char *block = tile + tile_block_bytes(rows) * b;
        _Pragma("clang loop unroll(full)") for (int row = 0; row < rows; row += 4)
            add_rows(family, &v, block, rows, row, rows < 4 ? rows : 4, sums);
        if (!again[b]) continue;
        block = tile_refined(tile, rows, columns, again[b]);
        _Pragma("clang loop unroll(full)") for (int row = 0; row < rows; row += 4)
            if (tile_refines(again[b], row)) add_rows(family, &v, block, rows, row, rows < 4 ? rows : 4, sums);
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

static void dot(tutti_family family, const void *panel, size_t columns, const void *tile, int rows, float *out,
                ptrdiff_t stride) {
#define DOT(n) dot_rows(FAMILY, panel, columns, tile, n, out, stride)
    switch (family) {
#define FAMILY TUTTI_Q4_0
        case FAMILY: FOR_TILES(DOT) break;
#undef FAMILY
#define FAMILY TUTTI_Q4_1
        case FAMILY: FOR_TILES(DOT) break;
#undef FAMILY
#define FAMILY TUTTI_Q5_0
        case FAMILY: FOR_TILES(DOT) break;
#undef FAMILY
#define FAMILY TUTTI_Q5_1
        case FAMILY: FOR_TILES(DOT) break;
#undef FAMILY
#define FAMILY TUTTI_Q8_0
        case FAMILY: FOR_TILES(DOT) break;
#undef FAMILY
#define FAMILY TUTTI_Q4_K
        case FAMILY: FOR_TILES(DOT) break;
#undef FAMILY
#define FAMILY TUTTI_Q6_K
        case FAMILY: FOR_TILES(DOT) break;
#undef FAMILY
#define FAMILY TUTTI_W8
        default: FOR_TILES(DOT)
#undef FAMILY
    }
}

// Float panels

/// Column `k + odd`, where `k` is even.
INLINE __m512 load_column(tutti_family family, const uint8_t *p, size_t k, const int odd) {
    if (family == TUTTI_F32) return _mm512_loadu_ps(p + 64 * (k + odd));
    if (family == TUTTI_F16) return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(p + 32 * (k + odd))));
    __m512i both = _mm512_loadu_si512(p + 32 * k);
    return _mm512_castsi512_ps(odd ? _mm512_and_si512(both, _mm512_set1_epi32((int)0xffff0000))
                                   : _mm512_slli_epi32(both, 16));
}

INLINE void dot_float_rows(tutti_family family, const uint8_t *p, size_t columns, const float *x, ptrdiff_t x_stride,
                           const int rows, float *out, ptrdiff_t stride) {
    const size_t width = family == TUTTI_F32 ? 64 : 32;
    __m512 even[TUTTI_TILE_ROWS], odd[TUTTI_TILE_ROWS];
    EACH_ROW even[m] = odd[m] = _mm512_setzero_ps();
    size_t k = 0;
    for (; k + 2 <= columns; k += 2) {
        fetch_ahead(p + width * k, 2 * width);
        __m512 w0 = load_column(family, p, k, 0), w1 = load_column(family, p, k, 1);
        EACH_ROW even[m] = _mm512_fmadd_ps(w0, _mm512_set1_ps(x[x_stride * m + (ptrdiff_t)k]), even[m]);
        EACH_ROW odd[m] = _mm512_fmadd_ps(w1, _mm512_set1_ps(x[x_stride * m + (ptrdiff_t)k + 1]), odd[m]);
    }
    if (k < columns) {
        __m512 w = load_column(family, p, k, 0);
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

INLINE void widen_columns(tutti_family family, const void *panel, size_t columns, float *out) {
    size_t k = 0;
    for (; k + 2 <= columns; k += 2) {
        _mm512_storeu_ps(out + 16 * k, load_column(family, panel, k, 0));
        _mm512_storeu_ps(out + 16 * k + 16, load_column(family, panel, k, 1));
    }
    if (k < columns) _mm512_storeu_ps(out + 16 * k, load_column(family, panel, k, 0));
}

static void widen(tutti_family family, const void *panel, size_t columns, float *out) {
    if (family == TUTTI_F16) widen_columns(TUTTI_F16, panel, columns, out);
    else widen_columns(TUTTI_BF16, panel, columns, out);
}

/// Two panels share each activation that is fetched: with one alone, fetching them is what takes the time.
INLINE void dot_pair_rows(const float *panels, size_t columns, const float *x, ptrdiff_t x_stride, const int rows,
                          float *out, ptrdiff_t stride) {
    enum { MOST = 6 };
    const float *next = panels + 16 * columns;
    __m512 even[MOST], odd[MOST], next_even[MOST], next_odd[MOST];
    EACH_ROW even[m] = odd[m] = next_even[m] = next_odd[m] = _mm512_setzero_ps();
    size_t k = 0;
    for (; k + 2 <= columns; k += 2) {
        __m512 w0 = _mm512_loadu_ps(panels + 16 * k), w1 = _mm512_loadu_ps(panels + 16 * k + 16);
        __m512 v0 = _mm512_loadu_ps(next + 16 * k), v1 = _mm512_loadu_ps(next + 16 * k + 16);
        EACH_ROW {
            __m512 a = _mm512_set1_ps(x[x_stride * m + (ptrdiff_t)k]);
            even[m] = _mm512_fmadd_ps(w0, a, even[m]);
            next_even[m] = _mm512_fmadd_ps(v0, a, next_even[m]);
        }
        EACH_ROW {
            __m512 a = _mm512_set1_ps(x[x_stride * m + (ptrdiff_t)k + 1]);
            odd[m] = _mm512_fmadd_ps(w1, a, odd[m]);
            next_odd[m] = _mm512_fmadd_ps(v1, a, next_odd[m]);
        }
    }
    if (k < columns) {
        __m512 w = _mm512_loadu_ps(panels + 16 * k), v = _mm512_loadu_ps(next + 16 * k);
        EACH_ROW {
            __m512 a = _mm512_set1_ps(x[x_stride * m + (ptrdiff_t)k]);
            even[m] = _mm512_fmadd_ps(w, a, even[m]);
            next_even[m] = _mm512_fmadd_ps(v, a, next_even[m]);
        }
    }
    EACH_ROW {
        _mm512_storeu_ps(out + stride * m, _mm512_add_ps(even[m], odd[m]));
        _mm512_storeu_ps(out + stride * m + 16, _mm512_add_ps(next_even[m], next_odd[m]));
    }
}

static void dot_pair(const float *panels, size_t columns, const float *x, ptrdiff_t x_stride, int rows, float *out,
                     ptrdiff_t stride) {
#define PAIR(n) dot_pair_rows(panels, columns, x + x_stride * m, x_stride, n, out + stride * m, stride)
    int m = 0;
    for (; rows == 12 && m < 12; m += 6) PAIR(6);
    for (; rows - m >= 4; m += 4) PAIR(4);
    for (; rows - m >= 2; m += 2) PAIR(2);
    if (rows - m == 1) PAIR(1);
}

#pragma clang attribute pop

const tutti_linear_kernels tutti_linear_avx512 = {quantize, dot, dot_float, widen, dot_pair};
#endif
