// Which kernels this CPU runs: one row for each instruction set, chosen once.
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(__linux__)
#include <sys/auxv.h>
#include <sys/syscall.h>
#endif

#include "attention/attention.h"
#include "bfloat16/bfloat16.h"
#include "bytes/bytes.h"
#include "convolution/convolution.h"
#include "elementwise/elementwise.h"
#include "linear/linear.h"
#include "peak/peak.h"
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
#elif defined(__aarch64__)
#if defined(__APPLE__)
static int system_has(const char *name) {
    int value = 0;
    size_t size = sizeof value;
    return sysctlbyname(name, &value, &size, NULL, 0) == 0 && value;
}

int tutti_cpu_has(const char *feature) {
    if (!strcmp(feature, "neon")) return 1;
    if (!strcmp(feature, "dotprod")) return system_has("hw.optional.arm.FEAT_DotProd");
    if (!strcmp(feature, "i8mm")) return system_has("hw.optional.arm.FEAT_I8MM");
    return 0;
}
#else
int tutti_cpu_has(const char *feature) {
    if (!strcmp(feature, "neon")) return 1;
#if defined(__linux__)
    // Bits of Linux's own numbering (Documentation/arch/arm64/elf_hwcaps.rst): ASIMDDP, and I8MM in the second word.
    if (!strcmp(feature, "dotprod")) return getauxval(AT_HWCAP) >> 20 & 1;
    if (!strcmp(feature, "i8mm")) return getauxval(AT_HWCAP2) >> 13 & 1;
#endif
    return 0;
}
#endif
#else
int tutti_cpu_has(const char *feature) {
    (void)feature;
    return 0;
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

void tutti_take_long_turns(void) {
#if defined(__linux__) && defined(SYS_sched_setattr)
    // The first version of the kernel's `struct sched_attr`: see sched_setattr(2).
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } turns = {0};
    if (syscall(SYS_sched_getattr, 0, &turns, sizeof turns, 0) != 0 || turns.policy != SCHED_OTHER) return;
    // Nanoseconds; a turn is 3 ms by default, and 100 ms are the most.
    turns.size = sizeof turns;
    turns.runtime = 20 * 1000 * 1000;
    syscall(SYS_sched_setattr, 0, &turns, 0);
#endif
}

/// The kernels of one instruction set, and where it has none of its own, those of a narrower one.
typedef struct {
    tutti_isa isa;
    const tutti_linear_kernels *linear;
    const tutti_attention_kernels *attention;
    const tutti_elementwise_kernels *elementwise;
    const tutti_convolution_kernels *convolution;
    const tutti_fit_kernels *fit;
    const tutti_peak_kernels *peak;
    const tutti_byte_kernels *bytes;
    const tutti_bfloat16_kernels *bfloat16;
} kernel_row;

/// From narrow to wide.
static const kernel_row rows[] = {
    {TUTTI_PORTABLE, &tutti_linear_portable, &tutti_attention_portable, &tutti_elementwise_portable,
     &tutti_convolution_portable, &tutti_fit_portable, &tutti_peak_portable, &tutti_bytes_portable,
     &tutti_bfloat16_portable},
#if defined(__x86_64__)
    {TUTTI_AVX2, &tutti_linear_avx2, &tutti_attention_avx2, &tutti_elementwise_avx2, &tutti_convolution_avx2,
     &tutti_fit_avx2, &tutti_peak_avx2, &tutti_bytes_avx2, &tutti_bfloat16_portable},
    // Only products of bytes gain from it.
    {TUTTI_AVXVNNI, &tutti_linear_avxvnni, &tutti_attention_avx2, &tutti_elementwise_avx2, &tutti_convolution_avx2,
     &tutti_fit_avx2, &tutti_peak_avxvnni, &tutti_bytes_avx2, &tutti_bfloat16_portable},
    {TUTTI_AVX512, &tutti_linear_avx512, &tutti_attention_avx512, &tutti_elementwise_avx512,
     &tutti_convolution_avx512, &tutti_fit_avx2, &tutti_peak_avx512, &tutti_bytes_avx512, &tutti_bfloat16_portable},
    // Only products of bfloat16 numbers gain from it.
    {TUTTI_AVX512BF16, &tutti_linear_avx512, &tutti_attention_avx512, &tutti_elementwise_avx512,
     &tutti_convolution_avx512, &tutti_fit_avx2, &tutti_peak_avx512bf16, &tutti_bytes_avx512, &tutti_bfloat16_avx512},
#elif defined(__aarch64__)
    // What is written in plain C becomes NEON in every build for arm64: for that there is nothing to choose.
    {TUTTI_NEON, &tutti_linear_neon, &tutti_attention_neon, &tutti_elementwise_portable, &tutti_convolution_neon,
     &tutti_fit_portable, &tutti_peak_portable, &tutti_bytes_portable, &tutti_bfloat16_portable},
    {TUTTI_DOTPROD, &tutti_linear_dotprod, &tutti_attention_neon, &tutti_elementwise_portable,
     &tutti_convolution_neon, &tutti_fit_portable, &tutti_peak_portable, &tutti_bytes_portable, &tutti_bfloat16_portable},
    {TUTTI_I8MM, &tutti_linear_i8mm, &tutti_attention_neon, &tutti_elementwise_portable, &tutti_convolution_neon,
     &tutti_fit_portable, &tutti_peak_portable, &tutti_bytes_portable, &tutti_bfloat16_portable},
#endif
};

