// Products of bytes that are exact: weights and activations are integers of 8 bits with one scale and one zero point for
// the whole, as ONNX's DynamicQuantizeLinear and MatMulInteger have them. Their sum is formed in 32 bits and rounded once.
//
// A matrix of N rows and K columns lies in panels of 16 rows, within a panel by groups of four columns: byte
// `4 * row + column % 4` of the 64 bytes of a group belongs to `row`. Columns are filled up to a multiple of four.
#ifndef TUTTI_BYTES_H
#define TUTTI_BYTES_H

#include <stddef.h>
#include <stdint.h>

enum {
    /// The most columns whose sum surely fits in 32 bits.
    TUTTI_BYTE_MAX_COLUMNS = 16384,
};

/// Rounded activations, as many rows as a tile has: value = scale · (q - zero), q from -128 to 127.
typedef struct {
    const int8_t *values;
    /// From row to row, in bytes: at least the columns, filled up to a multiple of four with anything.
    ptrdiff_t stride;
    const float *scales;
    const int32_t *zeros;
    /// Of each row's values, those that fill up left out.
    const int32_t *sums;
} tutti_byte_rows;

/// Weights of a panel: value = scale · (q - zero), q from 0 to 255.
typedef struct {
    const void *panel;
    size_t columns;
    float scale;
    int32_t zero;
    /// Of each of the 16 rows' values.
    const int32_t *sums;
    /// What is added to each row's product, or null.
    const float *bias;
} tutti_byte_panel;

/// The bytes of a panel.
size_t tutti_byte_panel_bytes(size_t columns);

/// Packs up to 16 rows, element (r, c) at `source[r · row_stride + c · column_stride]`; the rest becomes zeros. `sums`
/// gets the sums of the rows.
void tutti_pack_bytes(const uint8_t *source, ptrdiff_t row_stride, ptrdiff_t column_stride, size_t rows, size_t columns,
                      void *panel, int32_t sums[16]);

/// The least and the greatest number of some, and of zero.
void tutti_range_f32(const float *x, size_t count, float *low, float *high);

/// q[i] = x[i] / scale, rounded to the nearest (ties to even), + zero, cut off at -128 and 127. Returns the sum of all.
/// Room is filled with zeros up to a multiple of four.
int32_t tutti_round_bytes(const float *x, size_t count, float scale, int32_t zero, int8_t *q);

/// out[row][0..<16] = a panel times `rows` (1 to 12) rows, `stride` apart in `out`.
void tutti_dot_bytes(const tutti_byte_panel *weights, const tutti_byte_rows *x, int rows, float *out, ptrdiff_t stride);

#endif
