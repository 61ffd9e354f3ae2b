import Testing

/// The suites that choose kernels for the whole process: one after the other, never side by side.
@Suite(.serialized) enum KernelTests {}
