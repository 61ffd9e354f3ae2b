// The second plane of rounded activations: what rounding left of the blocks that stand out.
#include "linear.h"

enum { MOST_BLOCKS = 4096 };

size_t tutti_refined_blocks(size_t columns) {
    size_t blocks = columns / 32;
    return blocks > MOST_BLOCKS ? 0 : blocks < 8 ? blocks / 2 : blocks / 8 + 2;
}

size_t tutti_activation_row_bytes(size_t columns) {
    size_t refined = tutti_refined_blocks(columns);
    return TUTTI_ACTIVATION_BLOCK_BYTES * (columns / 32 + refined) + sizeof(int32_t) * refined;
}

/// Takes the largest of `energy` out (it becomes negative) and returns its place.
static size_t take_largest(float *energy, size_t count) {
    size_t best = 0;
    for (size_t b = 1; b < count; b++) best = energy[b] > energy[best] ? b : best;
    energy[best] = -1;
    return best;
}

void tutti_refine_tile(const tutti_linear_kernels *kernels, const float *x, ptrdiff_t stride, int rows, size_t columns,
                       void *tile) {
    size_t blocks = columns / 32, refined = tutti_refined_blocks(columns), block_bytes = tile_block_bytes(rows);
    if (!refined) return;
    // The error of a block is in proportion to its scale.
    float energy[MOST_BLOCKS];
    for (size_t b = 0; b < blocks; b++) {
        const float *scales = tile_scales((char *)tile + block_bytes * b, rows);
        energy[b] = 0;
        for (int m = 0; m < rows; m++) energy[b] += scales[m] * scales[m];
    }
    int32_t *again = (int32_t *)tile_refined(tile, rows, columns);
    for (size_t i = 0; i < refined; i++) {
        size_t b = take_largest(energy, blocks);
        const char *block = (char *)tile + block_bytes * b;
        float rest[TUTTI_TILE_ROWS * 32];
        for (int m = 0; m < rows; m++)
            for (int k = 0; k < 32; k++)
                rest[32 * m + k] =
                    x[stride * m + (ptrdiff_t)(32 * b) + k] - tile_scales(block, rows)[m] * tile_values(block)[32 * m + k];
        kernels->quantize(rest, 32, rows, 32, (char *)tile + block_bytes * (blocks + i));
        again[i] = (int32_t)b;
    }
}
