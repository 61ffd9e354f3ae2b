import CKernels
import Foundation

/// The processor that this program runs on, and the kernels that are chosen for it.
public enum Processor {
    /// The name that its maker gave it, such as `AMD EPYC 7763`; the instruction set's where the system knows no name,
    /// on arm64 with the numbers of maker and part.
    public static var name: String {
        #if os(Linux)
            let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
            if let name = name(fromListing: text) { return name }
        #endif
        #if arch(x86_64)
            return "x86-64"
        #elseif arch(arm64)
            return "arm64"
        #else
            return "unknown"
        #endif
    }

    /// The first processor's name in the words of Linux's `/proc/cpuinfo`.
    package static func name(fromListing text: String) -> String? {
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let field = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if field.count == 2, !field[1].isEmpty, fields[field[0]] == nil { fields[field[0]] = field[1] }
        }
        if let name = fields["model name"] { return name }
        guard let maker = fields["CPU implementer"], let part = fields["CPU part"] else { return nil }
        return "arm64, maker \(maker), part \(part)"
    }

    /// The features that kernels are written for and this processor has.
    public static var features: [String] {
        [
            "avx2", "fma", "f16c", "avxvnni", "avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512vnni", "avx512bf16",
            "neon", "dotprod", "i8mm",
        ].filter { unsafe tutti_cpu_has($0) != 0 }
    }

    /// The kernels in force: `avx512bf16`, `avx512`, `avxvnni` or `avx2`; on arm64 `i8mm`, `dotprod` or `neon`; `portable`
    /// anywhere. `TUTTI_CPU` in the environment names narrower ones.
    public static var kernels: String { unsafe String(cString: tutti_isa_name(tutti_cpu_isa())) }

    /// Whether the kernels in force have an instruction that multiplies bytes and adds them by fours. Without one, many rows
    /// take as long with a matrix of eight bits as with one of floats.
    public static var multipliesBytes: Bool {
        switch tutti_cpu_isa() {
        case TUTTI_AVXVNNI, TUTTI_AVX512, TUTTI_AVX512BF16, TUTTI_DOTPROD, TUTTI_I8MM: true
        default: false
        }
    }

    /// Whether the kernels in force have an instruction that multiplies bfloat16 numbers and adds them by pairs.
    public static var multipliesBFloat16: Bool { tutti_multiplies_bfloat16() != 0 }
}
