// AVX2 with FMA: the sixteen rows of a panel as two registers of eight.
//
// vpmaddubsw adds pairs into 16 bits and saturates, so weights of up to six bits stay unsigned with an offset and their
// pairs are added while they fit; bytes go by absolute values, with the weight's sign given to the activation.
#if defined(__x86_64__)
#include <immintrin.h>

#include "linear.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#define EACH_ROW _Pragma("clang loop unroll(full)") for (int m = 0; m < rows; m++)
#define EACH_GROUP(from, to) _Pragma("clang loop unroll(full)") for (int g = from; g < to; g++)

INLINE __m256 halves(const uint8_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
INLINE __m256 bytes_u(const uint8_t *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
INLINE __m256 bytes_s(const uint8_t *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
INLINE __m256i group_of(const int8_t *a, int m, int g) {
    int32_t four;
    memcpy(&four, a + 32 * m + 4 * g, 4);
    return _mm256_set1_epi32(four);
}
INLINE __m256i at(const uint8_t *p) { return _mm256_loadu_si256((const __m256i *)p); }

static void quantize(const float *x, ptrdiff_t stride, int rows, size_t columns, void *tile) {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    for (size_t b = 0; b < columns / 32; b++) {
        char *block = (char *)tile + tile_block_bytes(rows) * b;
        for (int m = 0; m < rows; m++) {
            const float *in = x + stride * m + 32 * b;
            __m256 v[4], top = _mm256_setzero_ps();
            for (int i = 0; i < 4; i++) {
                v[i] = _mm256_loadu_ps(in + 8 * i);
                top = _mm256_max_ps(top, _mm256_andnot_ps(sign, v[i]));
            }
            __m128 t = _mm_max_ps(_mm256_castps256_ps128(top), _mm256_extractf128_ps(top, 1));
            t = _mm_max_ps(t, _mm_movehl_ps(t, t));
            float largest = _mm_cvtss_f32(_mm_max_ss(t, _mm_movehdup_ps(t)));
            float scale = largest / 127, inverse = largest > 1e-35f ? 127 / largest : 0;
            int32_t q[32], sums[2] = {0, 0};
            int8_t *to = (int8_t *)block + 32 * m;
            for (int i = 0; i < 4; i++)
                _mm256_storeu_si256((__m256i *)(q + 8 * i),
                                    _mm256_cvtps_epi32(_mm256_mul_ps(v[i], _mm256_set1_ps(inverse))));
            for (int i = 0; i < 32; i++) to[i] = (int8_t)q[i];
            for (int i = 0; i < 16; i++) sums[0] += q[i], sums[1] += q[16 + i];
            ((float *)tile_scales(block, rows))[m] = scale;
            ((float *)tile_sums(block, rows))[m] = scale * (float)(sums[0] + sums[1]);
            ((int32_t *)tile_biases(block, rows))[m] = -128 * (sums[0] + sums[1]);
            ((int32_t *)tile_half_biases(block, rows))[m] = -128 * sums[0];
        }
    }
}

// Weights of a block, of eight rows, as eight registers; `p` is already at the half of the rows that is asked for.

INLINE void load_nibbles(const uint8_t *p, __m256i w[8]) {
    const __m256i low = _mm256_set1_epi8(15);
#pragma clang loop unroll(full)
    for (int j = 0; j < 4; j++) {
        __m256i v = at(p + 64 * j);
        w[j] = _mm256_and_si256(v, low);
        w[j + 4] = _mm256_and_si256(_mm256_srli_epi16(v, 4), low);
    }
}

INLINE __m256i join(__m256i nibble, __m256i high, __m256i bits) {
    return _mm256_or_si256(nibble, _mm256_and_si256(high, bits));
}

INLINE void load_five_bits(const uint8_t *p, const uint8_t *fifth, __m256i w[8]) {
    const __m256i bit = _mm256_set1_epi8(16);
    load_nibbles(p, w);
    __m256i h = at(fifth);
    w[0] = join(w[0], _mm256_slli_epi16(h, 4), bit);
    w[1] = join(w[1], _mm256_slli_epi16(h, 3), bit);
    w[2] = join(w[2], _mm256_slli_epi16(h, 2), bit);
    w[3] = join(w[3], _mm256_slli_epi16(h, 1), bit);
    w[4] = join(w[4], h, bit);
    w[5] = join(w[5], _mm256_srli_epi16(h, 1), bit);
    w[6] = join(w[6], _mm256_srli_epi16(h, 2), bit);
    w[7] = join(w[7], _mm256_srli_epi16(h, 3), bit);
}

INLINE void load_six_bits(const uint8_t *p, const uint8_t *pairs, __m256i w[8]) {
    const __m256i bits = _mm256_set1_epi8(48);
    load_nibbles(p, w);
#pragma clang loop unroll(full)
    for (int half = 0; half < 2; half++) {
        __m256i h = at(pairs + 64 * half);
        w[4 * half] = join(w[4 * half], _mm256_slli_epi16(h, 4), bits);
        w[4 * half + 1] = join(w[4 * half + 1], _mm256_slli_epi16(h, 2), bits);
        w[4 * half + 2] = join(w[4 * half + 2], h, bits);
        w[4 * half + 3] = join(w[4 * half + 3], _mm256_srli_epi16(h, 2), bits);
    }
}

/// Σ w a over the groups `from..<to` for row `m`. `fit`: how many groups' pairs fit in 16 bits together.
INLINE __m256i product(const __m256i w[8], const int8_t *a, int m, int from, int to, int fit) {
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i sum = _mm256_setzero_si256();
#pragma clang loop unroll(full)
    for (int first = from; first < to; first += fit) {
        __m256i pairs = _mm256_setzero_si256();
        EACH_GROUP(first, first + fit) pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(w[g], group_of(a, m, g)));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, ones));
    }
    return sum;
}

