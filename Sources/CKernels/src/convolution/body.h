// The loops in vectors of sixteen floats, which the compiler makes one, two or four registers of: compiled once for each
// instruction set by the files that include this one. They define how many rows (MOST_ROWS) and panels (MOST_PANELS)
// are summed up at once, so that their sums stay in registers, and how many rows of a depthwise convolution (DEPTH_ROWS).

#pragma clang fp contract(fast)

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define EACH_SUM UNROLL for (int m = 0; m < rows; m++) UNROLL for (int p = 0; p < panels; p++)

typedef float vector __attribute__((ext_vector_type(16)));
/// The same anywhere in memory.
typedef float loose __attribute__((ext_vector_type(16), aligned(4)));
typedef float few __attribute__((ext_vector_type(4), aligned(4)));

// Macros, because a function that takes or returns what is wider than a register has no ABI to keep.
#define LOAD(from) (*(const loose *)(from))
#define STORE(to, value) (*(loose *)(to) = (value))
#define LEAKY(x, slope) __builtin_elementwise_max(x, (x) * (slope))

/// Results from `n` on, as many as `kind` holds, to where they belong.
#define PUT(kind, n) { \
    kind sum = *(const kind *)(results + (n)); \
    if (adds) sum += *(const kind *)(to + (n)); \
    if (added) sum += *(const kind *)(added + (n)); \
    *(kind *)(to + (n)) = sum; \
    if (rectified) *(kind *)(rectified + (n)) = LEAKY(sum, slope); \
}

/// Writes `count` results from the output `first` on.
INLINE void put(const tutti_convolution *k, const float *results, size_t row, size_t first, size_t count, float *out,
                ptrdiff_t out_stride) {
    ptrdiff_t place = out_stride * (ptrdiff_t)row + (ptrdiff_t)first;
    float *to = out + place, *rectified = k->rectified ? k->rectified + place : 0;
    const float *added = k->added ? k->added + k->added_stride * (ptrdiff_t)row + first : 0;
    const float slope = k->rectified_slope;
    const int adds = k->adds;
    if (count == 16) {
        PUT(loose, 0);
        return;
    }
    // What is left of a count of channels is often some fours.
    size_t n = 0;
    for (; n + 4 <= count; n += 4) PUT(few, n);
    for (; n < count; n++) {
        float sum = results[n] + (adds ? to[n] : 0) + (added ? added[n] : 0);
        to[n] = sum;
        if (rectified) rectified[n] = leaky_of(sum, slope);
    }
}

/// `rows` rows of one panel or of neighbours, from row `row` on; the last panel has `width` outputs.
INLINE void tile(const tutti_convolution *k, const int rows, const int panels, size_t first, size_t width,
                 const float *x, size_t row, float *out, ptrdiff_t out_stride) {
    size_t lines = line_count(k), taps = k->taps, channels = k->channels, columns = lines * taps * channels;
    ptrdiff_t tap_stride = k->tap_stride, line_stride = k->line_stride;
    const float *w = k->weights + first * columns, *start = x + k->row_stride * (ptrdiff_t)row;
    vector sums[MOST_ROWS][MOST_PANELS];
    EACH_SUM sums[m][p] = k->bias ? LOAD(k->bias + first + 16 * p) : (vector)0;
    // Taps that lie side by side are one long one, and what is left of lines of one tap are taps.
    if (tap_stride == (ptrdiff_t)channels) channels *= taps, taps = 1;
    if (taps == 1) taps = lines, tap_stride = line_stride, lines = 1;
    for (size_t l = 0; l < lines; l++) {
        for (size_t t = 0; t < taps; t++) {
            const float *a = start + (ptrdiff_t)l * line_stride + (ptrdiff_t)t * tap_stride;
            for (size_t c = 0; c < channels; c++, w += 16, a++) {
                vector weights[MOST_PANELS];
                UNROLL for (int p = 0; p < panels; p++) {
                    weights[p] = LOAD(w + 16 * columns * (size_t)p);
                    // The next panels' come meanwhile: of a model that is larger than the caches, nobody has read them yet.
                    __builtin_prefetch(w + 16 * columns * (size_t)(panels + p), 0, 2);
                }
                UNROLL for (int m = 0; m < rows; m++) {
                    vector spread = a[k->row_stride * m];
                    UNROLL for (int p = 0; p < panels; p++) sums[m][p] += weights[p] * spread;
                }
            }
        }
    }
    float results[MOST_ROWS * MOST_PANELS * 16] __attribute__((aligned(64)));
    if (k->activation == TUTTI_LEAKY) {
        EACH_SUM STORE(results + 16 * (panels * m + p), LEAKY(sums[m][p], k->slope));
    } else {
        EACH_SUM STORE(results + 16 * (panels * m + p), sums[m][p]);
        activate(k, results, (size_t)(16 * rows * panels));
    }
    // In a loop that stays one: where results go takes a branch or two, and many times its place unrolled.
    _Pragma("clang loop unroll(disable)") for (int m = 0; m < rows; m++)
        UNROLL for (int p = 0; p < panels; p++)
            put(k, results + 16 * (panels * m + p), row + (size_t)m, first + 16 * (size_t)p,
                p + 1 < panels ? 16 : width, out, out_stride);
}

