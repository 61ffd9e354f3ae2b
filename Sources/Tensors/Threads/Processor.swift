import CKernels
import Foundation

/// The processor that this program runs on, and the kernels that are chosen for it.
public enum Processor {
    /// The name that its maker gave it, such as `AMD EPYC 7763`; the instruction set's where the system knows no name.
    public static var name: String {
        #if os(Linux)
            let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
            for line in text.split(separator: "\n") {
                let field = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
                if field.count == 2, field[0] == "model name", !field[1].isEmpty { return field[1] }
            }
        #endif
        #if arch(x86_64)
            return "x86-64"
        #elseif arch(arm64)
            return "arm64"
        #else
            return "unknown"
        #endif
    }

    /// The features that kernels are written for and this processor has.
    public static var features: [String] {
        [
            "avx2", "fma", "f16c", "avxvnni", "avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512vnni", "avx512bf16",
            "neon",
        ].filter { unsafe tutti_cpu_has($0) != 0 }
    }

    /// The kernels in force: `avx512`, `avx2` or `portable`; `TUTTI_CPU` in the environment narrows the choice.
    public static var kernels: String {
        switch tutti_cpu_isa() {
        case TUTTI_AVX512: "avx512"
        case TUTTI_AVX2: "avx2"
        default: "portable"
        }
    }
}