static int runs(tutti_isa isa) {
    switch (isa) {
        case TUTTI_AVX2: return tutti_cpu_has("avx2") && tutti_cpu_has("fma") && tutti_cpu_has("f16c");
        case TUTTI_AVXVNNI: return runs(TUTTI_AVX2) && tutti_cpu_has("avxvnni");
        case TUTTI_AVX512:
            return runs(TUTTI_AVX2) && tutti_cpu_has("avx512f") && tutti_cpu_has("avx512dq")
                && tutti_cpu_has("avx512bw") && tutti_cpu_has("avx512vl") && tutti_cpu_has("avx512vnni");
        case TUTTI_AVX512BF16: return runs(TUTTI_AVX512) && tutti_cpu_has("avx512bf16");
        case TUTTI_NEON: return tutti_cpu_has("neon");
        case TUTTI_DOTPROD: return tutti_cpu_has("dotprod");
        case TUTTI_I8MM: return tutti_cpu_has("dotprod") && tutti_cpu_has("i8mm");
        default: return 1;
    }
}

static const kernel_row *chosen = rows;
static const tutti_linear_kernels *linear = &tutti_linear_portable;
static const tutti_attention_kernels *attention = &tutti_attention_portable;
static const tutti_elementwise_kernels *elementwise = &tutti_elementwise_portable;
static const tutti_convolution_kernels *convolution = &tutti_convolution_portable;
static const tutti_fit_kernels *fit = &tutti_fit_portable;
static const tutti_peak_kernels *peak = &tutti_peak_portable;
static const tutti_byte_kernels *bytes = &tutti_bytes_portable;
static const tutti_bfloat16_kernels *bfloat16 = &tutti_bfloat16_portable;

tutti_isa tutti_set_isa(tutti_isa isa) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].isa <= isa && runs(rows[i].isa)) chosen = rows + i;
    linear = chosen->linear;
    attention = chosen->attention;
    elementwise = chosen->elementwise;
    convolution = chosen->convolution;
    fit = chosen->fit;
    peak = chosen->peak;
    bytes = chosen->bytes;
    bfloat16 = chosen->bfloat16;
    return chosen->isa;
}

const char *tutti_isa_name(tutti_isa isa) {
    switch (isa) {
        case TUTTI_AVX2: return "avx2";
        case TUTTI_AVXVNNI: return "avxvnni";
        case TUTTI_AVX512: return "avx512";
        case TUTTI_AVX512BF16: return "avx512bf16";
        case TUTTI_NEON: return "neon";
        case TUTTI_DOTPROD: return "dotprod";
        case TUTTI_I8MM: return "i8mm";
        default: return "portable";
    }
}

__attribute__((constructor)) static void choose(void) {
    const char *wish = getenv("TUTTI_CPU");
    tutti_isa isa = TUTTI_WIDEST;
    for (size_t i = 0; wish && i < sizeof rows / sizeof *rows; i++)
        if (!strcmp(wish, tutti_isa_name(rows[i].isa))) isa = rows[i].isa;
    tutti_set_isa(isa);
}

tutti_isa tutti_cpu_isa(void) { return chosen->isa; }

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

void tutti_widen_f32(tutti_family family, const void *panel, size_t columns, float *out) {
    if (linear->widen && (family == TUTTI_F16 || family == TUTTI_BF16)) linear->widen(family, panel, columns, out);
    else tutti_unpack_f32(family, panel, columns, out);
}

void tutti_dot_float_pair(const float *panels, size_t columns, const float *x, ptrdiff_t x_stride, int rows, float *out,
                          ptrdiff_t stride) {
    if (linear->dot_pair) {
        linear->dot_pair(panels, columns, x, x_stride, rows, out, stride);
        return;
    }
    for (int i = 0; i < 2; i++)
        linear->dot_float(TUTTI_F32, panels + TUTTI_PANEL_ROWS * columns * (size_t)i, columns, x, x_stride, rows,
                          out + TUTTI_PANEL_ROWS * i, stride);
}

// Attention

void tutti_kv_store(tutti_kv kind, void *head, size_t slot, const float *key, const float *value, size_t width) {
    attention->store(kind, head, slot, key, value, width);
}

void tutti_attend_pages(const tutti_attention *a) { attention->attend(a); }

