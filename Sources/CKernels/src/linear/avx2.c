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
            ((int32_t *)tile_biases(block, rows))[m] = -(sums[0] + sums[1]);
            ((int32_t *)tile_half_biases(block, rows))[m] = -sums[0];
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

/// 32 columns of half a panel, eight rows: its integers, and what they are multiplied with and added to, for each half of
/// the columns where they differ. Families of bytes leave `w` alone and are read at `bytes`.
typedef struct {
    __m256i w[8];
    const uint8_t *bytes;
    __m256 scale, second_scale, minimum, second_minimum;
} weights;

/// Block `b` of half `side` of a panel.
INLINE weights load_weights(const tutti_family family, const uint8_t *panel, size_t b, int side) {
    weights v = {0};
    const uint8_t *p;
    switch (family) {
        case TUTTI_Q4_0:
            p = panel + Q4_0_BLOCK * b;
            v.scale = halves(p + 16 * side);
            load_nibbles(p + 32 + 32 * side, v.w);
            break;
        case TUTTI_Q4_1:
            p = panel + Q4_1_BLOCK * b;
            v.scale = halves(p + 16 * side);
            v.minimum = halves(p + 32 + 16 * side);
            load_nibbles(p + 64 + 32 * side, v.w);
            break;
        case TUTTI_Q5_0:
            p = panel + Q5_0_BLOCK * b;
            v.scale = halves(p + 16 * side);
            load_five_bits(p + 32 + 32 * side, p + 288 + 32 * side, v.w);
            break;
        case TUTTI_Q5_1:
            p = panel + Q5_1_BLOCK * b;
            v.scale = halves(p + 16 * side);
            v.minimum = halves(p + 32 + 16 * side);
            load_five_bits(p + 64 + 32 * side, p + 320 + 32 * side, v.w);
            break;
        case TUTTI_Q8_0:
            p = panel + Q8_0_BLOCK * b;
            v.scale = halves(p + 16 * side);
            v.bytes = p + 32 + 32 * side;
            break;
        case TUTTI_Q4_K: {
            const uint8_t *head = panel + (Q4_K_HEAD + 8 * Q4_K_BLOCK) * (b / 8);
            p = head + Q4_K_HEAD + Q4_K_BLOCK * (b % 8);
            v.scale = _mm256_mul_ps(halves(head + 16 * side), bytes_u(p + 8 * side));
            v.minimum = _mm256_mul_ps(_mm256_sub_ps(_mm256_setzero_ps(), halves(head + 32 + 16 * side)),
                                      bytes_u(p + 16 + 8 * side));
            load_nibbles(p + 32 + 32 * side, v.w);
            break;
        }
        case TUTTI_Q6_K: {
            const uint8_t *head = panel + (Q6_K_HEAD + 8 * Q6_K_BLOCK) * (b / 8);
            p = head + Q6_K_HEAD + Q6_K_BLOCK * (b % 8);
            v.scale = _mm256_mul_ps(halves(head + 16 * side), bytes_s(p + 8 * side));
            v.second_scale = _mm256_mul_ps(halves(head + 16 * side), bytes_s(p + 16 + 8 * side));
            load_six_bits(p + 32 + 32 * side, p + 288 + 32 * side, v.w);
            break;
        }
        default: {
            p = panel + TUTTI_W8_BLOCK_BYTES * b;
            const float *scales = (const float *)(p + W8_SCALES) + 8 * side;
            const float *minima = (const float *)(p + W8_MINIMA) + 8 * side;
            v.scale = _mm256_loadu_ps(scales);
            v.second_scale = _mm256_loadu_ps(scales + 16);
            v.minimum = _mm256_loadu_ps(minima);
            v.second_minimum = _mm256_loadu_ps(minima + 16);
            v.bytes = p + 32 * side;
        }
    }
    return v;
}

/// Σ w a over half the groups or all, `from..<to`, for row `m` of activations, as floats of signed weights.
INLINE __m256 products(const tutti_family family, const weights *v, const int8_t *a, int m, const int from,
                       const int to, int32_t negative_sum) {
    const int offset = family == TUTTI_Q4_0 ? 8 : family == TUTTI_Q5_0 ? 16 : family == TUTTI_Q6_K ? 32 : 0;
    if (family == TUTTI_Q8_0 || family == TUTTI_W8) return _mm256_cvtepi32_ps(signed_product(v->bytes, a, m, from, to));
    // As many groups as fit: a pair is at most 2 · 127 · 15, 31 or 63.
    const int fit = family == TUTTI_Q6_K ? 2 : family == TUTTI_Q5_0 || family == TUTTI_Q5_1 ? 4 : 8;
    __m256i dot = product(v->w, a, m, from, to, fit);
    if (offset) dot = _mm256_add_epi32(dot, _mm256_set1_epi32(offset * negative_sum));
    return _mm256_cvtepi32_ps(dot);
}

