import TuttiTensors

/// What to measure, as the command line says it.
struct Options {
    /// The kernels that belong together.
    enum Group: String, CaseIterable {
        case linear, convolution, pictures, attention, rows
    }

    /// What is wrong with the command line.
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    var threads: [Int] = Array(Set([1, ComputePool.defaultThreadCount])).sorted()
    var groups = Group.allCases
    var limitsOnly = false
    var json = false
    var wantsUsage = false

    static let usage = """
        usage: KernelBenchmark [--threads N,…] [--only GROUP,…] [--limits] [--json]

          --threads N,…   threads to compute on (default: 1 and every core)
          --only GROUP,…  some kernels alone: \(Group.allCases.map(\.rawValue).joined(separator: ", "))
          --limits        the machine's limits alone
          --json          one JSON document in place of tables

        TUTTI_CPU=portable|avx2|avxvnni|avx512 in the environment measures the narrower kernels, and their limits.
        """

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        func value(of option: String) throws -> String {
            guard let value = rest.popFirst() else { throw Mistake(description: "\(option) needs a value.") }
            return value
        }
        while let option = rest.popFirst() {
            switch option {
            case "--threads":
                threads = try value(of: option).split(separator: ",").map { part in
                    guard let count = Int(part), 1...256 ~= count else {
                        throw Mistake(description: "--threads takes numbers from 1 to 256, not `\(part)`.")
                    }
                    return count
                }
            case "--only":
                groups = try value(of: option).split(separator: ",").map { part in
                    guard let group = Group(rawValue: String(part)) else {
                        throw Mistake(description: "--only does not know `\(part)`.")
                    }
                    return group
                }
            case "--limits": limitsOnly = true
            case "--json": json = true
            case "--help", "-h": wantsUsage = true
            default: throw Mistake(description: "there is no option `\(option)`.")
            }
        }
    }
}
