// The operators on each number by itself, in plain C, compiled once for each instruction set by the files that include this
// one.

// Outputs may lie on their inputs, place on place: that is safe to compute in vectors, but the compiler cannot know it.
#define EACH(i, count) _Pragma("clang loop vectorize(assume_safety)") for (size_t i = 0; i < (count); i++)

static inline __attribute__((always_inline)) float bounded(float x, float low, float high) {
    float raised = x > low ? x : low;
    return raised < high ? raised : high;
}

static void activate(const tutti_convolution *k, float *y, size_t count) {
    const float slope = k->slope, low = k->low, high = k->high;
    switch (k->activation) {
        case TUTTI_LEAKY:
            EACH(i, count) y[i] = leaky_of(y[i], slope);
            break;
        case TUTTI_CLIP:
            EACH(i, count) y[i] = bounded(y[i], low, high);
            break;
        case TUTTI_HARD_SWISH:
            EACH(i, count) y[i] *= bounded(y[i] * (1 / 6.0f) + 0.5f, 0, 1);
            break;
        case TUTTI_HARD_SIGMOID:
            EACH(i, count) y[i] = bounded(low * y[i] + high, 0, 1);
            break;
        case TUTTI_SIGMOID:
            EACH(i, count) y[i] = 1 / (1 + tutti_exp(-y[i]));
            break;
        case TUTTI_SILU:
            EACH(i, count) y[i] = y[i] / (1 + tutti_exp(-y[i]));
            break;
        case TUTTI_GELU:
            EACH(i, count) y[i] = 0.5f * y[i] * (1 + tutti_erf(y[i] * 0.70710678f));
            break;
    }
}

static void scale_add(float *y, const float *x, const float *scale, const float *added, size_t repeats, size_t rows,
                      size_t width) {
    for (size_t r = 0; r < rows; r++, x += width, y += width) {
        const float *z = added ? added + r / repeats * width : 0;
        if (scale && z) {
            EACH(c, width) y[c] = x[c] * scale[c] + z[c];
        } else if (scale) {
            EACH(c, width) y[c] = x[c] * scale[c];
        } else if (z) {
            EACH(c, width) y[c] = x[c] + z[c];
        } else {
            EACH(c, width) y[c] = x[c];
        }
    }
}

static void sum_rows(float *y, const float *x, size_t rows, size_t width) {
    for (size_t r = 0; r < rows; r++, x += width) EACH(c, width) y[c] += x[c];
}

static void maximum(float *y, const float *x, size_t count) {
    EACH(i, count) y[i] = x[i] > y[i] ? x[i] : y[i];
}