/// The same for signed bytes.
INLINE __m256i signed_product(const uint8_t *p, const int8_t *a, int m, int from, int to) {
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i sum = _mm256_setzero_si256();
    EACH_GROUP(from, to) {
        __m256i w = at(p + 64 * g);
        __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(group_of(a, m, g), w));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, ones));
    }
    return sum;
}

INLINE __m256 scaled(__m256i sum, int32_t bias, float scale) {
    return _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_add_epi32(sum, _mm256_set1_epi32(bias))), _mm256_set1_ps(scale));
}

INLINE void dot_32(tutti_family family, const uint8_t *p, size_t columns, const char *tile, const int rows, float *out,
                   ptrdiff_t stride, int side) {
    const int minima = family == TUTTI_Q4_1 || family == TUTTI_Q5_1;
    const int offset = family == TUTTI_Q4_0 ? 8 : family == TUTTI_Q5_0 ? 16 : 0;
    const size_t head = minima ? 64 : 32;
    const size_t block_bytes = family == TUTTI_Q8_0 ? Q8_0_BLOCK
                               : family == TUTTI_Q5_0 || family == TUTTI_Q5_1 ? head + 320 : head + 256;
    const size_t blocks = columns / 32, refined = tutti_refined_blocks(columns);
    const int32_t *again = tile_refined(tile, rows, columns);
    const uint8_t *panel = p;
    __m256 sums[4];
    EACH_ROW sums[m] = _mm256_setzero_ps();
    for (size_t i = 0; i < blocks + refined; i++, tile += tile_block_bytes(rows)) {
        p = panel + block_bytes * (i < blocks ? i : (size_t)again[i - blocks]);
        const int8_t *a = tile_values(tile);
        const uint8_t *values = p + head + 32 * side;
        const float *scales = tile_scales(tile, rows);
        const int32_t *biases = tile_biases(tile, rows);
        __m256 d = halves(p + 16 * side);
        __m256i w[8];
        if (family == TUTTI_Q5_0 || family == TUTTI_Q5_1) load_five_bits(values, values + 256, w);
        else if (family != TUTTI_Q8_0) load_nibbles(values, w);
        EACH_ROW {
            __m256i dot = family == TUTTI_Q8_0                              ? signed_product(values, a, m, 0, 8)
                          : family == TUTTI_Q5_0 || family == TUTTI_Q5_1 ? product(w, a, m, 0, 8, 4)
                                                                         : product(w, a, m, 0, 8, 8);
            sums[m] = _mm256_fmadd_ps(scaled(dot, biases[m] / 128 * offset, scales[m]), d, sums[m]);
        }
        if (minima) {
            __m256 low = halves(p + 32 + 16 * side);
            EACH_ROW sums[m] = _mm256_fmadd_ps(low, _mm256_set1_ps(tile_sums(tile, rows)[m]), sums[m]);
        }
    }
    EACH_ROW _mm256_storeu_ps(out + stride * m + 8 * side, sums[m]);
}