INLINE void panels_of(const tutti_convolution *k, const int panels, size_t first, size_t width, const float *x,
                      size_t rows, float *out, ptrdiff_t out_stride) {
    size_t r = 0;
    for (; rows - r >= MOST_ROWS; r += MOST_ROWS) tile(k, MOST_ROWS, panels, first, width, x, r, out, out_stride);
    // What is left goes at once too: fewer rows take hardly less time, because the weights are read all the same.
    switch (rows - r) {
#define REST(n) \
    case n: tile(k, n, panels, first, width, x, r, out, out_stride); break
        REST(1);
        REST(2);
        REST(3);
        REST(4);
        REST(5);
#if MOST_ROWS > 6
        REST(6);
        REST(7);
        REST(8);
        REST(9);
        REST(10);
        REST(11);
#endif
#undef REST
    }
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

/// Sixteen channels from `c` on of `rows` rows from row `row` on.
INLINE void depthwise_tile(const tutti_convolution *k, const int rows, size_t c, size_t width, const float *x, size_t row,
                           float *out, ptrdiff_t out_stride) {
    const float *start = x + k->row_stride * (ptrdiff_t)row + c, *w = k->weights + c;
    vector sums[DEPTH_ROWS];
    UNROLL for (int m = 0; m < rows; m++) sums[m] = k->bias ? LOAD(k->bias + c) : (vector)0;
    for (size_t l = 0; l < line_count(k); l++) {
        for (size_t t = 0; t < k->taps; t++, w += k->channels) {
            const float *a = start + (ptrdiff_t)l * k->line_stride + (ptrdiff_t)t * k->tap_stride;
            vector weights = LOAD(w);
            UNROLL for (int m = 0; m < rows; m++) sums[m] += weights * LOAD(a + k->row_stride * m);
        }
    }
    float results[DEPTH_ROWS * 16];
    UNROLL for (int m = 0; m < rows; m++)
        STORE(results + 16 * m, k->activation == TUTTI_LEAKY ? LEAKY(sums[m], k->slope) : sums[m]);
    if (k->activation != TUTTI_LEAKY) activate(k, results, (size_t)(16 * rows));
    for (int m = 0; m < rows; m++) put(k, results + 16 * m, row + (size_t)m, c, width, out, out_stride);
}

static void depthwise(const tutti_convolution *k, size_t outputs, const float *x, size_t rows, float *out,
                      ptrdiff_t out_stride) {
    size_t whole = k->channels / 16 * 16, r = 0;
#define TILE(n)                                       \
    for (; rows - r >= n; r += n)                     \
        for (size_t c = 0; c < whole && c < outputs; c += 16) \
            depthwise_tile(k, n, c, outputs - c < 16 ? outputs - c : 16, x, r, out, out_stride)
    TILE(DEPTH_ROWS);
    TILE(4);
    TILE(1);
#undef TILE
    for (r = 0; whole < outputs && r < rows; r++) {
        float results[16];
        for (size_t c = whole; c < outputs; c++) {
            const float *w = k->weights + c;
            float sum = k->bias ? k->bias[c] : 0;
            for (size_t l = 0; l < line_count(k); l++)
                for (size_t t = 0; t < k->taps; t++, w += k->channels)
                    sum += *w * x[k->row_stride * (ptrdiff_t)r + (ptrdiff_t)l * k->line_stride
                                  + (ptrdiff_t)t * k->tap_stride + (ptrdiff_t)c];
            results[c - whole] = sum;
        }
        activate(k, results, outputs - whole);
        put(k, results, r, whole, outputs - whole, out, out_stride);
    }
}

static void leaky(float *y, const float *x, float slope, size_t count) {
    size_t i = 0;
    for (; i + 16 <= count; i += 16) STORE(y + i, LEAKY(LOAD(x + i), slope));
    for (; i < count; i++) y[i] = leaky_of(x[i], slope);
}
