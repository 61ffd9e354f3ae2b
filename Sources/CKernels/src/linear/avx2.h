// The kernels of 256 bits, included once for each way to multiply bytes; the includer gives
//
//   void multiply(tutti_family family, const weights *v, const int8_t *a, int count, int from, int to, __m256i *sums)
//
// which adds Σ w a over the groups `from..<to` of half a panel to the sums of `count` rows of activations, and
// BYTE_OFFSET, by how many bits 1 is shifted to give what it adds to weights that are bytes, or 0.
#include "avx2_weights.h"

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

/// By how many bits the negative sum of a block's activations is shifted, to undo what made its weights unsigned.
INLINE int offset_bits(const tutti_family family) {
    switch (family) {
        case TUTTI_Q4_0: return 3;
        case TUTTI_Q5_0: return 4;
        case TUTTI_Q6_K: return 5;
        case TUTTI_Q8_0:
        case TUTTI_W8: return BYTE_OFFSET;
        default: return 0;
    }
}

/// Adds a block's products with `count` rows of a tile's block, from `row`, to their sums.
INLINE void add_rows(const tutti_family family, const weights *v, const char *block, int rows, int row, const int count,
                     __m256 *sums) {
    const int8_t *a = tile_values(block) + 32 * row;
    const float *d = tile_scales(block, rows) + row, *s = tile_sums(block, rows) + row;
    const int32_t *whole = tile_biases(block, rows) + row, *half = tile_half_biases(block, rows) + row;
    const int by_halves = tutti_family_halves(family), minima = tutti_family_minima(family);
    const int bits = offset_bits(family);
    __m256i dots[4];
    __m256 f[4];
    multiply(family, v, a, (biases){by_halves ? half : whole, 0, bits}, count, 0, by_halves ? 4 : 8, dots);
    EACH_OF(count) f[m] = _mm256_cvtepi32_ps(dots[m]);
    if (by_halves) {
        EACH_OF(count) f[m] = _mm256_mul_ps(f[m], v->scale);
        multiply(family, v, a, (biases){whole, half, bits}, count, 4, 8, dots);
        EACH_OF(count) f[m] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dots[m]), v->second_scale, f[m]);
    }
    EACH_OF(count) {
        __m256 scale = _mm256_set1_ps(d[m]);
        sums[m] = by_halves ? _mm256_fmadd_ps(f[m], scale, sums[m])
                            : _mm256_fmadd_ps(_mm256_mul_ps(f[m], scale), v->scale, sums[m]);
        if (minima && !by_halves) sums[m] = _mm256_fmadd_ps(v->minimum, _mm256_set1_ps(s[m]), sums[m]);
        if (minima && by_halves) {
            float first = d[m] * (float)-half[m];
            sums[m] = _mm256_fmadd_ps(v->minimum, _mm256_set1_ps(first), sums[m]);
            sums[m] = _mm256_fmadd_ps(v->second_minimum, _mm256_set1_ps(s[m] - first), sums[m]);
        }
    }
}

/// Halves `side` to `side + sides` of a panel times a tile.
INLINE void dot_rows(const tutti_family family, const uint8_t *panel, size_t columns, const char *tile, const int rows,
                     float *out, ptrdiff_t stride, int side, const int sides) {
    const uint32_t *again = tile_again(tile, rows, columns);
    const int count = rows < 4 ? rows : 4;
    __m256 sums[2][TUTTI_TILE_ROWS];
    UNROLLED for (int h = 0; h < sides; h++) EACH_OF(rows) sums[h][m] = _mm256_setzero_ps();
    for (size_t b = 0; b < columns / 32; b++) {
        const char *block = tile + tile_block_bytes(rows) * b;
        if (side == 0) fetch_block_ahead(family, panel, b);
        UNROLLED for (int h = 0; h < sides; h++) {
            const weights v = load_weights(family, panel, b, side + h);
            UNROLLED for (int row = 0; row < rows; row += 4)
                add_rows(family, &v, block, rows, row, count, sums[h] + row);
            if (!again[b]) continue;
            const char *refined = tile_refined(tile, rows, columns, again[b]);
            UNROLLED for (int row = 0; row < rows; row += 4)
                if (tile_refines(again[b], row)) add_rows(family, &v, refined, rows, row, count, sums[h] + row);
        }
    }
    UNROLLED for (int h = 0; h < sides; h++)
        EACH_OF(rows) _mm256_storeu_ps(out + stride * m + 8 * (side + h), sums[h][m]);
}