/// One block of 32 columns of Q4_K, before the factors of its 256: products with scales, and sums with minima.
INLINE void add_q4_k(const uint8_t *p, const char *tile, const int rows, int side, __m256 part[4], __m256 low[4]) {
    __m256i w[8];
    load_nibbles(p + 32 + 32 * side, w);
    __m256 scale = bytes_u(p + 8 * side), minimum = bytes_u(p + 16 + 8 * side);
    EACH_ROW {
        __m256i dot = product(w, tile_values(tile), m, 0, 8, 8);
        part[m] = _mm256_fmadd_ps(scaled(dot, 0, tile_scales(tile, rows)[m]), scale, part[m]);
        low[m] = _mm256_fmadd_ps(minimum, _mm256_set1_ps(tile_sums(tile, rows)[m]), low[m]);
    }
}

INLINE void dot_q4_k(const uint8_t *p, size_t columns, const char *tile, const int rows, float *out, ptrdiff_t stride,
                     int side) {
    const int32_t *again = tile_refined(tile, rows, columns);
    const uint8_t *panel = p;
    __m256 sums[4];
    EACH_ROW sums[m] = _mm256_setzero_ps();
    for (size_t s = 0; s < columns / 256; s++) {
        __m256 d = halves(p + 16 * side), dmin = halves(p + 32 + 16 * side), part[4], low[4];
        EACH_ROW part[m] = low[m] = _mm256_setzero_ps();
        p += Q4_K_HEAD;
        for (int j = 0; j < 8; j++, p += Q4_K_BLOCK, tile += tile_block_bytes(rows))
            add_q4_k(p, tile, rows, side, part, low);
        EACH_ROW sums[m] = _mm256_fnmadd_ps(dmin, low[m], _mm256_fmadd_ps(d, part[m], sums[m]));
    }
    for (size_t i = 0; i < tutti_refined_blocks(columns); i++, tile += tile_block_bytes(rows)) {
        const uint8_t *head = panel + (Q4_K_HEAD + 8 * Q4_K_BLOCK) * (again[i] / 8);
        __m256 d = halves(head + 16 * side), dmin = halves(head + 32 + 16 * side), part[4], low[4];
        EACH_ROW part[m] = low[m] = _mm256_setzero_ps();
        add_q4_k(head + Q4_K_HEAD + Q4_K_BLOCK * (again[i] % 8), tile, rows, side, part, low);
        EACH_ROW sums[m] = _mm256_fnmadd_ps(dmin, low[m], _mm256_fmadd_ps(d, part[m], sums[m]));
    }
    EACH_ROW _mm256_storeu_ps(out + stride * m + 8 * side, sums[m]);
}

/// One block of 32 columns of Q6_K, before the factor of its 256.
INLINE void add_q6_k(const uint8_t *p, const char *tile, const int rows, int side, __m256 part[4]) {
    __m256i w[8];
    load_six_bits(p + 32 + 32 * side, p + 288 + 32 * side, w);
    __m256 first = bytes_s(p + 8 * side), second = bytes_s(p + 16 + 8 * side);
    EACH_ROW {
        int32_t half = tile_half_biases(tile, rows)[m], rest = tile_biases(tile, rows)[m] - half;
        float scale = tile_scales(tile, rows)[m];
        __m256 f = scaled(product(w, tile_values(tile), m, 0, 4, 2), half / 4, scale);
        part[m] = _mm256_fmadd_ps(f, first, part[m]);
        f = scaled(product(w, tile_values(tile), m, 4, 8, 2), rest / 4, scale);
        part[m] = _mm256_fmadd_ps(f, second, part[m]);
    }
}

