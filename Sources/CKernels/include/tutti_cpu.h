// What the CPU can do, and which kernels that chooses.
#ifndef TUTTI_CPU_H
#define TUTTI_CPU_H

#include <stdint.h>

typedef enum { TUTTI_PORTABLE = 0, TUTTI_AVX2 = 1, TUTTI_AVX512 = 2 } tutti_isa;

/// The widest kernels that this CPU runs; `TUTTI_CPU=portable|avx2|avx512` in the environment narrows the choice.
tutti_isa tutti_cpu_isa(void);

/// Chooses kernels by hand, for tests and benchmarks; a level that the CPU lacks is lowered. Returns what is in force.
/// Not to be called while kernels run.
tutti_isa tutti_set_isa(tutti_isa isa);

/// Whether the CPU has the named feature: "avx2", "fma", "f16c", "avx512f", "avx512vnni", "avx512bf16", "neon" …
int tutti_cpu_has(const char *feature);

/// How many processors this process may run on; at least 1.
int tutti_cpu_count(void);

/// Tells the core that this thread is waiting in a loop.
static inline void tutti_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

#endif