/// Few rows wait for memory and meet both halves of the panel as they come; more meet one half after the other. Their
/// sums do not stay in sixteen registers, but what is unpacked of a block serves all rows of the tile.
INLINE void dot_tile(const tutti_family family, const uint8_t *panel, size_t columns, const char *tile, const int rows,
                     float *out, ptrdiff_t stride) {
    const int sides = rows <= 4 ? 2 : 1;
    for (int side = 0; side < 2; side += sides) dot_rows(family, panel, columns, tile, rows, out, stride, side, sides);
}

/// Instantiates a kernel for each count of rows that a tile has.
#define FOR_TILES(family) \
    switch (rows) { \
        case 1: dot_tile(family, panel, columns, tile, 1, out, stride); break; \
        case 2: dot_tile(family, panel, columns, tile, 2, out, stride); break; \
        case 4: dot_tile(family, panel, columns, tile, 4, out, stride); break; \
        case 8: dot_tile(family, panel, columns, tile, 8, out, stride); break; \
        default: dot_tile(family, panel, columns, tile, 12, out, stride); \
    }

static void dot(tutti_family family, const void *panel, size_t columns, const void *tile, int rows, float *out,
                ptrdiff_t stride) {
    switch (family) {
        case TUTTI_Q4_0: FOR_TILES(TUTTI_Q4_0) break;
        case TUTTI_Q4_1: FOR_TILES(TUTTI_Q4_1) break;
        case TUTTI_Q5_0: FOR_TILES(TUTTI_Q5_0) break;
        case TUTTI_Q5_1: FOR_TILES(TUTTI_Q5_1) break;
        case TUTTI_Q8_0: FOR_TILES(TUTTI_Q8_0) break;
        case TUTTI_Q4_K: FOR_TILES(TUTTI_Q4_K) break;
        case TUTTI_Q6_K: FOR_TILES(TUTTI_Q6_K) break;
        default: FOR_TILES(TUTTI_W8)
    }
}

// Float panels

/// Half of column `k + odd`, where `k` is even.
INLINE __m256 load_column(tutti_family family, const uint8_t *p, size_t k, const int odd, int side) {
    if (family == TUTTI_F32) return _mm256_loadu_ps((const float *)(p + 64 * (k + odd) + 32 * side));
    if (family == TUTTI_F16)
        return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p + 32 * (k + odd) + 16 * side)));
    __m256i both = _mm256_loadu_si256((const __m256i *)(p + 32 * k + 32 * side));
    return _mm256_castsi256_ps(odd ? _mm256_and_si256(both, _mm256_set1_epi32((int)0xffff0000))
                                   : _mm256_slli_epi32(both, 16));
}

/// Adds the products of column `k + odd` with four rows or one.
INLINE void add_column(tutti_family family, const uint8_t *p, size_t k, const int odd, const float *x,
                       ptrdiff_t x_stride, const int rows, __m256 *left, __m256 *right) {
    __m256 w0 = load_column(family, p, k, odd, 0), w1 = load_column(family, p, k, odd, 1);
    EACH_OF(rows) {
        __m256 a = _mm256_set1_ps(x[x_stride * m + (ptrdiff_t)k + odd]);
        left[m] = _mm256_fmadd_ps(w0, a, left[m]);
        right[m] = _mm256_fmadd_ps(w1, a, right[m]);
    }
}

