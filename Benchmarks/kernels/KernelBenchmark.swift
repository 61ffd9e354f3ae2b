import Foundation
import TuttiTensors

/// Measures what this machine can do at most and how near each kernel comes to it: a regression shows as a smaller share.
///
/// `KernelBenchmark --help` says what it takes. `Benchmarks/versus-llama` asks it for the limits alone.
@main
struct KernelBenchmark {
    static func main() throws {
        let options: Options
        do {
            options = try Options(Array(CommandLine.arguments.dropFirst()))
        } catch {
            FileHandle.standardError.write(Data("\(error)\n\n\(Options.usage)\n".utf8))
            exit(2)
        }
        if options.wantsUsage { return print(Options.usage) }
        var report = Report(cpu: Processor.name, features: Processor.features, kernels: Processor.kernels)
        for threads in options.threads {
            let pool = ComputePool(threads: threads)
            let limits = Limits.measure(pool)
            report.limits.append(limits)
            guard !options.limitsOnly else { continue }
            let bench = Bench(pool: pool, limits: limits) { result in
                report.results.append(result)
                if !options.json { FileHandle.standardError.write(Data("\(result.name)\n".utf8)) }
            }
            for group in options.groups {
                switch group {
                case .linear: bench.linear()
                case .convolution: bench.convolution()
                case .pictures: bench.pictures()
                case .attention: bench.attention()
                case .rows: bench.rows()
                }
            }
        }
        print(options.json ? try report.json() : report.table())
    }
}
