// Products of bfloat16 numbers, two columns an instruction where the CPU has one: weights stay as they are stored, activations
// are rounded to bfloat16, and sums are float32.
//
// A BF16 panel (tutti_linear.h) has pairs of columns side by side for it: a register holds two columns of sixteen rows, and two
// activations are broadcast against it.
#ifndef TUTTI_BFLOAT16_H
#define TUTTI_BFLOAT16_H

#include <stddef.h>
#include <stdint.h>

/// Whether the kernels in force have an instruction for it. The others give the same numbers but for the last digits, slowly.
int tutti_multiplies_bfloat16(void);

/// How many bfloat16 numbers a row of `columns` activations takes: an even number.
static inline size_t tutti_bfloat16_row(size_t columns) { return (columns + 1) / 2 * 2; }

/// Rounds a row of activations, to nearest, ties to even, and fills it up with zero.
void tutti_round_bfloat16(const float *x, size_t columns, uint16_t *out);

/// Numbers that lie `[columns][16 rows]` as a BF16 panel: `16 * tutti_bfloat16_row(columns)` of them.
void tutti_pair_bfloat16(const uint16_t *numbers, size_t columns, uint16_t *out);

/// out[row][0..<16 * panels] = one or two such panels, one behind the other, times `rows` (a tile's count) rounded rows.
/// `x_stride` counts bfloat16 numbers. A row's sums are formed in one order, whatever the tile's height.
void tutti_dot_bfloat16(const uint16_t *weights, int panels, size_t columns, const uint16_t *x, ptrdiff_t x_stride,
                        int rows, float *out, ptrdiff_t stride);

#endif
