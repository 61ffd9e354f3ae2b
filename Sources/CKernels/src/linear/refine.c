// The second rounding of activations: what the first left of the blocks that stand out.
#include "linear.h"

size_t tutti_activation_row_bytes(size_t columns) {
    return columns / 32 * (2 * TUTTI_ACTIVATION_BLOCK_BYTES + sizeof(int32_t));
}

/// How many times its row's average the error of a block must be. No more than one block in so many can be.
static const float standing_out = 2;

/// Rounds what is left of the rows that `chosen` has a bit for, into a block of their own.
static void refine_block(const tutti_linear_kernels *kernels, const float *x, ptrdiff_t stride, int rows,
                         uint32_t chosen, const char *block, char *refined) {
    float rest[TUTTI_TILE_ROWS * 32];
    for (int m = 0; m < rows; m++)
        for (int k = 0; k < 32; k++)
            rest[32 * m + k] = chosen >> m & 1 ? x[stride * m + k] - tile_scales(block, rows)[m] *
                                                                         (float)tile_values(block)[32 * m + k]
                                               : 0;
    kernels->quantize(rest, 32, rows, 32, refined);
}

void tutti_refine_tile(const tutti_linear_kernels *kernels, const float *x, ptrdiff_t stride, int rows, size_t columns,
                       void *tile) {
    size_t blocks = columns / 32, block_bytes = tile_block_bytes(rows);
    // The squared error of a block is in proportion to its squared scale.
    float limits[TUTTI_TILE_ROWS] = {0};
    for (size_t b = 0; b < blocks; b++) {
        const float *scales = tile_scales((char *)tile + block_bytes * b, rows);
        for (int m = 0; m < rows; m++) limits[m] += scales[m] * scales[m];
    }
    for (int m = 0; m < rows; m++) limits[m] *= standing_out / (float)blocks;
    uint32_t *again = tile_again(tile, rows, columns), count = 0;
    for (size_t b = 0; b < blocks; b++) {
        const char *block = (const char *)tile + block_bytes * b;
        const float *scales = tile_scales(block, rows);
        uint32_t chosen = 0;
        for (int m = 0; m < rows; m++) chosen |= (uint32_t)(scales[m] * scales[m] > limits[m]) << m;
        again[b] = 0;
        if (!chosen) continue;
        again[b] = ++count;
        for (int row = 0; row < rows; row += 4)
            again[b] |= (uint32_t)((chosen >> row & 15) != 0) << (TILE_PLACE_BITS + row / 4);
        refine_block(kernels, x + 32 * b, stride, rows, chosen, block, tile_refined(tile, rows, columns, count));
    }
}
