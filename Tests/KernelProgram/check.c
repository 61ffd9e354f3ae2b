#include "check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Random numbers: xorshift64* (Vigna 2016)

static uint64_t state = 1;

void seed(uint64_t value) { state = value * 0x9e3779b97f4a7c15 | 1; }

uint32_t random_bits(void) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)(state * 0x2545f4914f6cdd1d >> 32);
}

float random_between(float low, float high) { return low + (high - low) * ((float)(random_bits() >> 8) * 0x1p-24f); }

int random_below(int count) { return (int)(random_bits() % (uint32_t)count); }

void fill_bytes(void *p, size_t count) {
    for (size_t i = 0; i < count; i++) ((uint8_t *)p)[i] = (uint8_t)(random_bits() >> 11);
}

void fill_floats(float *p, size_t count, float scale) {
    for (size_t i = 0; i < count; i++) p[i] = random_between(-scale, scale);
}

uint16_t random_half(float largest) {
    for (;;) {
        uint16_t half = (uint16_t)random_bits();
        if (fabsf(tutti_half_to_float(half)) <= largest) return half;
    }
}

// Memory

enum { MOST_MAPPINGS = 64 };
static struct {
    void *start;
    size_t byte_count;
} mappings[MOST_MAPPINGS];
static int mapping_count;

void *guarded(size_t byte_count) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (byte_count + page - 1) / page * page;
    char *start = mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping_count == MOST_MAPPINGS || start == MAP_FAILED || mprotect(start + whole, page, PROT_NONE) != 0) {
        fprintf(stderr, "no memory for %zu bytes before a forbidden page\n", byte_count);
        exit(2);
    }
    mappings[mapping_count].start = start;
    mappings[mapping_count++].byte_count = whole + page;
    return start + whole - byte_count;
}

void release_guarded(void) {
    while (mapping_count > 0) {
        mapping_count--;
        munmap(mappings[mapping_count].start, mappings[mapping_count].byte_count);
    }
}

// Comparisons

static int failed, compared;
static double worst_share;

static void fail(const char *format, va_list values) {
    if (++failed > 20) return;
    fputs("FAILED: ", stdout);
    vprintf(format, values);
}

void compare(double error, double limit, const char *format, ...) {
    compared++;
    if (error <= limit) {
        if (limit > 0 && error / limit > worst_share) worst_share = error / limit;
        return;
    }
    va_list values;
    va_start(values, format);
    fail(format, values);
    va_end(values);
    if (failed <= 20) printf(": %g, limit %g\n", error, limit);
}

void compare_bytes(const void *ours, const void *expected, size_t count, const char *format, ...) {
    compared++;
    if (!memcmp(ours, expected, count)) return;
    size_t place = 0;
    while (((const uint8_t *)ours)[place] == ((const uint8_t *)expected)[place]) place++;
    va_list values;
    va_start(values, format);
    fail(format, values);
    va_end(values);
    if (failed <= 20) printf(": byte %zu of %zu differs\n", place, count);
}

void report(const char *isa, const char *part) {
    printf("%-9s %-12s %6d comparisons, the farthest at %.2f of its limit\n", isa, part, compared, worst_share);
    compared = 0;
    worst_share = 0;
}

int failures(void) { return failed; }

double difference(const float *ours, const float *expected, size_t rows, size_t width, size_t stride, double floor) {
    double worst = 0, largest = floor;
    for (size_t r = 0; r < rows; r++)
        for (size_t i = stride * r; i < stride * r + width; i++) {
            double error = fabs((double)ours[i] - (double)expected[i]);
            if (!(error <= worst)) worst = error;
            if (fabs((double)expected[i]) > largest) largest = fabs((double)expected[i]);
        }
    return worst / largest;
}
