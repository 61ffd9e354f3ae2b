// Which kernels this CPU runs: one row for each instruction set, chosen once.
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attention/attention.h"
#include "elementwise/elementwise.h"
#include "linear/linear.h"
#include "quantize/quantize.h"
#include "tutti_cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>

/// The register states that the operating system saves (XCR0).
static uint64_t saved_states(void) {
    uint32_t low, high;
    __asm__ __volatile__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

int tutti_cpu_has(const char *feature) {
    uint32_t a, b, c, d, b7 = 0, c7 = 0, a71 = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    uint32_t c1 = c;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) b7 = b, c7 = c;
    if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) a71 = a;
    uint64_t states = c1 >> 27 & 1 ? saved_states() : 0;
    int ymm = (states & 6) == 6, zmm = (states & 0xe6) == 0xe6;
    if (!strcmp(feature, "avx2")) return ymm && b7 >> 5 & 1;
    if (!strcmp(feature, "fma")) return ymm && c1 >> 12 & 1;
    if (!strcmp(feature, "f16c")) return ymm && c1 >> 29 & 1;
    if (!strcmp(feature, "avxvnni")) return ymm && a71 >> 4 & 1;
    if (!strcmp(feature, "avx512f")) return zmm && b7 >> 16 & 1;
    if (!strcmp(feature, "avx512dq")) return zmm && b7 >> 17 & 1;
    if (!strcmp(feature, "avx512bw")) return zmm && b7 >> 30 & 1;
    if (!strcmp(feature, "avx512vl")) return zmm && b7 >> 31 & 1;
    if (!strcmp(feature, "avx512vnni")) return zmm && c7 >> 11 & 1;
    if (!strcmp(feature, "avx512bf16")) return zmm && a71 >> 5 & 1;
    return 0;
}
#else
int tutti_cpu_has(const char *feature) {
#if defined(__aarch64__)
    return !strcmp(feature, "neon");
#else
    (void)feature;
    return 0;
#endif
}
#endif

int tutti_cpu_count(void) {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
#endif
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (int)count : 1;
}

static tutti_isa widest(void) {
#if defined(__x86_64__)
    if (!tutti_cpu_has("avx2") || !tutti_cpu_has("fma") || !tutti_cpu_has("f16c")) return TUTTI_PORTABLE;
    if (!tutti_cpu_has("avx512f") || !tutti_cpu_has("avx512dq") || !tutti_cpu_has("avx512bw")) return TUTTI_AVX2;
    return tutti_cpu_has("avx512vl") && tutti_cpu_has("avx512vnni") ? TUTTI_AVX512 : TUTTI_AVX2;
#else
    return TUTTI_PORTABLE;
#endif
}

static tutti_isa chosen;
static const tutti_linear_kernels *linear = &tutti_linear_portable;
static const tutti_attention_kernels *attention = &tutti_attention_portable;
static const tutti_elementwise_kernels *elementwise = &tutti_elementwise_portable;
static const tutti_fit_kernels *fit = &tutti_fit_portable;

tutti_isa tutti_set_isa(tutti_isa isa) {
    tutti_isa limit = widest();
    chosen = isa < limit ? isa : limit;
    linear = &tutti_linear_portable;
    attention = &tutti_attention_portable;
    elementwise = &tutti_elementwise_portable;
    fit = &tutti_fit_portable;
#if defined(__x86_64__)
    if (chosen >= TUTTI_AVX2) fit = &tutti_fit_avx2;
    if (chosen == TUTTI_AVX2) {
        linear = &tutti_linear_avx2;
        attention = &tutti_attention_avx2;
        elementwise = &tutti_elementwise_avx2;
    } else if (chosen == TUTTI_AVX512) {
        linear = &tutti_linear_avx512;
        attention = &tutti_attention_avx512;
        elementwise = &tutti_elementwise_avx512;
    }
#endif
    return chosen;
}

__attribute__((constructor)) static void choose(void) {
    const char *wish = getenv("TUTTI_CPU");
    tutti_isa isa = TUTTI_AVX512;
    if (wish && !strcmp(wish, "portable")) isa = TUTTI_PORTABLE;
    if (wish && !strcmp(wish, "avx2")) isa = TUTTI_AVX2;
    tutti_set_isa(isa);
}

tutti_isa tutti_cpu_isa(void) { return chosen; }

// Linear

void tutti_quantize_tile(const float *x, ptrdiff_t stride, int rows, size_t columns, void *tile) {
    linear->quantize(x, stride, rows, columns, tile);
    tutti_refine_tile(linear, x, stride, rows, columns, tile);
}

void tutti_dot_panel(tutti_family family, const void *panel, size_t columns, const void *tile, int rows, float *out,
                     ptrdiff_t stride) {
    linear->dot(family, panel, columns, tile, rows, out, stride);
}

void tutti_dot_float(tutti_family family, const void *panel, size_t columns, const float *x, ptrdiff_t x_stride,
                     int rows, float *out, ptrdiff_t stride) {
    linear->dot_float(family, panel, columns, x, x_stride, rows, out, stride);
}

// Attention

void tutti_kv_store(tutti_kv kind, void *head, size_t slot, const float *key, const float *value, size_t width) {
    attention->store(kind, head, slot, key, value, width);
}

void tutti_attend_page(tutti_kv kind, const void *head, size_t width, const float *query, ptrdiff_t stride,
                       int queries, const int32_t *first, const int32_t *last, float scale, float cap, float *out,
                       float *largest, float *sum) {
    attention->attend(kind, head, width, query, stride, queries, first, last, scale, cap, out, largest, sum);
}

// Elementwise

void tutti_rms_norm_f32(float *y, const float *x, const float *weight, size_t width, float epsilon) {
    elementwise->rms_norm(y, x, weight, width, epsilon);
}

void tutti_layer_norm_f32(float *y, const float *x, const float *weight, const float *bias, size_t width,
                          float epsilon) {
    elementwise->layer_norm(y, x, weight, bias, width, epsilon);
}

void tutti_add_f32(float *y, const float *x, size_t count) { elementwise->add(y, x, count); }

void tutti_scale_f32(float *y, float factor, size_t count) { elementwise->scale(y, factor, count); }

void tutti_soft_cap_f32(float *y, float cap, size_t count) { elementwise->soft_cap(y, cap, count); }

void tutti_silu_gate_f32(float *y, const float *gate, const float *up, size_t count) {
    elementwise->silu_gate(y, gate, up, count);
}

void tutti_gelu_gate_f32(float *y, const float *gate, const float *up, size_t count) {
    elementwise->gelu_gate(y, gate, up, count);
}

void tutti_gelu_f32(float *y, size_t count) { elementwise->gelu(y, count); }

void tutti_rope_f32(float *x, size_t heads, size_t width, size_t rotated, int halves, const float *cosine,
                    const float *sine) {
    elementwise->rope(x, heads, width, rotated, halves, cosine, sine);
}

ptrdiff_t tutti_argmax_f32(const float *x, size_t count) { return elementwise->argmax(x, count); }

float tutti_max_f32(const float *x, size_t count) { return elementwise->max(x, count); }

float tutti_sum_exp_f32(const float *x, float shift, size_t count) { return elementwise->sum_exp(x, shift, count); }

// Quantising

void tutti_fit_affine(const float values[32], int top, float nudge, int steps, float *scale, float *offset) {
    fit->affine(values, top, nudge, steps, scale, offset);
}

float tutti_fit_symmetric(const float values[16]) { return fit->symmetric(values); }

float tutti_fit_levels(const float values[32]) { return fit->levels(values); }
