// Operators over rows against their formulas in double precision, on widths around every vector's length.
#include <math.h>
#include <string.h>

#include "check.h"

enum { MOST = 896 };

static double silu(double x) { return x / (1 + exp(-x)); }
static double gelu(double x) { return 0.5 * x * (1 + erf(x / sqrt(2))); }
static double quick_gelu(double x) { return x / (1 + exp(-1.702 * x)); }
static double gelu_by_tanh(double x) { return 0.5 * x * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x))); }

static void close_to(const float *y, const double *formula, size_t width, double limit, tutti_isa isa,
                     const char *name) {
    double worst = 0;
    for (size_t i = 0; i < width; i++) {
        double error = fabs((double)y[i] - formula[i]) / fmax(1, fabs(formula[i]));
        if (!(error <= worst)) worst = error;
    }
    compare(worst, limit, "%s, %s, width %zu", tutti_isa_name(isa), name, width);
}

static void check_norms(tutti_isa isa, const float *x, const float *weight, float *y, size_t width) {
    double formula[MOST], squares = 0, mean = 0, spread = 0;
    for (size_t i = 0; i < width; i++) squares += (double)x[i] * (double)x[i], mean += (double)x[i];
    squares /= (double)width;
    mean /= (double)width;
    for (size_t i = 0; i < width; i++) spread += pow((double)x[i] - mean, 2) / (double)width;
    for (size_t i = 0; i < width; i++) formula[i] = (double)x[i] / sqrt(squares + 1e-5) * (double)weight[i];
    // In place, as the models call it.
    memcpy(y, x, width * sizeof *y);
    tutti_rms_norm_f32(y, y, weight, width, 1e-5f);
    close_to(y, formula, width, 2e-6, isa, "rms norm");
    for (size_t i = 0; i < width; i++) formula[i] = (double)x[i] / sqrt(squares + 1e-5);
    tutti_rms_norm_f32(y, x, NULL, width, 1e-5f);
    close_to(y, formula, width, 2e-6, isa, "rms norm without weights");
    for (size_t i = 0; i < width; i++) {
        formula[i] = ((double)x[i] - mean) / sqrt(spread + 1e-5) * (double)weight[i] + (double)x[i];
    }
    tutti_layer_norm_f32(y, x, weight, x, width, 1e-5f);
    close_to(y, formula, width, 4e-6, isa, "layer norm");
}

static void check_gates(tutti_isa isa, const float *x, const float *up, float *y, size_t width) {
    double formula[MOST], sum = 0;
#define EACH(value) for (size_t i = 0; i < width; i++) formula[i] = value
    memcpy(y, x, width * sizeof *y);
    tutti_silu_gate_f32(y, y, up, width);
    EACH(silu((double)x[i]) * (double)up[i]);
    close_to(y, formula, width, 1e-6, isa, "silu gate");
    tutti_gelu_gate_f32(y, x, up, width);
    EACH(gelu_by_tanh((double)x[i]) * (double)up[i]);
    close_to(y, formula, width, 2e-6, isa, "gelu gate");
    memcpy(y, x, width * sizeof *y);
    tutti_gelu_f32(y, width);
    EACH(gelu((double)x[i]));
    close_to(y, formula, width, 1e-6, isa, "gelu");
    memcpy(y, x, width * sizeof *y);
    tutti_gelu_tanh_f32(y, width);
    EACH(gelu_by_tanh((double)x[i]));
    close_to(y, formula, width, 2e-6, isa, "gelu by tanh");
    memcpy(y, x, width * sizeof *y);
    tutti_quick_gelu_f32(y, width);
    EACH(quick_gelu((double)x[i]));
    close_to(y, formula, width, 1e-6, isa, "quick gelu");
    memcpy(y, x, width * sizeof *y);
    tutti_soft_cap_f32(y, 2, width);
    EACH(2 * tanh((double)x[i] / 2));
    close_to(y, formula, width, 1e-6, isa, "soft cap");
    memcpy(y, x, width * sizeof *y);
    tutti_add_f32(y, up, width);
    tutti_scale_f32(y, 0.7f, width);
    EACH(((double)x[i] + (double)up[i]) * 0.7);
    close_to(y, formula, width, 1e-6, isa, "add and scale");
#undef EACH
    for (size_t i = 0; i < width; i++) sum += exp((double)x[i] - 1);
    compare(fabs((double)tutti_sum_exp_f32(x, 1, width) / sum - 1), 1e-5, "%s, sum of exp, width %zu",
            tutti_isa_name(isa), width);
}

