import ArgumentParser
import Foundation
import Tutti

struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure how fast a model is on this machine.",
        discussion: """
            Prefill reads a prompt, decode writes an answer; each is measured in rounds, of which the median counts. \
            Lists are numbers with commas between them; every combination is measured. A length of 0 leaves prefill or \
            decode out. Prompts are random tokens, so guessing ahead (--speculate, --draft) shows here how much it may \
            cost, not what it brings.

            With --conversations it is the load of a server that is measured: so many conversations at once, each of \
            which asks --rounds times, with prompts as long as --prefill and answers as long as --decode.

            Examples:
              tutti bench
              tutti bench -m smollm2-135m --prefill 64,512 --decode 64 --depth 0,2048
              tutti bench --threads 1,2,4 --decode 32
              tutti bench --parallel 1,4,8 --json
              tutti bench --conversations 1,4,8,16 --prefill 256 --rounds 2
              tutti bench --price 0.12
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

    @Option(help: ArgumentHelp("Conversations at once: measures a server's load.", valueName: "n,…"))
    var conversations: NumberList?

    @Option(help: ArgumentHelp("How often each case is measured.", valueName: "n"))
    var rounds = 3

    @Option(help: "How cached keys and values are stored.")
    var cacheType: ModelOptions.CacheType = .f16

    @OptionGroup var speculation: SpeculationOptions

    @OptionGroup var format: FormatOption

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What this machine costs for an hour: tells what tokens cost.", valueName: "per hour"))
    var price = 1.0

    @Flag(help: "Write one JSON document in place of the table.")
    var json = false

    func validate() throws {
        try require(rounds, "--rounds", in: 1...1000)
        for value in prefill.values { try require(value, "--prefill", in: 0...(1 << 24)) }
        for value in decode.values { try require(value, "--decode", in: 0...(1 << 24)) }
        for value in depth.values { try require(value, "--depth", in: 0...(1 << 24)) }
        for value in threads?.values ?? [] { try require(value, "--threads", in: 1...256) }
        for value in parallel.values { try require(value, "--parallel", in: 1...1024) }
        for value in conversations?.values ?? [] { try require(value, "--conversations", in: 1...1024) }
        guard price >= 0, price.isFinite else {
            throw ValidationError("--price is \(price), but must be a number from 0 up.")
        }
        if conversations != nil {
            guard depth.values == [0], parallel.values == [1] else {
                throw ValidationError("--conversations has neither --depth nor --parallel: leave them out.")
            }
            guard !(prefill.values + decode.values).contains(0) else {
                throw ValidationError("with --conversations, --prefill and --decode are at least 1.")
            }
        } else if (prefill.values + decode.values).allSatisfy({ $0 == 0 }) {
            throw ValidationError("--prefill and --decode leave out everything: give a length of at least 1.")
        }
    }

    func run() async throws {
        let store = try ModelStore()
        let model = name.name(store)
        let path = try store.resolve(model).path
        var engine = EngineOptions()
        engine.keyValueKind = cacheType.kind
        engine.speculation = speculation.kind
        let threads = threads?.values ?? BenchmarkPlan().threads
        let benchmark = try await Benchmark.load(
            file: path, options: engine, threads: threads.first ?? 1, quantization: format.type,
            draft: try speculation.draft.map { try store.resolve($0) })
        let report = BenchReport(
            model: model, benchmark: benchmark, threads: threads.first ?? 1, price: price, json: json)
        do {
            if let conversations {
                try report.write(try await load(benchmark, conversations.values, threads))
            } else {
                try report.write(try await speed(benchmark, threads))
            }
        } catch let error as BenchmarkError {
            throw ValidationError("\(error)")
        }
    }

    private func speed(_ benchmark: Benchmark, _ threads: [Int]) async throws -> [BenchmarkResult] {
        var plan = BenchmarkPlan()
        plan.prefill = prefill.values.filter { $0 > 0 }
        plan.decode = decode.values.filter { $0 > 0 }
        (plan.depth, plan.threads, plan.parallel, plan.rounds) = (depth.values, threads, parallel.values, rounds)
        return try await benchmark.run(plan) { result in
            let rate = result.tokensPerSecond.text(digits: 1)
            progress("\(result.kind.rawValue) \(result.tokens) at \(result.depth): \(rate) tokens/s")
        }
    }

    private func load(
        _ benchmark: Benchmark, _ conversations: [Int], _ threads: [Int]
    ) async throws -> [LoadResult] {
        var results: [LoadResult] = []
        for prompt in prefill.values {
            for answer in decode.values {
                var plan = LoadPlan()
                (plan.conversations, plan.requests, plan.threads) = (conversations, rounds, threads)
                (plan.promptTokens, plan.answerTokens) = (prompt, answer)
                results += try await benchmark.load(plan) { result in
                    let rate = result.tokensPerSecond.text(digits: 1)
                    progress("\(result.conversations) conversations: \(rate) tokens/s")
                }
            }
        }
        return results
    }

    private func progress(_ line: String) {
        if Output.errorIsTerminal { Output.note(line) }
    }
}
