// Packed products: rounded tiles byte for byte, products against the portable kernels and against double precision.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

static const char *const families[TUTTI_FAMILY_COUNT] = {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K",
                                                         "Q6_K", "W8",   "F32",  "F16",  "BF16"};
static const int tile_rows[] = {1, 2, 4, 8, 12};
enum { MOST_COLUMNS = 1056, MOST_ROWS = TUTTI_TILE_ROWS, STRIDE = 19, WIDE = 35 };

typedef enum { PLAIN, OUTLIERS, FAINT, ZEROS, HUGE, ENDS, ACTIVATION_COUNT } activations;
static const char *const activation_names[] = {"plain", "outliers", "faint", "zeros", "huge", "ends"};

static void fill_activations(activations kind, float *x, size_t rows, size_t columns) {
    fill_floats(x, rows * columns, kind == FAINT ? 1e-37f : kind == HUGE ? 1e30f : 1);
    for (size_t i = 0; i < rows * columns; i++) {
        if (kind == ZEROS) x[i] = 0;
        // Every integer becomes 127 or -127.
        if (kind == ENDS) x[i] = random_below(4) ? 2 : -2;
    }
    // Few enough that the blocks with them stand out of their rows.
    for (size_t i = 0; kind == OUTLIERS && i < rows * (columns / 256 + 1); i++)
        x[columns * (i % rows) + (size_t)random_below((int)columns)] = random_below(2) ? 250 : -300;
    // A row of nothing among others.
    if (kind == OUTLIERS && rows > 2) memset(x + columns, 0, columns * sizeof *x);
}

/// Any bytes are integers of weights; only scales are chosen. `ends`: all integers at an end of their range.
static void fill_panel(tutti_family family, uint8_t *panel, size_t columns, int ends) {
    size_t byte_count = tutti_panel_bytes(family, columns);
    int span = family == TUTTI_Q4_K || family == TUTTI_Q6_K ? 256 : 32;
    size_t step = family >= TUTTI_F32 ? byte_count : byte_count / (columns / (size_t)span);
    fill_bytes(panel, byte_count);
    if (ends) memset(panel, family == TUTTI_Q8_0 || family == TUTTI_W8 ? 0x80 : 0xff, byte_count);
    for (size_t at = 0; at < byte_count; at += step) {
        uint16_t *halves = (uint16_t *)(panel + at);
        float *floats = (float *)(panel + at);
        switch (family) {
            case TUTTI_Q4_0: case TUTTI_Q5_0: case TUTTI_Q8_0: case TUTTI_Q6_K:
                for (int i = 0; i < 16; i++) halves[i] = random_half(0.01f);
                break;
            case TUTTI_Q4_1: case TUTTI_Q5_1: case TUTTI_Q4_K:
                for (int i = 0; i < 32; i++) halves[i] = random_half(0.01f);
                break;
            case TUTTI_W8: fill_floats(floats + 128, 64, 0.01f); break;
            case TUTTI_F32: fill_floats(floats, step / 4, 0.1f); break;
            case TUTTI_F16:
                for (size_t i = 0; i < step / 2; i++) halves[i] = random_half(0.1f);
                break;
            default: {
                float value;
                for (size_t i = 0; i < step / 2; i++) {
                    value = random_between(-0.1f, 0.1f);
                    memcpy(halves + i, (const char *)&value + 2, 2);
                }
            }
        }
    }
}

/// Adds the activations of one block of a tile to x.
static void read_block(const char *block, size_t rows, size_t columns, double *x) {
    const float *scales = (const float *)(block + 32 * rows);
    for (size_t m = 0; m < rows; m++)
        for (size_t k = 0; k < 32; k++)
            x[columns * m + k] += (double)scales[m] * (double)((const int8_t *)block)[32 * m + k];
}

/// The activations that a rounded tile stands for, `[rows][columns]`. Returns how many of its blocks are refined.
static int read_tile(const void *tile, size_t rows, size_t columns, double *x) {
    size_t block_bytes = rows * TUTTI_ACTIVATION_BLOCK_BYTES, blocks = columns / 32;
    const uint32_t *again = (const uint32_t *)((const char *)tile + block_bytes * blocks);
    int refined = 0;
    memset(x, 0, rows * columns * sizeof *x);
    for (size_t b = 0; b < blocks; b++) {
        read_block((const char *)tile + block_bytes * b, rows, columns, x + 32 * b);
        if (!again[b]) continue;
        refined++;
        size_t place = (again[b] & 0xffffff) - 1;
        read_block((const char *)(again + blocks) + block_bytes * place, rows, columns, x + 32 * b);
    }
    return refined;
}

