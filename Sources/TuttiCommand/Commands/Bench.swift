import ArgumentParser
import Foundation
import Tutti

struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure how fast a model is on this machine.",
        discussion: """
            Prefill reads a prompt, decode writes an answer; each is measured in rounds, of which the median counts. \
            Lists are numbers with commas between them; every combination is measured. Prompts are random tokens, so \
            guessing ahead (--speculate, --draft) shows here how much it may cost, not what it brings.

            Examples:
              tutti bench
              tutti bench -m smollm2-135m --prefill 64,512 --decode 64 --depth 0,2048
              tutti bench --threads 1,2,4 --decode 32
              tutti bench --parallel 1,4,8 --json
            """)

    @OptionGroup var name: ModelName

    @Option(help: ArgumentHelp("Lengths of prompts.", valueName: "n,…"))
    var prefill = NumberList([64, 512])

    @Option(help: ArgumentHelp("Lengths of answers.", valueName: "n,…"))
    var decode = NumberList([64])

    @Option(help: ArgumentHelp("Tokens that are in the cache already.", valueName: "n,…"))
    var depth = NumberList([0])

    @Option(help: ArgumentHelp("Threads to compute on (default: every core).", valueName: "n,…"))
    var threads: NumberList?

    @Option(help: ArgumentHelp("Sequences at once; rates are of all together.", valueName: "n,…"))
    var parallel = NumberList([1])

    @Option(help: ArgumentHelp("How often each case is measured.", valueName: "n"))
    var rounds = 3

    @Option(help: "How cached keys and values are stored.")
    var cacheType: ModelOptions.CacheType = .f16

    @OptionGroup var speculation: SpeculationOptions

    @OptionGroup var format: FormatOption

    @Flag(help: "Write one JSON document in place of the table.")
    var json = false

    func validate() throws {
        try require(rounds, "--rounds", in: 1...1000)
        for value in prefill.values { try require(value, "--prefill", in: 1...(1 << 24)) }
        for value in decode.values { try require(value, "--decode", in: 1...(1 << 24)) }
        for value in depth.values { try require(value, "--depth", in: 0...(1 << 24)) }
        for value in threads?.values ?? [] { try require(value, "--threads", in: 1...256) }
        for value in parallel.values { try require(value, "--parallel", in: 1...1024) }
    }

    func run() async throws {
        let store = try ModelStore()
        let model = name.name(store)
        let path = try store.resolve(model).path
        var plan = BenchmarkPlan()
        (plan.prefill, plan.decode, plan.depth) = (prefill.values, decode.values, depth.values)
        if let threads { plan.threads = threads.values }
        (plan.parallel, plan.rounds) = (parallel.values, rounds)
        var engine = EngineOptions()
        engine.keyValueKind = cacheType.kind
        engine.speculation = speculation.kind
        let threads = plan.threads.first ?? 1
        let benchmark = try await Benchmark.load(
            file: path, options: engine, threads: threads, quantization: format.type,
            draft: try speculation.draft.map { try store.resolve($0) })
        do {
            let results = try await benchmark.run(plan) { result in
                if Output.errorIsTerminal {
                    let rate = result.tokensPerSecond.text(digits: 1)
                    Output.note("\(result.kind.rawValue) \(result.tokens) at \(result.depth): \(rate) tokens/s")
                }
            }
            try json
                ? Output.document(document(model, benchmark, threads: threads, results))
                : write(model, benchmark, results)
        } catch let error as BenchmarkError {
            throw ValidationError("\(error)")
        }
    }

    private func document(
        _ model: String, _ benchmark: Benchmark, threads: Int, _ results: [BenchmarkResult]
    ) -> JSON {
        [
            "model": .string(model),
            "file": .string(benchmark.checkpoint.path),
            "threads": JSON(threads),
            "load_seconds": .number(benchmark.loadSeconds),
            "peak_memory_bytes": JSON(Memory.peakByteCount),
            "cpu": [
                "name": .string(Processor.name),
                "features": .array(Processor.features.map { .string($0) }),
                "kernels": .string(Processor.kernels),
            ],
            "results": .array(
                results.map { result in
                    [
                        "kind": .string(result.kind.rawValue),
                        "tokens": JSON(result.tokens),
                        "depth": JSON(result.depth),
                        "threads": JSON(result.threads),
                        "parallel": JSON(result.parallel),
                        "tokens_per_second": .number(result.tokensPerSecond),
                        "rounds": .array(result.rounds.map { .number($0) }),
                    ]
                }),
        ]
    }

    private func write(_ model: String, _ benchmark: Benchmark, _ results: [BenchmarkResult]) throws {
        try Output.line("\(model): \(benchmark.checkpoint.path)")
        try Output.line("\(Processor.name); \(Processor.kernels) kernels")
        let peak = ByteText(Memory.peakByteCount)
        try Output.line("loaded in \(benchmark.loadSeconds.text(digits: 2)) s; at most \(peak) of memory\n")
        var table = Table(
            "WHAT", "TOKENS", "DEPTH", "THREADS", "PARALLEL", "TOKENS/S", "LOWEST", "HIGHEST",
            numeric: [1, 2, 3, 4, 5, 6, 7])
        for result in results {
            table.append(
                result.kind.rawValue, "\(result.tokens)", "\(result.depth)", "\(result.threads)", "\(result.parallel)",
                result.tokensPerSecond.text(digits: 1), (result.rounds.min() ?? 0).text(digits: 1),
                (result.rounds.max() ?? 0).text(digits: 1))
        }
        try Output.line(table.text)
    }
}
