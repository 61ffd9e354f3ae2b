// Products with packed matrices of weights.
//
// A matrix of N rows and K columns is packed in panels of 16 rows. Within a panel the columns go by blocks of 32, and
// within a block by groups of four: byte `4 * row + column % 4` of the 64 bytes of a group belongs to `row`. So one
// vector register holds four columns of sixteen rows, an activation is broadcast against it, and nothing is ever summed
// across lanes. A family names how a block's integers and scales are stored:
//
//   Q4_0  256 nibbles-pairs, scale f16            value = d (q - 8)
//   Q4_1  256 nibble-pairs, scale, minimum f16    value = d q + m
//   Q5_0  256 nibble-pairs, 64 bytes of fifth bits, scale f16              value = d (q - 16)
//   Q5_1  the same with a minimum                 value = d q + m
//   Q8_0  512 signed bytes, scale f16             value = d q
//   Q4_K  of 256 columns: d, dmin f16; then of 32: scale, minimum u8, 256 nibble-pairs     value = d s q - dmin m
//   Q6_K  of 256 columns: d f16; then of 32: two scales s8, 256 nibble-pairs, 128 bytes of bit-pairs
//                                                 value = d s (q - 32), a scale for 16 columns
//   W8    512 signed bytes, f32 scales [2][16], f32 minima [2][16]         value = d q + m, for 16 columns
//   F32, F16      [column][16 rows]
//   BF16          [column / 2][16 rows][2 columns]; where the columns are odd, a column of zeros follows the last
//
// Nibble-pairs: byte i of vector j holds group j in its low half and group j + 4 in its high half.
#ifndef TUTTI_LINEAR_H
#define TUTTI_LINEAR_H

#include <stddef.h>
#include <stdint.h>

enum {
    TUTTI_PANEL_ROWS = 16,
    TUTTI_BLOCK = 32,
    /// Bytes of one 32-column block in W8.
    TUTTI_W8_BLOCK_BYTES = 512 + 4 * 16 * 4,
    /// Bytes that one row's block of 32 rounded activations takes: values, scale, scale · sum, -sum, and -sum of the
    /// first 16 values alone.
    TUTTI_ACTIVATION_BLOCK_BYTES = 32 + 4 * 4,
    /// The most rows of activations that one kernel call multiplies.
    TUTTI_TILE_ROWS = 12,
};

typedef enum {
    TUTTI_Q4_0 = 0,
    TUTTI_Q4_1 = 1,
    TUTTI_Q5_0 = 2,
    TUTTI_Q5_1 = 3,
    TUTTI_Q8_0 = 4,
    TUTTI_Q4_K = 5,
    TUTTI_Q6_K = 6,
    TUTTI_W8 = 7,
    TUTTI_F32 = 8,
    TUTTI_F16 = 9,
    TUTTI_BF16 = 10,
    TUTTI_FAMILY_COUNT = 11,
} tutti_family;

/// Bytes of one panel of `columns` columns.
size_t tutti_panel_bytes(tutti_family family, size_t columns);

/// Packs up to 16 rows of a file's own blocks into a panel; rows beyond `rows` become zeros.
/// `type` is the GGUF type of the rows (it must map to `family`), `row_bytes` the distance between them.
void tutti_pack_panel(tutti_family family, uint32_t type, const void *source, size_t row_bytes, size_t rows,
                      size_t columns, void *panel);

/// How many rows the next tile takes when `remaining` are left: 12, 8, 4, 2 or 1.
int tutti_tile_rows(size_t remaining);

/// Bytes of rounded activations for one row. A tile of `rows` rows takes `rows` times as many.
size_t tutti_activation_row_bytes(size_t columns);

/// Rounds `rows` (a tile's count) rows of activations to 8 bits, a scale for each 32 values; `columns` divides by 32.
///
/// Activations have columns that stand out, and the blocks with them would carry most of the rounding error. So a block
/// whose error is far above its row's average is rounded twice: what the first rounding left of it goes to 8 bits again.
/// A row's numbers do not depend on the rows beside it.
void tutti_quantize_tile(const float *x, ptrdiff_t stride, int rows, size_t columns, void *tile);

/// out[row][0..<16] = one panel times one tile. A row's sums are formed in one order, whatever the tile's height.
void tutti_dot_panel(tutti_family family, const void *panel, size_t columns, const void *tile, int rows, float *out,
                     ptrdiff_t stride);

/// A panel of any family as float32, `[columns][16]`.
void tutti_unpack_f32(tutti_family family, const void *panel, size_t columns, float *out);

/// The same, by the kernels in force where the family is of floats: for panels that many rows are to meet.
void tutti_widen_f32(tutti_family family, const void *panel, size_t columns, float *out);

/// out[row][0..<16] = a float panel times `rows` (a tile's count) rows of float activations.
void tutti_dot_float(tutti_family family, const void *panel, size_t columns, const float *x, ptrdiff_t x_stride,
                     int rows, float *out, ptrdiff_t stride);

/// out[row][0..<32] = two float32 panels, one behind the other, times a tile: the very bits of a call for each.
void tutti_dot_float_pair(const float *panels, size_t columns, const float *x, ptrdiff_t x_stride, int rows, float *out,
                          ptrdiff_t stride);

#endif
