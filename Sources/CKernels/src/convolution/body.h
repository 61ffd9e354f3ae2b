// The loops in vectors of sixteen floats, which the compiler makes one, two or four registers of: compiled once for each
// instruction set by the files that include this one. They define how many rows (MOST_ROWS) and panels (MOST_PANELS)
// are summed up at once, so that their sums stay in registers.

#pragma clang fp contract(fast)

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define EACH_SUM UNROLL for (int m = 0; m < rows; m++) UNROLL for (int p = 0; p < panels; p++)

typedef float vector __attribute__((ext_vector_type(16)));
/// The same anywhere in memory.
typedef float loose __attribute__((ext_vector_type(16), aligned(4)));

// Macros, because a function that takes or returns what is wider than a register has no ABI to keep.
#define LOAD(from) (*(const loose *)(from))
#define STORE(to, value) (*(loose *)(to) = (value))
#define LEAKY(x, slope) __builtin_elementwise_max(x, (x) * (slope))

/// `rows` rows of one panel or of neighbours; the last has `width` outputs.
INLINE void tile(const tutti_convolution *k, const int rows, const int panels, size_t first, size_t width,
                 const float *x, float *out, ptrdiff_t out_stride) {
    size_t columns = k->taps * k->channels;
    const float *w = k->weights + first * columns;
    vector sums[MOST_ROWS][MOST_PANELS];
    EACH_SUM sums[m][p] = k->bias ? LOAD(k->bias + first + 16 * p) : (vector)0;
    size_t taps = k->taps, channels = k->channels;
    // Taps that lie side by side are one long one.
    if (k->tap_stride == (ptrdiff_t)channels) channels = columns, taps = 1;
    for (size_t t = 0; t < taps; t++) {
        const float *a = x + (ptrdiff_t)t * k->tap_stride;
        for (size_t c = 0; c < channels; c++, w += 16, a++) {
            vector weights[MOST_PANELS];
            UNROLL for (int p = 0; p < panels; p++) weights[p] = LOAD(w + 16 * columns * (size_t)p);
            UNROLL for (int m = 0; m < rows; m++) {
                vector spread = a[k->row_stride * m];
                UNROLL for (int p = 0; p < panels; p++) sums[m][p] += weights[p] * spread;
            }
        }
    }
    EACH_SUM {
        float *to = out + out_stride * m + first + 16 * p;
        vector result = LEAKY(sums[m][p], k->slope);
        size_t count = p + 1 < panels ? 16 : width;
        if (count == 16) {
            STORE(to, k->adds ? LOAD(to) + result : result);
        } else {
            float lanes[16];
            STORE(lanes, result);
            for (size_t n = 0; n < count; n++) to[n] = (k->adds ? to[n] : 0) + lanes[n];
        }
    }
}

INLINE void panels_of(const tutti_convolution *k, const int panels, size_t first, size_t width, const float *x,
                      size_t rows, float *out, ptrdiff_t out_stride) {
    size_t r = 0;
#define TILE(n)                                                                                                    \
    for (; rows - r >= n; r += n)                                                                                  \
    tile(k, n, panels, first, width, x + k->row_stride * (ptrdiff_t)r, out + out_stride * (ptrdiff_t)r, out_stride)
    TILE(MOST_ROWS);
    TILE(4);
    TILE(1);
#undef TILE
}

static void dense(const tutti_convolution *k, size_t outputs, const float *x, size_t rows, float *out,
                  ptrdiff_t out_stride) {
    size_t first = 0;
    while (first < outputs) {
        size_t left = outputs - first;
        if (MOST_PANELS == 2 && left > 16) {
            panels_of(k, MOST_PANELS, first, left < 32 ? left - 16 : 16, x, rows, out, out_stride);
            first += 32;
        } else {
            panels_of(k, 1, first, left < 16 ? left : 16, x, rows, out, out_stride);
            first += 16;
        }
    }
}

static void depthwise(const tutti_convolution *k, const float *x, size_t rows, float *out, ptrdiff_t out_stride) {
    for (size_t r = 0; r < rows; r++, x += k->row_stride, out += out_stride) {
        size_t c = 0;
        for (; c + 16 <= k->channels; c += 16) {
            vector sum = k->bias ? LOAD(k->bias + c) : (vector)0;
            for (size_t t = 0; t < k->taps; t++)
                sum += LOAD(k->weights + t * k->channels + c) * LOAD(x + (ptrdiff_t)t * k->tap_stride + c);
            sum = LEAKY(sum, k->slope);
            STORE(out + c, k->adds ? LOAD(out + c) + sum : sum);
        }
        for (; c < k->channels; c++) {
            float sum = k->bias ? k->bias[c] : 0;
            for (size_t t = 0; t < k->taps; t++)
                sum += k->weights[t * k->channels + c] * x[(ptrdiff_t)t * k->tap_stride + (ptrdiff_t)c];
            out[c] = (k->adds ? out[c] : 0) + leaky_of(sum, k->slope);
        }
    }
}

static void leaky(float *y, const float *x, float slope, size_t count) {
    size_t i = 0;
    for (; i + 16 <= count; i += 16) STORE(y + i, LEAKY(LOAD(x + i), slope));
    for (; i < count; i++) y[i] = leaky_of(x[i], slope);
}