INLINE void dot_q6_k(const uint8_t *p, size_t columns, const char *tile, const int rows, float *out, ptrdiff_t stride,
                     int side) {
    const int32_t *again = tile_refined(tile, rows, columns);
    const uint8_t *panel = p;
    __m256 sums[4];
    EACH_ROW sums[m] = _mm256_setzero_ps();
    for (size_t s = 0; s < columns / 256; s++) {
        __m256 d = halves(p + 16 * side), part[4];
        EACH_ROW part[m] = _mm256_setzero_ps();
        p += Q6_K_HEAD;
        for (int j = 0; j < 8; j++, p += Q6_K_BLOCK, tile += tile_block_bytes(rows))
            add_q6_k(p, tile, rows, side, part);
        EACH_ROW sums[m] = _mm256_fmadd_ps(d, part[m], sums[m]);
    }
    for (size_t i = 0; i < tutti_refined_blocks(columns); i++, tile += tile_block_bytes(rows)) {
        const uint8_t *head = panel + (Q6_K_HEAD + 8 * Q6_K_BLOCK) * (again[i] / 8);
        __m256 d = halves(head + 16 * side), part[4];
        EACH_ROW part[m] = _mm256_setzero_ps();
        add_q6_k(head + Q6_K_HEAD + Q6_K_BLOCK * (again[i] % 8), tile, rows, side, part);
        EACH_ROW sums[m] = _mm256_fmadd_ps(d, part[m], sums[m]);
    }
    EACH_ROW _mm256_storeu_ps(out + stride * m + 8 * side, sums[m]);
}

/// Instantiates a kernel for each count of rows that a direct product takes, and runs it for both halves of the panel.
#define FOR_ROWS(call) \
    for (int side = 0; side < 2; side++) switch (rows) { \
            case 1: call(1); break; \
            case 2: call(2); break; \
            default: call(4); \
        }

static void dot(tutti_family family, const void *panel, size_t columns, const void *tile, int rows, float *out,
                ptrdiff_t stride) {
#define PLAIN(n) dot_32(FAMILY, panel, columns, tile, n, out, stride, side)
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
#define Q4_K(n) dot_q4_k(panel, columns, tile, n, out, stride, side)
        case TUTTI_Q4_K: FOR_ROWS(Q4_K) break;
#define Q6_K(n) dot_q6_k(panel, columns, tile, n, out, stride, side)
        default: FOR_ROWS(Q6_K)
    }
}

// Unpacked panels times tiles, four rows of activations at a time: more would not stay in sixteen registers

INLINE void dot_w8_rows(const int by_halves, const int minima, const uint8_t *p, size_t columns, const char *tile,
                        int tile_rows, int first_row, const int rows, float *out, ptrdiff_t stride, int side) {
    const __m256i ones = _mm256_set1_epi16(1);
    const size_t blocks = columns / 32, refined = tutti_refined_blocks(columns);
    const int32_t *again = tile_refined(tile, tile_rows, columns);
    const uint8_t *panel = p;
    __m256 sums[4];
    EACH_ROW sums[m] = _mm256_setzero_ps();
    for (size_t i = 0; i < blocks + refined; i++, tile += tile_block_bytes(tile_rows)) {
        p = panel + TUTTI_W8_BLOCK_BYTES * (i < blocks ? i : (size_t)again[i - blocks]);
        const int8_t *a = tile_values(tile) + 32 * first_row;
        const float *d = tile_scales(tile, tile_rows) + first_row, *whole = tile_sums(tile, tile_rows) + first_row;
        const int32_t *half = tile_half_biases(tile, tile_rows) + first_row;
        __m256i dots[4];
#pragma clang loop unroll(full)
        for (int part = 0; part < 2; part++) {
            if (part == 0 || by_halves) EACH_ROW dots[m] = _mm256_setzero_si256();
            EACH_GROUP(4 * part, 4 * part + 4) {
                __m256i w = at(p + 64 * g + 32 * side), size = _mm256_abs_epi8(w);
                EACH_ROW {
                    __m256i pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(group_of(a, m, g), w));
                    dots[m] = _mm256_add_epi32(dots[m], _mm256_madd_epi16(pairs, ones));
                }
            }
            if (part == 1 || by_halves) {
                __m256 scale = _mm256_loadu_ps((const float *)(p + W8_SCALES) + 16 * (by_halves ? part : 0) + 8 * side);
                EACH_ROW sums[m] = _mm256_fmadd_ps(scaled(dots[m], 0, d[m]), scale, sums[m]);
            }
        }
        if (minima) {
            const float *low = (const float *)(p + W8_MINIMA) + 8 * side;
            __m256 first = _mm256_loadu_ps(low), second = _mm256_loadu_ps(low + 16);
            EACH_ROW {
                float sum = by_halves ? d[m] * (float)(half[m] / -128) : whole[m];
                sums[m] = _mm256_fmadd_ps(first, _mm256_set1_ps(sum), sums[m]);
                if (by_halves) sums[m] = _mm256_fmadd_ps(second, _mm256_set1_ps(whole[m] - sum), sums[m]);
            }
        }
    }
    EACH_ROW _mm256_storeu_ps(out + stride * (first_row + m) + 8 * side, sums[m]);
}

