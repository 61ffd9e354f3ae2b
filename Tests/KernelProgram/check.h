// What the checks share: random numbers, memory that ends at a forbidden page, and a count of what was compared.
#ifndef TUTTI_CHECK_H
#define TUTTI_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "CKernels.h"

/// Starts the random numbers anew: the same seed gives the same numbers on every machine.
void seed(uint64_t value);
uint32_t random_bits(void);
/// Uniform in [low, high).
float random_between(float low, float high);
/// One of 0..<count.
int random_below(int count);
void fill_bytes(void *p, size_t count);
void fill_floats(float *p, size_t count, float scale);
/// A float16 of -largest...largest, never infinite.
uint16_t random_half(float largest);

/// Zeroed memory whose last byte lies before a page that may not be touched, so that a kernel which reads or writes
/// beyond it stops the program. `byteCount` divides by four.
void *guarded(size_t byte_count);
/// Gives all of it back.
void release_guarded(void);

/// Counts a comparison; the first failures are printed. `error` is compared with `limit`; NaN fails.
void compare(double error, double limit, const char *format, ...) __attribute__((format(printf, 3, 4)));
/// Fails unless the bytes are the same.
void compare_bytes(const void *ours, const void *expected, size_t count, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/// Prints what was compared since the last call, and the largest error as a share of its limit.
void report(const char *isa, const char *part);
int failures(void);

/// Largest |ours - expected| of `rows` × `width` numbers, over the largest |expected| (at least `floor`).
double difference(const float *ours, const float *expected, size_t rows, size_t width, size_t stride, double floor);

void check_linear(tutti_isa isa);
void check_bfloat16(tutti_isa isa);
void check_attention(tutti_isa isa);
void check_elementwise(tutti_isa isa);
void check_quantizing(tutti_isa isa);
/// Prints digests of what must be the same on every CPU, to the bit.
void print_digests(void);

#endif
