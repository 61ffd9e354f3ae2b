// What the CPU can do, and which kernels that chooses.
#ifndef TUTTI_CPU_H
#define TUTTI_CPU_H

#include <stdint.h>

/// Kernels by instruction set, from narrow to wide on each of the two architectures.
typedef enum {
    TUTTI_PORTABLE = 0,
    // x86-64
    TUTTI_AVX2 = 1,
    TUTTI_AVXVNNI = 2,
    TUTTI_AVX512 = 3,
    TUTTI_AVX512BF16 = 4,
    // arm64, which has NEON always
    TUTTI_NEON = 5,
    TUTTI_DOTPROD = 6,
    TUTTI_I8MM = 7,
    /// Whatever is the widest here.
    TUTTI_WIDEST = TUTTI_I8MM,
} tutti_isa;

/// The kernels in force: the widest that this CPU runs, unless `TUTTI_CPU` in the environment names narrower ones:
/// portable, avx2, avxvnni, avx512 or avx512bf16; on arm64 portable, neon, dotprod or i8mm. Other names change nothing.
tutti_isa tutti_cpu_isa(void);

/// The name of kernels, as `TUTTI_CPU` takes it.
const char *tutti_isa_name(tutti_isa isa);

/// Chooses kernels by hand, for tests and benchmarks; a level that the CPU lacks is lowered. Returns what is in force.
/// Not to be called while kernels run.
tutti_isa tutti_set_isa(tutti_isa isa);

/// Whether the CPU has the named feature: "avx2", "fma", "f16c", "avxvnni", "avx512f", "avx512vnni", "avx512bf16"; "neon",
/// "dotprod", "i8mm" …
int tutti_cpu_has(const char *feature);

/// How many processors this process may run on; at least 1.
int tutti_cpu_count(void);

/// Asks for long turns of the calling thread on its core, which computes and has no haste: a thread that wakes with a
/// shorter turn to come, such as one that sends what was computed, is let in at once. Shares stay as they are.
/// Linux from 6.12 knows of it; elsewhere nothing changes.
void tutti_take_long_turns(void);

/// Tells the core that this thread is waiting in a loop.
static inline void tutti_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

#endif