/// Largest distance of a product from one in double precision, over the largest sum of magnitudes.
static double error(const float *out, const double *x, const float *w, size_t rows, size_t columns) {
    double worst = 0, largest = 1e-300;
    for (size_t m = 0; m < rows; m++)
        for (size_t row = 0; row < 16; row++) {
            double sum = 0, size = 0;
            for (size_t k = 0; k < columns; k++) {
                double product = x[columns * m + k] * (double)w[16 * k + row];
                sum += product;
                size += fabs(product);
            }
            double distance = fabs(sum - (double)out[STRIDE * m + row]);
            if (!(distance <= worst)) worst = distance;
            if (size > largest) largest = size;
        }
    return worst / largest;
}

typedef struct {
    tutti_family family;
    size_t columns;
    int rows;
    activations kind;
    int ends;
} linear_case;

/// One kernel's result, with what lies between its rows watched.
static void multiply(tutti_isa isa, const linear_case *c, const uint8_t *panel, const void *input, float *out) {
    for (int i = 0; i < STRIDE * MOST_ROWS; i++) out[i] = -77;
    tutti_set_isa(isa);
    if (c->family >= TUTTI_F32)
        tutti_dot_float(c->family, panel, c->columns, input, (ptrdiff_t)c->columns, c->rows, out, STRIDE);
    else
        tutti_dot_panel(c->family, panel, c->columns, input, c->rows, out, STRIDE);
    int touched = 0;
    for (int i = 0; i < STRIDE * MOST_ROWS; i++) touched += i % STRIDE >= 16 && out[i] != -77;
    compare(touched, 0, "%s wrote between rows: %s, %zu columns, %d rows", tutti_isa_name(isa), families[c->family],
            c->columns, c->rows);
}

/// Products of float32 sums of up to 1,056 terms, as a share of the sum of magnitudes.
static const double limit = 3e-6;

static void check_product(tutti_isa isa, const linear_case *c, const uint8_t *panel, const void *input,
                          const double *x, const float *w, float *ours) {
    static float plain[STRIDE * MOST_ROWS];
    multiply(TUTTI_PORTABLE, c, panel, input, plain);
    multiply(isa, c, panel, input, ours);
    size_t rows = (size_t)c->rows;
    char name[120];
    snprintf(name, sizeof name, "%s, %s, %zu columns, %d rows, %s%s", tutti_isa_name(isa), families[c->family],
             c->columns, c->rows, activation_names[c->kind], c->ends ? ", ends" : "");
    compare(error(ours, x, w, rows, c->columns), limit, "%s", name);
    // The portable kernels may be as far off on the other side. Beside magnitudes that cancel, results can be small.
    double floor = 0;
    for (size_t i = 0; i < STRIDE * rows; i++) floor = fmax(floor, i % STRIDE < 16 ? fabs((double)plain[i]) : 0);
    for (size_t k = 0; k < c->columns; k++) floor = fmax(floor, fabs(x[k] * (double)w[16 * k]) * 8);
    compare(difference(ours, plain, rows, 16, STRIDE, floor + 1e-37), 2 * limit, "against portable: %s", name);
}

/// A row's bits must not depend on the rows beside it.
static void check_company(tutti_isa isa, const linear_case *c, const uint8_t *panel, const float *x,
                          const float *together) {
    linear_case one = *c;
    one.rows = 1;
    char *tile = guarded(tutti_activation_row_bytes(c->columns));
    static float alone[STRIDE * MOST_ROWS];
    for (int m = 0; m < c->rows; m++) {
        const float *row = x + c->columns * (size_t)m;
        tutti_set_isa(isa);
        tutti_quantize_tile(row, (ptrdiff_t)c->columns, 1, c->columns, tile);
        multiply(isa, &one, panel, tile, alone);
        compare_bytes(alone, together + STRIDE * m, 16 * sizeof *alone, "%s, %s, %zu columns, row %d of %d, alone",
                      tutti_isa_name(isa), families[c->family], c->columns, m, c->rows);
    }
}