/// Rows that lie apart, with and without a bias and something to add to; nothing between them is touched.
static void check_place(tutti_isa isa, size_t width) {
    enum { ROWS = 3, APART = 5 };
    size_t stride = width + APART, count = ROWS * stride - APART;
    float *x = guarded(count * 4), *y = guarded(count * 4), *bias = guarded(width * 4), *wanted = guarded(count * 4);
    fill_floats(x, count, 1);
    fill_floats(bias, width, 1);
    for (int kind = 0; kind < 4; kind++) {
        const float *added = kind % 2 ? bias : NULL;
        fill_floats(y, count, 1);
        memcpy(wanted, y, count * sizeof *y);
        for (size_t i = 0; i < ROWS * width; i++) {
            size_t at = i / width * stride + i % width;
            float value = added ? x[at] + bias[i % width] : x[at];
            wanted[at] = kind / 2 ? wanted[at] + value : value;
        }
        tutti_place_f32(y, (ptrdiff_t)stride, x, (ptrdiff_t)stride, ROWS, width, added, kind / 2);
        compare_bytes(y, wanted, count * sizeof *y, "%s, rows of %zu placed, kind %d", tutti_isa_name(isa), width, kind);
    }
}

static void check_largest(tutti_isa isa, float *x, size_t width) {
    size_t best = 0;
    for (size_t i = 1; i < width; i++) best = x[i] > x[best] ? i : best;
    compare(tutti_argmax_f32(x, width) != (ptrdiff_t)best || tutti_max_f32(x, width) != x[best], 0,
            "%s, largest of %zu", tutti_isa_name(isa), width);
    x[width / 2] = NAN;
    compare(tutti_argmax_f32(x, width) != -1, 0, "%s, largest of %zu with a NaN", tutti_isa_name(isa), width);
    // Of equals the first.
    for (size_t i = 0; i < width; i++) x[i] = i < width / 3 ? -INFINITY : 5;
    compare(tutti_argmax_f32(x, width) != (ptrdiff_t)(width / 3), 0, "%s, first of %zu", tutti_isa_name(isa), width);
}

static void check_rope(tutti_isa isa, int halves) {
    enum { HEADS = 3, WIDTH = 36, ROTATED = 32, HALF = ROTATED / 2 };
    float *x = guarded(HEADS * WIDTH * 4), *y = guarded(HEADS * WIDTH * 4);
    float *cosine = guarded(HALF * 4), *sine = guarded(HALF * 4);
    double formula[HEADS * WIDTH];
    fill_floats(x, HEADS * WIDTH, 2);
    memcpy(y, x, HEADS * WIDTH * sizeof *y);
    for (int i = 0; i < HEADS * WIDTH; i++) formula[i] = (double)x[i];
    for (int i = 0; i < HALF; i++) {
        float angle = random_between(-3, 3);
        cosine[i] = cosf(angle);
        sine[i] = sinf(angle);
    }
    for (int head = 0; head < HEADS; head++)
        for (int i = 0; i < HALF; i++) {
            int a = WIDTH * head + (halves ? i : 2 * i), b = WIDTH * head + (halves ? i + HALF : 2 * i + 1);
            formula[a] = (double)x[a] * (double)cosine[i] - (double)x[b] * (double)sine[i];
            formula[b] = (double)x[a] * (double)sine[i] + (double)x[b] * (double)cosine[i];
        }
    tutti_rope_f32(y, HEADS, WIDTH, ROTATED, halves, cosine, sine);
    close_to(y, formula, HEADS * WIDTH, 1e-6, isa, halves ? "rope by halves" : "rope by pairs");
    release_guarded();
}

static void check_extremes(tutti_isa isa) {
    float y[] = {-INFINITY, -1e30f, -100, 0, 100, 1e30f, 3e38f}, ones[] = {1, 1, 1, 1, 1, 1, 1};
    tutti_silu_gate_f32(y, y, ones, 7);
    compare(!(y[3] == 0 && y[4] == 100 && y[5] == 1e30f && fabsf(y[2]) < 1e-30f), 0, "%s, silu of extremes",
            tutti_isa_name(isa));
    float far[] = {-1000, -1000};
    compare(tutti_sum_exp_f32(far, -1000, 2) != 2, 0, "%s, sum of exp far from zero", tutti_isa_name(isa));
    float none[] = {-INFINITY, -INFINITY};
    compare(tutti_argmax_f32(none, 2) != 0, 0, "%s, largest of infinities", tutti_isa_name(isa));
    compare(tutti_argmax_f32(none, 0) != -1, 0, "%s, largest of none", tutti_isa_name(isa));
}

void check_elementwise(tutti_isa isa) {
    static const size_t widths[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, MOST};
    seed(3);
    tutti_set_isa(isa);
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        size_t width = widths[w];
        float *x = guarded(width * 4), *other = guarded(width * 4), *y = guarded(width * 4);
        fill_floats(x, width, 5);
        fill_floats(other, width, 1);
        check_norms(isa, x, other, y, width);
        check_gates(isa, x, other, y, width);
        check_largest(isa, x, width);
        check_place(isa, width);
        release_guarded();
    }
    check_rope(isa, 0);
    check_rope(isa, 1);
    check_extremes(isa);
    report(tutti_isa_name(isa), "elementwise");
}
