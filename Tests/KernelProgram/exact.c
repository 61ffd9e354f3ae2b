// What the headers promise to the bit: conversions from and to the formats are the same on every CPU. A digest of each
// is printed, to be compared between machines; the searches for scales are compared with the portable ones here.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

typedef struct {
    const char *name;
    size_t block, byte_count;
    void (*read)(const void *, float *, size_t);
    void (*write)(const float *, void *, size_t);
} format;

static const format formats[] = {
    {"F16", 1, 2, tutti_dequantize_f16, tutti_quantize_f16},
    {"BF16", 1, 2, tutti_dequantize_bf16, tutti_quantize_bf16},
    {"Q4_0", 32, 18, tutti_dequantize_q4_0, tutti_quantize_q4_0},
    {"Q4_1", 32, 20, tutti_dequantize_q4_1, tutti_quantize_q4_1},
    {"Q5_0", 32, 22, tutti_dequantize_q5_0, tutti_quantize_q5_0},
    {"Q5_1", 32, 24, tutti_dequantize_q5_1, tutti_quantize_q5_1},
    {"Q8_0", 32, 34, tutti_dequantize_q8_0, tutti_quantize_q8_0},
    {"IQ4_NL", 32, 18, tutti_dequantize_iq4_nl, tutti_quantize_iq4_nl},
    {"MXFP4", 32, 17, tutti_dequantize_mxfp4, NULL},
    {"Q2_K", 256, 84, tutti_dequantize_q2_k, NULL},
    {"Q3_K", 256, 110, tutti_dequantize_q3_k, NULL},
    {"Q4_K", 256, 144, tutti_dequantize_q4_k, tutti_quantize_q4_k},
    {"Q5_K", 256, 176, tutti_dequantize_q5_k, tutti_quantize_q5_k},
    {"Q6_K", 256, 210, tutti_dequantize_q6_k, tutti_quantize_q6_k},
    {"IQ4_XS", 256, 136, tutti_dequantize_iq4_xs, NULL},
};
enum { FORMAT_COUNT = sizeof formats / sizeof *formats, ELEMENTS = 16384, MOST_BYTES = 4 * ELEMENTS };

/// FNV-1a.
static uint64_t digest(uint64_t hash, const void *p, size_t count) {
    for (size_t i = 0; i < count; i++) hash = (hash ^ ((const uint8_t *)p)[i]) * 0x100000001b3;
    return hash;
}

/// Numbers of several magnitudes, blocks of one value and of none among them.
static void fill_values(float *x) {
    for (size_t block = 0; block < ELEMENTS / 32; block++) {
        float scale = ldexpf(1, random_below(24) - 16);
        int same = random_below(16) == 0;
        for (size_t i = 0; i < 32; i++) x[32 * block + i] = same ? scale : random_between(-scale, scale);
        if (random_below(16) == 0) memset(x + 32 * block, 0, 32 * sizeof *x);
    }
}

/// NaNs that arithmetic makes differ between CPUs in their sign.
static void unify_nans(float *x, size_t count) {
    for (size_t i = 0; i < count; i++) if (x[i] != x[i]) x[i] = NAN;
}

void print_digests(void) {
    static float values[ELEMENTS], back[ELEMENTS];
    static uint8_t blocks[MOST_BYTES];
    for (int i = 0; i < FORMAT_COUNT; i++) {
        const format *f = formats + i;
        seed(4);
        size_t byte_count = ELEMENTS / f->block * f->byte_count;
        fill_bytes(blocks, byte_count);
        f->read(blocks, values, ELEMENTS);
        unify_nans(values, ELEMENTS);
        uint64_t hash = digest(0xcbf29ce484222325, values, sizeof values);
        printf("digest read %-7s %016llx\n", f->name, (unsigned long long)hash);
        if (!f->write) continue;
        fill_values(values);
        f->write(values, blocks, ELEMENTS);
        f->read(blocks, back, ELEMENTS);
        hash = digest(digest(0xcbf29ce484222325, blocks, byte_count), back, sizeof back);
        printf("digest write %-6s %016llx\n", f->name, (unsigned long long)hash);
    }
}

void check_quantizing(tutti_isa isa) {
    static float values[ELEMENTS];
    static uint8_t plain[MOST_BYTES], ours[MOST_BYTES];
    seed(5);
    for (int i = 0; i < FORMAT_COUNT; i++) {
        const format *f = formats + i;
        if (!f->write) continue;
        fill_values(values);
        tutti_set_isa(TUTTI_PORTABLE);
        f->write(values, plain, ELEMENTS);
        tutti_set_isa(isa);
        f->write(values, ours, ELEMENTS);
        compare_bytes(ours, plain, ELEMENTS / f->block * f->byte_count, "%s, blocks of %s", tutti_isa_name(isa),
                      f->name);
    }
    report(tutti_isa_name(isa), "quantizing");
}