/// Adds a block's products with `count` rows of a tile's block, from `row`, to their sums.
INLINE void add_rows(const tutti_family family, const weights *v, const char *block, int rows, int row, const int count,
                     __m256 sums[4]) {
    const int8_t *a = tile_values(block) + 32 * row;
    const float *d = tile_scales(block, rows) + row, *s = tile_sums(block, rows) + row;
    const int32_t *whole = tile_biases(block, rows) + row, *half = tile_half_biases(block, rows) + row;
    const int by_halves = tutti_family_halves(family), minima = tutti_family_minima(family);
    _Pragma("clang loop unroll(full)") for (int m = 0; m < count; m++) {
        __m256 scale = _mm256_set1_ps(d[m]);
        if (by_halves) {
            __m256 f = _mm256_mul_ps(products(family, v, a, m, 0, 4, half[m]), v->scale);
            f = _mm256_fmadd_ps(products(family, v, a, m, 4, 8, whole[m] - half[m]), v->second_scale, f);
            sums[m] = _mm256_fmadd_ps(f, scale, sums[m]);
        } else {
            __m256 f = _mm256_mul_ps(products(family, v, a, m, 0, 8, whole[m]), scale);
            sums[m] = _mm256_fmadd_ps(f, v->scale, sums[m]);
        }
        if (minima && !by_halves) sums[m] = _mm256_fmadd_ps(v->minimum, _mm256_set1_ps(s[m]), sums[m]);
        if (minima && by_halves) {
            float first = d[m] * (float)-half[m];
            sums[m] = _mm256_fmadd_ps(v->minimum, _mm256_set1_ps(first), sums[m]);
            sums[m] = _mm256_fmadd_ps(v->second_minimum, _mm256_set1_ps(s[m] - first), sums[m]);
        }
    }
}

/// Halves `side` to `side + sides` of a panel times `count` rows of a tile of `rows`, from `row`.
INLINE void dot_rows(const tutti_family family, const uint8_t *panel, size_t columns, const char *tile, int rows,
                     int row, const int count, float *out, ptrdiff_t stride, int side, const int sides) {
    const uint32_t *again = tile_again(tile, rows, columns);
    __m256 sums[2][4];
    for (int h = 0; h < sides; h++)
        for (int m = 0; m < count; m++) sums[h][m] = _mm256_setzero_ps();
    for (size_t b = 0; b < columns / 32; b++) {
        const char *block = tile + tile_block_bytes(rows) * b;
        for (int h = 0; h < sides; h++) {
            const weights v = load_weights(family, panel, b, side + h);
            add_rows(family, &v, block, rows, row, count, sums[h]);
            if (tile_refines(again[b], row))
                add_rows(family, &v, tile_refined(tile, rows, columns, again[b]), rows, row, count, sums[h]);
        }
    }
    for (int h = 0; h < sides; h++)
        for (int m = 0; m < count; m++) _mm256_storeu_ps(out + stride * (row + m) + 8 * (side + h), sums[h][m]);
}

/// Few rows wait for memory and meet both halves of the panel as they come; of more, four at a time meet one half: the
/// sums of more would not stay in sixteen registers.
INLINE void dot_tile(const tutti_family family, const uint8_t *panel, size_t columns, const char *tile, int rows,
                     float *out, ptrdiff_t stride) {
    if (rows == 1) dot_rows(family, panel, columns, tile, rows, 0, 1, out, stride, 0, 2);
    if (rows == 2) dot_rows(family, panel, columns, tile, rows, 0, 2, out, stride, 0, 2);
    for (int side = 0; side < 2; side++)
        for (int row = 0; row + 4 <= rows; row += 4)
            dot_rows(family, panel, columns, tile, rows, row, 4, out, stride, side, 1);
}

static void dot(tutti_family family, const void *panel, size_t columns, const void *tile, int rows, float *out,
                ptrdiff_t stride) {
    switch (family) {
        case TUTTI_Q4_0: dot_tile(TUTTI_Q4_0, panel, columns, tile, rows, out, stride); break;
        case TUTTI_Q4_1: dot_tile(TUTTI_Q4_1, panel, columns, tile, rows, out, stride); break;
        case TUTTI_Q5_0: dot_tile(TUTTI_Q5_0, panel, columns, tile, rows, out, stride); break;
        case TUTTI_Q5_1: dot_tile(TUTTI_Q5_1, panel, columns, tile, rows, out, stride); break;
        case TUTTI_Q8_0: dot_tile(TUTTI_Q8_0, panel, columns, tile, rows, out, stride); break;
        case TUTTI_Q4_K: dot_tile(TUTTI_Q4_K, panel, columns, tile, rows, out, stride); break;
        case TUTTI_Q6_K: dot_tile(TUTTI_Q6_K, panel, columns, tile, rows, out, stride); break;
        default: dot_tile(TUTTI_W8, panel, columns, tile, rows, out, stride);
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

static void widen(tutti_family family, const void *panel, size_t columns, float *out) {
    for (size_t k = 0; k < columns; k++)
        for (int side = 0; side < 2; side++)
            _mm256_storeu_ps(out + 16 * k + 8 * side, family == TUTTI_F16 ? load_column(TUTTI_F16, panel, k, side)
                                                                          : load_column(TUTTI_BF16, panel, k, side));
}

#pragma clang attribute pop

const tutti_linear_kernels tutti_linear_avx2 = {quantize, dot, dot_float, widen, 0};
#endif