INLINE void dot_float_rows(tutti_family family, const uint8_t *p, size_t columns, const float *x, ptrdiff_t x_stride,
                           const int rows, float *out, ptrdiff_t stride) {
    const size_t width = family == TUTTI_F32 ? 64 : 32;
    __m256 left[4], right[4];
    EACH_OF(rows) left[m] = right[m] = _mm256_setzero_ps();
    size_t k = 0;
    for (; k + 2 <= columns; k += 2) {
        fetch_ahead(p + width * k, 2 * width);
        add_column(family, p, k, 0, x, x_stride, rows, left, right);
        add_column(family, p, k, 1, x, x_stride, rows, left, right);
    }
    if (k < columns) add_column(family, p, k, 0, x, x_stride, rows, left, right);
    EACH_OF(rows) {
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

INLINE void widen_columns(tutti_family family, const void *panel, size_t columns, float *out) {
    size_t k = 0;
    for (; k + 2 <= columns; k += 2)
        UNROLLED for (int i = 0; i < 4; i++)
            _mm256_storeu_ps(out + 16 * k + 8 * i, load_column(family, panel, k, i / 2, i % 2));
    if (k < columns)
        UNROLLED for (int i = 0; i < 2; i++)
            _mm256_storeu_ps(out + 16 * k + 8 * i, load_column(family, panel, k, 0, i));
}

static void widen(tutti_family family, const void *panel, size_t columns, float *out) {
    if (family == TUTTI_F16) widen_columns(TUTTI_F16, panel, columns, out);
    else widen_columns(TUTTI_BF16, panel, columns, out);
}

/// Adds `count` columns of a panel's products to what `out` holds.
INLINE void add_columns(const float *panel, size_t count, const float *x, ptrdiff_t x_stride, const int rows,
                        float *out, ptrdiff_t stride) {
    __m256 left[6], right[6];
    EACH_OF(rows) left[m] = _mm256_loadu_ps(out + stride * m);
    EACH_OF(rows) right[m] = _mm256_loadu_ps(out + stride * m + 8);
    for (size_t k = 0; k < count; k++) {
        __m256 w0 = _mm256_loadu_ps(panel + 16 * k), w1 = _mm256_loadu_ps(panel + 16 * k + 8);
        EACH_OF(rows) {
            __m256 a = _mm256_set1_ps(x[x_stride * m + (ptrdiff_t)k]);
            left[m] = _mm256_fmadd_ps(w0, a, left[m]);
            right[m] = _mm256_fmadd_ps(w1, a, right[m]);
        }
    }
    EACH_OF(rows) _mm256_storeu_ps(out + stride * m, left[m]);
    EACH_OF(rows) _mm256_storeu_ps(out + stride * m + 8, right[m]);
}

/// As many columns at a time as stay in the first-level cache until all rows have met them. Six rows fill the registers:
/// with four the sums are just as many as an addition takes time, and any delay is lost.
static void dot_pair(const float *panels, size_t columns, const float *x, ptrdiff_t x_stride, int rows, float *out,
                     ptrdiff_t stride) {
    enum { NEAR = 512 };
    for (int m = 0; m < rows; m++)
        for (int i = 0; i < 4; i++) _mm256_storeu_ps(out + stride * m + 8 * i, _mm256_setzero_ps());
    for (size_t k = 0; k < columns; k += NEAR) {
        const size_t count = columns - k < NEAR ? columns - k : NEAR;
#define ADD(n) add_columns(panel, count, x + x_stride * m + (ptrdiff_t)k, x_stride, n, to + stride * m, stride)
        for (size_t side = 0; side < 2; side++) {
            const float *panel = panels + 16 * (columns * side + k);
            float *to = out + 16 * side;
            int m = 0;
            for (; rows == 12 && m < 12; m += 6) ADD(6);
            for (; m + 4 <= rows; m += 4) ADD(4);
            for (; m < rows; m++) ADD(1);
        }
#undef ADD
    }
}
