// What the kernels of packed products share: where things lie in panels and tiles.
#ifndef TUTTI_LINEAR_PRIVATE_H
#define TUTTI_LINEAR_PRIVATE_H

#include <string.h>

#include "../half.h"
#include "tutti_linear.h"

typedef struct {
    void (*quantize)(const float *x, ptrdiff_t stride, int rows, size_t columns, void *tile);
    void (*dot)(tutti_family family, const void *panel, size_t columns, const void *tile, int rows, float *out,
                ptrdiff_t stride);
    void (*dot_float)(tutti_family family, const void *panel, size_t columns, const float *x, ptrdiff_t x_stride,
                      int rows, float *out, ptrdiff_t stride);
    /// A panel of F16 or BF16 as float32; null: tutti_unpack_f32 does it.
    void (*widen)(tutti_family family, const void *panel, size_t columns, float *out);
    /// Two float32 panels at once; null where a call for each is as good.
    void (*dot_pair)(const float *panels, size_t columns, const float *x, ptrdiff_t x_stride, int rows, float *out,
                     ptrdiff_t stride);
} tutti_linear_kernels;

/// Adds the refined blocks to a tile whose plain ones are there.
void tutti_refine_tile(const tutti_linear_kernels *kernels, const float *x, ptrdiff_t stride, int rows, size_t columns,
                       void *tile);

extern const tutti_linear_kernels tutti_linear_portable;
#if defined(__x86_64__)
extern const tutti_linear_kernels tutti_linear_avx2;
extern const tutti_linear_kernels tutti_linear_avxvnni;
extern const tutti_linear_kernels tutti_linear_avx512;
#elif defined(__aarch64__)
extern const tutti_linear_kernels tutti_linear_neon;
extern const tutti_linear_kernels tutti_linear_dotprod;
extern const tutti_linear_kernels tutti_linear_i8mm;

/// `dot` by matrix instructions, for tiles of 8 or 12 rows: the same bits as by dot products.
void tutti_dot_i8mm(tutti_family family, const void *panel, size_t columns, const void *tile, int rows, float *out,
                    ptrdiff_t stride);
#endif

/// Whether a family's scales are for 16 columns rather than 32, and whether it has minima.
static inline int tutti_family_halves(tutti_family f) { return f == TUTTI_Q6_K || f == TUTTI_W8; }
static inline int tutti_family_minima(tutti_family f) {
    return f == TUTTI_Q4_1 || f == TUTTI_Q5_1 || f == TUTTI_Q4_K || f == TUTTI_W8;
}

/// One block of a tile of `rows` rows: 32 values a row, then four arrays of one number a row.
static inline size_t tile_block_bytes(int rows) { return (size_t)rows * TUTTI_ACTIVATION_BLOCK_BYTES; }
static inline const int8_t *tile_values(const void *block) { return (const int8_t *)block; }
static inline const float *tile_scales(const void *block, int rows) {
    return (const float *)((const char *)block + 32 * rows);
}
static inline const float *tile_sums(const void *block, int rows) { return tile_scales(block, rows) + rows; }
static inline const int32_t *tile_biases(const void *block, int rows) {
    return (const int32_t *)(tile_scales(block, rows) + 2 * rows);
}
static inline const int32_t *tile_half_biases(const void *block, int rows) { return tile_biases(block, rows) + rows; }

/// A tile holds a block for each 32 columns, then for each of these an entry, then the blocks that refine some of them.
/// An entry is zero, or the place of the refining block, counted from one, and above it a bit for each four rows of the
/// tile that it refines any of. Other rows are zeros there.
enum { TILE_PLACE_BITS = 24 };
static inline uint32_t *tile_again(const void *tile, int rows, size_t columns) {
    return (uint32_t *)((char *)tile + tile_block_bytes(rows) * (columns / 32));
}
static inline char *tile_refined(const void *tile, int rows, size_t columns, uint32_t entry) {
    size_t place = (entry & ((1u << TILE_PLACE_BITS) - 1)) - 1;
    return (char *)(tile_again(tile, rows, columns) + columns / 32) + tile_block_bytes(rows) * place;
}
static inline int tile_refines(uint32_t entry, int row) { return entry >> (TILE_PLACE_BITS + row / 4) & 1; }

/// A panel of any integer family as W8 blocks.
void tutti_unpack_w8(tutti_family family, const void *panel, size_t columns, void *w8);

enum {
    Q4_0_BLOCK = 32 + 256,
    Q4_1_BLOCK = 64 + 256,
    Q5_0_BLOCK = 32 + 256 + 64,
    Q5_1_BLOCK = 64 + 256 + 64,
    Q8_0_BLOCK = 32 + 512,
    Q4_K_HEAD = 64,
    Q4_K_BLOCK = 32 + 256,
    Q6_K_HEAD = 32,
    Q6_K_BLOCK = 32 + 256 + 128,
    W8_SCALES = 512,
    W8_MINIMA = 512 + 2 * 16 * 4,
};

/// Where a BF16 panel has a row's number in a column.
static inline size_t bfloat_place(size_t column, size_t row) {
    return 16 * (column - column % 2) + 2 * row + column % 2;
}

/// How far before its use a kernel asks for memory, in bytes: first into the second-level cache, then into the first.
/// Processors look ahead of loads by themselves, but kernels do so much with each line that few loads are on their way
/// at once: a thread then gets half of what memory gives it.
enum { FETCH_FAR = 8192, FETCH_NEAR = 2048 };

/// Asks for what follows `p` at these distances, within a panel or in the next; beyond the last nothing comes of it.
static inline void fetch_ahead(const void *p, size_t bytes) {
    for (const char *line = p; line < (const char *)p + bytes; line += 64) {
        __builtin_prefetch(line + FETCH_FAR, 0, 2);
        __builtin_prefetch(line + FETCH_NEAR, 0, 3);
    }
}

/// Bytes of 32 columns of an integer panel; where blocks have a common head, with their part of it.
static inline size_t panel_block_bytes(tutti_family family) {
    switch (family) {
        case TUTTI_Q4_0: return Q4_0_BLOCK;
        case TUTTI_Q4_1: return Q4_1_BLOCK;
        case TUTTI_Q5_0: return Q5_0_BLOCK;
        case TUTTI_Q5_1: return Q5_1_BLOCK;
        case TUTTI_Q8_0: return Q8_0_BLOCK;
        case TUTTI_Q4_K: return Q4_K_HEAD / 8 + Q4_K_BLOCK;
        case TUTTI_Q6_K: return Q6_K_HEAD / 8 + Q6_K_BLOCK;
        default: return TUTTI_W8_BLOCK_BYTES;
    }
}

static inline void fetch_block_ahead(tutti_family family, const void *panel, size_t b) {
    const size_t bytes = panel_block_bytes(family);
    fetch_ahead((const char *)panel + bytes * b, bytes);
}

#endif
