// The operators in plain C, compiled once for each instruction set by the files that include this one.

#include <math.h>

// Outputs may lie on their inputs, place on place: that is safe to compute in vectors, but the compiler cannot know it.
#define EACH(i, count) \
    _Pragma("clang loop vectorize(assume_safety)") for (size_t i = 0; i < (count); i++)

static void rms_norm(float *y, const float *x, const float *weight, size_t width, float epsilon) {
#pragma clang fp reassociate(on)
    float squares = 0;
    for (size_t i = 0; i < width; i++) squares += x[i] * x[i];
    float factor = 1 / sqrtf(squares / (float)width + epsilon);
    if (weight) {
        EACH(i, width) y[i] = x[i] * factor * weight[i];
    } else {
        EACH(i, width) y[i] = x[i] * factor;
    }
}

static void layer_norm(float *y, const float *x, const float *weight, const float *bias, size_t width,
                       float epsilon) {
#pragma clang fp reassociate(on)
    float sum = 0, squares = 0;
    for (size_t i = 0; i < width; i++) sum += x[i];
    float mean = sum / (float)width;
    // A second pass over what lies in the cache: the difference of large squares would lose digits.
    for (size_t i = 0; i < width; i++) squares += (x[i] - mean) * (x[i] - mean);
    float factor = 1 / sqrtf(squares / (float)width + epsilon);
    if (bias) {
        EACH(i, width) y[i] = (x[i] - mean) * factor * weight[i] + bias[i];
    } else {
        EACH(i, width) y[i] = (x[i] - mean) * factor * weight[i];
    }
}

static void add(float *y, const float *x, size_t count) {
    EACH(i, count) y[i] += x[i];
}

static void place(float *y, ptrdiff_t y_stride, const float *x, ptrdiff_t x_stride, int rows, size_t count,
                  const float *bias, int adds) {
    for (int row = 0; row < rows; row++, y += y_stride, x += x_stride) {
        if (bias && adds) {
            EACH(i, count) y[i] += x[i] + bias[i];
        } else if (bias) {
            EACH(i, count) y[i] = x[i] + bias[i];
        } else if (adds) {
            EACH(i, count) y[i] += x[i];
        } else {
            EACH(i, count) y[i] = x[i];
        }
    }
}

static void scale(float *y, float factor, size_t count) {
    EACH(i, count) y[i] *= factor;
}

static void soft_cap(float *y, float cap, size_t count) {
    float inverse = 1 / cap;
    EACH(i, count) y[i] = cap * tutti_tanh(y[i] * inverse);
}

static void silu_gate(float *y, const float *gate, const float *up, size_t count) {
    EACH(i, count) y[i] = gate[i] / (1 + tutti_exp(-gate[i])) * up[i];
}

static void gelu_gate(float *y, const float *gate, const float *up, size_t count) {
    EACH(i, count) {
        float g = gate[i];
        y[i] = 0.5f * g * (1 + tutti_tanh(0.79788456f * g * (1 + 0.044715f * g * g))) * up[i];
    }
}

static void gelu(float *y, size_t count) {
    EACH(i, count) y[i] = 0.5f * y[i] * (1 + tutti_erf(y[i] * 0.70710678f));
}

static void gelu_tanh(float *y, size_t count) {
    EACH(i, count) {
        float g = y[i];
        y[i] = 0.5f * g * (1 + tutti_tanh(0.79788456f * g * (1 + 0.044715f * g * g)));
    }
}

static void quick_gelu(float *y, size_t count) {
    EACH(i, count) {
        float g = 1.702f * y[i];
        y[i] = g / (1 + tutti_exp(-g)) * (1 / 1.702f);
    }
}

static void hyperbolic_tangent(float *y, size_t count) {
    EACH(i, count) y[i] = tutti_tanh(y[i]);
}

static void sine(float *y, size_t count) {
    // By stretches, each of which is small throughout or goes to the C library.
    for (size_t first = 0; first < count; first += 256) {
        size_t end = count - first < 256 ? count : first + 256;
        float most = 0;
        uint32_t broken = 0;
        for (size_t i = first; i < end; i++) {
            float size = fabsf(y[i]);
            most = size > most ? size : most;
            broken |= size != size;
        }
        if (broken || most > 40000) {
            for (size_t i = first; i < end; i++) y[i] = sinf(y[i]);
        } else {
            EACH(i, end - first) y[first + i] = tutti_sin(y[first + i]);
        }
    }
}

static void tanh_gate(float *y, const float *x, const float *gate, size_t count) {
    EACH(i, count) {
        float a = x[i] > 20 ? 20 : x[i] < -20 ? -20 : x[i], e = tutti_exp(2 * a);
        y[i] = (e - 1) / ((e + 1) * (1 + tutti_exp(-gate[i])));
    }
}

static void rope(float *x, size_t heads, size_t width, size_t rotated, int halves, const float *cosine,
                 const float *sine) {
    size_t half = rotated / 2;
    for (size_t h = 0; h < heads; h++, x += width) {
        if (halves) {
            EACH(i, half) {
                float a = x[i], b = x[i + half];
                x[i] = a * cosine[i] - b * sine[i];
                x[i + half] = a * sine[i] + b * cosine[i];
            }
        } else {
            EACH(i, half) {
                float a = x[2 * i], b = x[2 * i + 1];
                x[2 * i] = a * cosine[i] - b * sine[i];
                x[2 * i + 1] = a * sine[i] + b * cosine[i];
            }
        }
    }
}

static float largest(const float *x, size_t count) {
    float lanes[16];
    for (int l = 0; l < 16; l++) lanes[l] = -INFINITY;
    size_t i = 0;
    for (; i + 16 <= count; i += 16)
        for (int l = 0; l < 16; l++) lanes[l] = x[i + l] > lanes[l] ? x[i + l] : lanes[l];
    for (; i < count; i++) lanes[0] = x[i] > lanes[0] ? x[i] : lanes[0];
    for (int l = 1; l < 16; l++) lanes[0] = lanes[l] > lanes[0] ? lanes[l] : lanes[0];
    return lanes[0];
}

static ptrdiff_t argmax(const float *x, size_t count) {
    uint32_t broken = 0;
    for (size_t i = 0; i < count; i++) broken |= x[i] != x[i];
    if (broken || !count) return -1;
    // One pass finds the value, a second its first place: by stretches, because a loop that may end anywhere does not
    // vectorise.
    float top = largest(x, count);
    size_t i = 0;
    for (; i + 64 <= count; i += 64) {
        uint32_t found = 0;
        for (int l = 0; l < 64; l++) found |= x[i + l] == top;
        if (found) break;
    }
    while (i < count && x[i] != top) i++;
    return (ptrdiff_t)i;
}

static float sum_exp(const float *x, float shift, size_t count) {
#pragma clang fp reassociate(on)
    float sum = 0;
    for (size_t i = 0; i < count; i++) sum += tutti_exp(x[i] - shift);
    return sum;
}

static void softmax(float *y, size_t count) {
#pragma clang fp reassociate(on)
    float top = largest(y, count), sum = 0;
    EACH(i, count) {
        y[i] = tutti_exp(y[i] - top);
        sum += y[i];
    }
    scale(y, 1 / sum, count);
}

#define TUTTI_ELEMENTWISE_ROW                                                                                       \
    {rms_norm, layer_norm, add,     place,   scale,   soft_cap, silu_gate, gelu_gate, gelu,  hyperbolic_tangent,  \
     tanh_gate, rope,      argmax,  largest, sum_exp, softmax,  sine,      gelu_tanh, quick_gelu}
