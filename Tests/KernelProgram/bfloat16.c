// Products of bfloat16 numbers: rounded rows and paired panels byte for byte, products against the portable kernels and against
// double precision.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

enum { MOST_ROWS = TUTTI_TILE_ROWS, MOST_COLUMNS = 771, STRIDE = 35 };

/// Products of float32 sums, as a share of the sum of magnitudes.
static const double limit = 3e-6;

static float wide(uint16_t number) {
    uint32_t bits = (uint32_t)number << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/// Rows of every size, with numbers between two that are left to ties, the largest and infinity.
static void check_rounding(tutti_isa isa, size_t columns) {
    static const uint32_t ends[] = {0x3f808000, 0x3f818000, 0xbf808000, 0x7f7fffff, 0x7f800000, 0xff800000, 0x7fc12345,
                                    0x00000000, 0x80000000, 0x3f808001};
    size_t count = tutti_bfloat16_row(columns);
    float *x = guarded(columns * sizeof *x);
    uint16_t *ours = guarded(count * sizeof *ours), *plain = guarded(count * sizeof *plain);
    fill_floats(x, columns, 1000);
    for (size_t i = 0; i < sizeof ends / sizeof *ends && columns > 16; i++)
        memcpy(x + random_below((int)columns), ends + i, sizeof *ends);
    tutti_set_isa(TUTTI_PORTABLE);
    tutti_round_bfloat16(x, columns, plain);
    tutti_set_isa(isa);
    tutti_round_bfloat16(x, columns, ours);
    compare_bytes(ours, plain, count * sizeof *ours, "%s, a row of %zu rounded", tutti_isa_name(isa), columns);
}

/// A file's rows are packed as their columns are paired.
static void check_packing(const uint16_t *numbers, size_t columns, const uint16_t *paired) {
    const uint32_t type = 30;  // GGUF's bfloat16
    size_t bytes = tutti_panel_bytes(TUTTI_BF16, columns);
    uint16_t *rows = guarded(16 * columns * sizeof *rows), *panel = guarded(bytes);
    for (size_t i = 0; i < 16 * columns; i++) rows[i % 16 * columns + i / 16] = numbers[i];
    tutti_pack_panel(TUTTI_BF16, type, rows, columns * sizeof *rows, 16, columns, panel);
    compare(bytes != 16 * tutti_bfloat16_row(columns) * sizeof *panel, 0, "bytes of a panel of %zu columns", columns);
    compare_bytes(panel, paired, bytes, "a packed panel of %zu columns", columns);
}

static void check_product(tutti_isa isa, size_t columns, int rows, int panels) {
    static float ours[STRIDE * MOST_ROWS], plain[STRIDE * MOST_ROWS], alone[STRIDE];
    size_t width = tutti_bfloat16_row(columns), each = 16 * columns;
    uint16_t *source = guarded(2 * each * sizeof *source), *x = guarded((size_t)rows * width * sizeof *x);
    uint16_t *paired = guarded(2 * 16 * width * sizeof *paired), *twin = guarded(2 * 16 * width * sizeof *twin);
    float *values = guarded((size_t)rows * columns * sizeof *values);
    fill_floats(values, (size_t)rows * columns, 1);
    for (size_t i = 0; i < 2 * each; i++) {
        float value = random_between(-0.1f, 0.1f);
        memcpy(source + i, (const char *)&value + 2, 2);
    }
    tutti_set_isa(TUTTI_PORTABLE);
    for (int i = 0; i < 2; i++) tutti_pair_bfloat16(source + each * (size_t)i, columns, twin + 16 * width * (size_t)i);
    tutti_set_isa(isa);
    for (int i = 0; i < 2; i++) tutti_pair_bfloat16(source + each * (size_t)i, columns, paired + 16 * width * (size_t)i);
    compare_bytes(paired, twin, 32 * width * sizeof *paired, "%s, panels of %zu columns paired", tutti_isa_name(isa), columns);
    check_packing(source, columns, paired);
    for (int m = 0; m < rows; m++) tutti_round_bfloat16(values + columns * (size_t)m, columns, x + width * (size_t)m);
    for (int i = 0; i < STRIDE * MOST_ROWS; i++) ours[i] = plain[i] = -77;
    tutti_dot_bfloat16(paired, panels, columns, x, (ptrdiff_t)width, rows, ours, STRIDE);
    tutti_set_isa(TUTTI_PORTABLE);
    tutti_dot_bfloat16(twin, panels, columns, x, (ptrdiff_t)width, rows, plain, STRIDE);
    tutti_set_isa(isa);

    char name[120];
    snprintf(name, sizeof name, "%s, bfloat16, %zu columns, %d rows, %d panels", tutti_isa_name(isa), columns, rows, panels);
    double worst = 0, largest = 1e-300;
    int touched = 0;
    for (int m = 0; m < rows; m++) {
        for (int i = 16 * panels; i < STRIDE; i++) touched += ours[STRIDE * m + i] != -77;
        for (int i = 0; i < 16 * panels; i++) {
            double sum = 0, size = 0;
            for (size_t k = 0; k < columns; k++) {
                double product = (double)wide(x[width * (size_t)m + k])
                    * (double)wide(source[each * (size_t)(i / 16) + 16 * k + (size_t)(i % 16)]);
                sum += product;
                size += fabs(product);
            }
            worst = fmax(worst, fabs(sum - (double)ours[STRIDE * m + i]));
            largest = fmax(largest, size);
        }
        tutti_dot_bfloat16(paired, panels, columns, x + width * (size_t)m, (ptrdiff_t)width, 1, alone, STRIDE);
        compare_bytes(ours + STRIDE * m, alone, (size_t)(16 * panels) * sizeof *alone, "%s, row %d alone", name, m);
    }
    compare(touched, 0, "wrote between rows: %s", name);
    compare(worst / largest, limit, "%s", name);
    compare(difference(ours, plain, (size_t)rows, (size_t)(16 * panels), STRIDE, largest / 8), 2 * limit,
            "against portable: %s", name);
}

void check_bfloat16(tutti_isa isa) {
    static const size_t sizes[] = {1, 2, 3, 15, 16, 17, 31, 32, 33, 96, 255, 768, MOST_COLUMNS};
    static const int tile_rows[] = {1, 2, 4, 8, 12};
    seed(5);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_rounding(isa, sizes[i]);
        for (size_t r = 0; r < sizeof tile_rows / sizeof *tile_rows; r++)
            for (int panels = 1; panels <= 2; panels++) {
                check_product(isa, sizes[i], tile_rows[r], panels);
                release_guarded();
            }
    }
    report(tutti_isa_name(isa), "bfloat16");
}
