import CKernels
import Testing

/// The suites that choose kernels for the whole process: one after the other, never side by side.
@Suite(.serialized) enum KernelTests {}

/// All kernels of this architecture; those that the processor lacks are lowered to others of them.
#if arch(arm64)
    let instructionSets = [TUTTI_PORTABLE, TUTTI_NEON, TUTTI_DOTPROD, TUTTI_I8MM]
#else
    let instructionSets = [TUTTI_PORTABLE, TUTTI_AVX2, TUTTI_AVXVNNI, TUTTI_AVX512, TUTTI_AVX512BF16]
#endif