void tutti_merge_attention(const float *later_out, const float *later_largest, const float *later_sum, int queries,
                           size_t width, float *out, float *largest, float *sum) {
    attention->merge(later_out, later_largest, later_sum, queries, width, out, largest, sum);
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

void tutti_place_f32(float *y, ptrdiff_t y_stride, const float *x, ptrdiff_t x_stride, int rows, size_t count,
                     const float *bias, int adds) {
    elementwise->place(y, y_stride, x, x_stride, rows, count, bias, adds);
}

void tutti_scale_f32(float *y, float factor, size_t count) { elementwise->scale(y, factor, count); }

void tutti_soft_cap_f32(float *y, float cap, size_t count) { elementwise->soft_cap(y, cap, count); }

void tutti_silu_gate_f32(float *y, const float *gate, const float *up, size_t count) {
    elementwise->silu_gate(y, gate, up, count);
}

void tutti_gelu_gate_f32(float *y, const float *gate, const float *up, size_t count) {
    elementwise->gelu_gate(y, gate, up, count);
}

void tutti_gelu_f32(float *y, size_t count) { elementwise->gelu(y, count); }

void tutti_gelu_tanh_f32(float *y, size_t count) { elementwise->gelu_tanh(y, count); }

void tutti_quick_gelu_f32(float *y, size_t count) { elementwise->quick_gelu(y, count); }

void tutti_tanh_f32(float *y, size_t count) { elementwise->hyperbolic_tangent(y, count); }

void tutti_sin_f32(float *y, size_t count) { elementwise->sine(y, count); }

void tutti_tanh_gate_f32(float *y, const float *x, const float *gate, size_t count) {
    elementwise->tanh_gate(y, x, gate, count);
}

void tutti_rope_f32(float *x, size_t heads, size_t width, size_t rotated, int halves, const float *cosine,
                    const float *sine) {
    elementwise->rope(x, heads, width, rotated, halves, cosine, sine);
}

ptrdiff_t tutti_argmax_f32(const float *x, size_t count) { return elementwise->argmax(x, count); }

float tutti_max_f32(const float *x, size_t count) { return elementwise->max(x, count); }

float tutti_sum_exp_f32(const float *x, float shift, size_t count) { return elementwise->sum_exp(x, shift, count); }

void tutti_softmax_f32(float *y, size_t count) { elementwise->softmax(y, count); }

// Convolution

void tutti_convolve(const tutti_convolution *k, size_t outputs, const float *x, size_t rows, float *out,
                    ptrdiff_t out_stride) {
    convolution->dense(k, outputs, x, rows, out, out_stride);
}

void tutti_convolve_depthwise(const tutti_convolution *k, size_t outputs, const float *x, size_t rows, float *out,
                              ptrdiff_t out_stride) {
    convolution->depthwise(k, outputs, x, rows, out, out_stride);
}

void tutti_activate_f32(const tutti_convolution *k, float *y, size_t count) { convolution->activate(k, y, count); }

void tutti_scale_add_f32(float *y, const float *x, const float *scale, const float *added, size_t repeats, size_t rows,
                         size_t width) {
    convolution->scale_add(y, x, scale, added, repeats, rows, width);
}

void tutti_sum_rows_f32(float *y, const float *x, size_t rows, size_t width) {
    convolution->sum_rows(y, x, rows, width);
}

void tutti_maximum_f32(float *y, const float *x, size_t count) { convolution->maximum(y, x, count); }

void tutti_leaky_f32(float *y, const float *x, float slope, size_t count) {
    convolution->leaky(y, x, slope, count);
}

// Quantising

void tutti_fit_affine(const float values[32], int top, float nudge, int steps, float *scale, float *offset) {
    fit->affine(values, top, nudge, steps, scale, offset);
}

float tutti_fit_symmetric(const float values[16]) { return fit->symmetric(values); }

float tutti_fit_levels(const float values[32]) { return fit->levels(values); }

// Bytes

void tutti_range_f32(const float *x, size_t count, float *low, float *high) { bytes->range(x, count, low, high); }

int32_t tutti_round_bytes(const float *x, size_t count, float scale, int32_t zero, int8_t *q) {
    return bytes->round(x, count, scale, zero, q);
}

void tutti_dot_bytes(const tutti_byte_panel *weights, const tutti_byte_rows *x, int rows, float *out, ptrdiff_t stride) {
    bytes->dot(weights, x, rows, out, stride);
}

// bfloat16

int tutti_multiplies_bfloat16(void) { return bfloat16 != &tutti_bfloat16_portable; }

void tutti_round_bfloat16(const float *x, size_t columns, uint16_t *out) { bfloat16->round(x, columns, out); }

void tutti_pair_bfloat16(const uint16_t *numbers, size_t columns, uint16_t *out) {
    bfloat16->pair(numbers, columns, out);
}

void tutti_dot_bfloat16(const uint16_t *weights, int panels, size_t columns, const uint16_t *x, ptrdiff_t x_stride,
                        int rows, float *out, ptrdiff_t stride) {
    bfloat16->dot(weights, panels, columns, x, x_stride, rows, out, stride);
}

// Limits

double tutti_peak_int8(size_t steps) { return peak->int8(steps); }

double tutti_peak_float(size_t steps) { return peak->float32(steps); }

double tutti_peak_bfloat16(size_t steps) { return peak->bfloat16 ? peak->bfloat16(steps) : 0; }

unsigned tutti_peak_read(const void *memory, size_t byte_count) { return peak->read(memory, byte_count); }