/// Two panels at once must give the bits of one after the other, and floats widened be those of the plain version.
static void check_pair(tutti_isa isa, const linear_case *c, const uint8_t *panel, const float *x) {
    static float together[WIDE * MOST_ROWS], single[WIDE * MOST_ROWS];
    size_t columns = c->columns, floats = 16 * columns;
    float *plain = guarded(floats * sizeof *plain), *panels = guarded(2 * floats * sizeof *panels);
    tutti_unpack_f32(c->family, panel, columns, plain);
    tutti_set_isa(isa);
    tutti_widen_f32(c->family, panel, columns, panels);
    compare_bytes(panels, plain, floats * sizeof *plain, "%s, %s widened, %zu columns", tutti_isa_name(isa),
                  families[c->family], columns);
    for (size_t i = 0; i < floats; i++) panels[floats + i] = panels[floats - 1 - i];
    for (int i = 0; i < WIDE * MOST_ROWS; i++) together[i] = single[i] = -77;
    tutti_dot_float_pair(panels, columns, x, (ptrdiff_t)columns, c->rows, together, WIDE);
    for (int i = 0; i < 2; i++)
        tutti_dot_float(TUTTI_F32, panels + floats * (size_t)i, columns, x, (ptrdiff_t)columns, c->rows,
                        single + 16 * i, WIDE);
    compare_bytes(together, single, sizeof single, "%s, %s, %zu columns, %d rows, by twos", tutti_isa_name(isa),
                  families[c->family], columns, c->rows);
}

static void check_case(tutti_isa isa, const linear_case *c) {
    static double seen[MOST_ROWS * MOST_COLUMNS];
    static float out[STRIDE * MOST_ROWS];
    size_t rows = (size_t)c->rows, columns = c->columns, tile_bytes = rows * tutti_activation_row_bytes(columns);
    uint8_t *panel = guarded(tutti_panel_bytes(c->family, columns));
    float *x = guarded(rows * columns * sizeof *x), *w = guarded(columns * 16 * sizeof *w);
    fill_panel(c->family, panel, columns, c->ends);
    fill_activations(c->kind, x, rows, columns);
    tutti_unpack_f32(c->family, panel, columns, w);
    if (c->family >= TUTTI_F32) {
        for (size_t i = 0; i < rows * columns; i++) seen[i] = (double)x[i];
        check_product(isa, c, panel, x, seen, w, out);
        check_pair(isa, c, panel, x);
        release_guarded();
        return;
    }
    void *tile = guarded(tile_bytes), *plain = guarded(tile_bytes);
    tutti_set_isa(TUTTI_PORTABLE);
    tutti_quantize_tile(x, (ptrdiff_t)columns, c->rows, columns, plain);
    tutti_set_isa(isa);
    tutti_quantize_tile(x, (ptrdiff_t)columns, c->rows, columns, tile);
    compare_bytes(tile, plain, tile_bytes, "%s, tile of %d rows, %zu columns, %s", tutti_isa_name(isa), c->rows,
                  columns, activation_names[c->kind]);
    int refined = read_tile(plain, rows, columns, seen);
    compare(c->kind == OUTLIERS && columns >= 512 && !refined, 0, "no block of %zu columns stands out", columns);
    check_product(isa, c, panel, plain, seen, w, out);
    if (c->kind == OUTLIERS) check_company(isa, c, panel, x, out);
    release_guarded();
}

void check_linear(tutti_isa isa) {
    static const size_t narrow[] = {32, 64, 96, 288, 512, 1056}, wide[] = {256, 512, 768};
    static const size_t any[] = {1, 2, 7, 33, 96, 288, 771, 1056};
    seed(1);
    for (int family = 0; family < TUTTI_FAMILY_COUNT; family++) {
        const size_t *sizes = narrow;
        size_t count = sizeof narrow / sizeof *narrow;
        if (family == TUTTI_Q4_K || family == TUTTI_Q6_K) sizes = wide, count = sizeof wide / sizeof *wide;
        if (family >= TUTTI_F32) sizes = any, count = sizeof any / sizeof *any;
        for (size_t i = 0; i < count; i++)
            for (size_t r = 0; r < sizeof tile_rows / sizeof *tile_rows; r++)
                for (int kind = 0; kind < ACTIVATION_COUNT; kind++) {
                    // Sums of products as small as the least floats lose their digits on every path.
                    if (kind == FAINT && family >= TUTTI_F32) continue;
                    linear_case c = {(tutti_family)family, sizes[i], tile_rows[r],
                                     (activations)kind, kind == ENDS && family < TUTTI_F32};
                    check_case(isa, &c);
                }
    }
    report(tutti_isa_name(isa), "linear");
}