INLINE void dot_w8_tile(const int by_halves, const int minima, const void *w8, size_t columns, const void *tile,
                        int rows, float *out, ptrdiff_t stride) {
    for (int side = 0; side < 2; side++) {
        int first = 0;
        for (; first + 4 <= rows; first += 4)
            dot_w8_rows(by_halves, minima, w8, columns, tile, rows, first, 4, out, stride, side);
        if (rows - first >= 2) {
            dot_w8_rows(by_halves, minima, w8, columns, tile, rows, first, 2, out, stride, side);
            first += 2;
        }
        if (first < rows) dot_w8_rows(by_halves, minima, w8, columns, tile, rows, first, 1, out, stride, side);
    }
}

static void dot_w8(int by_halves, int minima, const void *w8, size_t columns, const void *tile, int rows, float *out,
                   ptrdiff_t stride) {
    if (by_halves) {
        if (minima) dot_w8_tile(1, 1, w8, columns, tile, rows, out, stride);
        else dot_w8_tile(1, 0, w8, columns, tile, rows, out, stride);
    } else {
        if (minima) dot_w8_tile(0, 1, w8, columns, tile, rows, out, stride);
        else dot_w8_tile(0, 0, w8, columns, tile, rows, out, stride);
    }
}

// Float panels

INLINE __m256 load_column(tutti_family family, const uint8_t *p, size_t k, int side) {
    if (family == TUTTI_F32) return _mm256_loadu_ps((const float *)(p + 64 * k + 32 * side));
    __m128i half = _mm_loadu_si128((const __m128i *)(p + 32 * k + 16 * side));
    if (family == TUTTI_F16) return _mm256_cvtph_ps(half);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
}

INLINE void dot_float_rows(tutti_family family, const uint8_t *p, size_t columns, const float *x, ptrdiff_t x_stride,
                           const int rows, float *out, ptrdiff_t stride) {
    __m256 left[4], right[4];
    EACH_ROW left[m] = right[m] = _mm256_setzero_ps();
    for (size_t k = 0; k < columns; k++) {
        __m256 w0 = load_column(family, p, k, 0), w1 = load_column(family, p, k, 1);
        EACH_ROW {
            __m256 a = _mm256_set1_ps(x[x_stride * m + (ptrdiff_t)k]);
            left[m] = _mm256_fmadd_ps(w0, a, left[m]);
            right[m] = _mm256_fmadd_ps(w1, a, right[m]);
        }
    }
    EACH_ROW {
        _mm256_storeu_ps(out + stride * m, left[m]);
        _mm256_storeu_ps(out + stride * m + 8, right[m]);
    }
}

INLINE void dot_float_tile(tutti_family family, const void *panel, size_t columns, const float *x, ptrdiff_t x_stride,
                           int rows, float *out, ptrdiff_t stride) {
    int m = 0;
    for (; m + 4 <= rows; m += 4)
        dot_float_rows(family, panel, columns, x + x_stride * m, x_stride, 4, out + stride * m, stride);
    for (; m < rows; m++)
        dot_float_rows(family, panel, columns, x + x_stride * m, x_stride, 1, out + stride * m, stride);
}

static void dot_float(tutti_family family, const void *panel, size_t columns, const float *x, ptrdiff_t x_stride,
                      int rows, float *out, ptrdiff_t stride) {
    if (family == TUTTI_F32) dot_float_tile(TUTTI_F32, panel, columns, x, x_stride, rows, out, stride);
    else if (family == TUTTI_F16) dot_float_tile(TUTTI_F16, panel, columns, x, x_stride, rows, out, stride);
    else dot_float_tile(TUTTI_BF16, panel, columns, x, x_stride, rows, out, stride);
}

#pragma clang attribute pop

const tutti_linear_kernels tutti_linear_avx2 = {quantize, dot, dot_w8, dot_float};
#endif
