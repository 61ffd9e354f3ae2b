// What the processor could do at most: loops that do nothing but multiply, or nothing but read. Benchmarks time them,
// and give the speed of a kernel as a share of theirs.
#ifndef TUTTI_PEAK_H
#define TUTTI_PEAK_H

#include <stddef.h>

/// Multiplies bytes and adds the products, `steps` rounds of as many as keep the multipliers busy; nothing leaves the
/// registers. Returns how many multiply-adds that were.
///
/// With AVX2 a product of bytes is summed up in 16 bits before it is widened, as kernels for weights of four bits can;
/// for wider weights the true peak is lower. The portable row is what the compiler makes of a plain dot product.
double tutti_peak_int8(size_t steps);

/// The same with fused multiply-adds of float32.
double tutti_peak_float(size_t steps);

/// The same with pairs of bfloat16 numbers summed up in float32; 0 where no instruction does that.
double tutti_peak_bfloat16(size_t steps);

/// Reads `byte_count` bytes, a multiple of 1024 aligned to 64, and returns something that depends on all of them.
unsigned tutti_peak_read(const void *memory, size_t byte_count);

#endif
