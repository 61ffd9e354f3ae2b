import Foundation
import Tutti

/// What `tutti bench` says about what it measured: a table, or one JSON document.
struct BenchReport {
    let model: String
    let benchmark: Benchmark
    /// The threads that the model was loaded with.
    let threads: Int
    /// What the machine costs for an hour, in any currency.
    let price: Double
    let json: Bool

    /// What a million tokens cost at a rate, when nothing else is computed; nil where nothing came.
    func cost(tokensPerSecond rate: Double) -> Double? { rate > 0 ? price / 3600 / rate * 1e6 : nil }

    // MARK: Single cases

    func write(_ results: [BenchmarkResult]) throws {
        if json {
            return try Output.document(
                document(
                    results.map { result in
                        [
                            "kind": .string(result.kind.rawValue),
                            "tokens": JSON(result.tokens),
                            "depth": JSON(result.depth),
                            "threads": JSON(result.threads),
                            "parallel": JSON(result.parallel),
                            "tokens_per_second": .number(result.tokensPerSecond),
                            "cost_per_million_tokens": number(cost(tokensPerSecond: result.tokensPerSecond)),
                            "rounds": .array(result.rounds.map { .number($0) }),
                        ]
                    }))
        }
        var table = Table(
            "WHAT", "TOKENS", "DEPTH", "THREADS", "PARALLEL", "TOKENS/S", "LOWEST", "HIGHEST",
            numeric: [1, 2, 3, 4, 5, 6, 7])
        for result in results {
            table.append(
                result.kind.rawValue, "\(result.tokens)", "\(result.depth)", "\(result.threads)", "\(result.parallel)",
                result.tokensPerSecond.text(digits: 1), (result.rounds.min() ?? 0).text(digits: 1),
                (result.rounds.max() ?? 0).text(digits: 1))
        }
        let parts = [(BenchmarkResult.Kind.prefill, "of prompts"), (.decode, "of answers")].compactMap { kind, words in
            costText(words, results.filter { $0.kind == kind }.map(\.tokensPerSecond))
        }
        try write(table, parts)
    }

    // MARK: Load

    func write(_ results: [LoadResult]) throws {
        if json { return try Output.document(document(results.map(document))) }
        var table = Table(
            "CONVERSATIONS", "PROMPT", "ANSWER", "THREADS", "TOKENS/S", "FIRST P50", "P95", "BETWEEN P50", "P95",
            numeric: [0, 1, 2, 3, 4, 5, 6, 7, 8])
        for result in results {
            let times = [result.firstTokenSeconds, result.betweenTokensSeconds].flatMap { times in
                [0.5, 0.95].map { "\((LoadResult.percentile($0, of: times) * 1000).text(digits: 1)) ms" }
            }
            table.append(
                "\(result.conversations)", "\(result.promptTokens)", "\(result.answerTokens)", "\(result.threads)",
                result.tokensPerSecond.text(digits: 1), times[0], times[1], times[2], times[3])
        }
        try write(
            table, [costText("of answers, their prompts included", results.map(\.tokensPerSecond))].compactMap(\.self))
    }

    private func document(_ result: LoadResult) -> JSON {
        func times(_ sorted: [Double]) -> JSON {
            [
                "p50": .number(LoadResult.percentile(0.5, of: sorted)),
                "p95": .number(LoadResult.percentile(0.95, of: sorted)),
                "all": .array(sorted.map { .number($0) }),
            ]
        }
        return [
            "conversations": JSON(result.conversations),
            "threads": JSON(result.threads),
            "prompt_tokens": JSON(result.promptTokens),
            "answer_tokens": JSON(result.answerTokens),
            "requests": JSON(result.requests),
            "seconds": .number(result.seconds),
            "tokens_per_second": .number(result.tokensPerSecond),
            "cost_per_million_tokens": number(cost(tokensPerSecond: result.tokensPerSecond)),
            "first_token_seconds": times(result.firstTokenSeconds),
            "between_tokens_seconds": times(result.betweenTokensSeconds),
        ]
    }

    // MARK: Both

    private func document(_ results: [JSON]) -> JSON {
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
            "price_per_hour": .number(price),
            "results": .array(results),
        ]
    }

    private func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }

    /// What a million tokens cost at the best of `rates`.
    private func costText(_ words: String, _ rates: [Double]) -> String? {
        guard let rate = rates.max(), let cost = cost(tokensPerSecond: rate) else { return nil }
        return
            "a million tokens \(words) cost \(cost.text(digits: cost < 0.1 ? 4 : 2)) (\(rate.text(digits: 1)) a second)"
    }

    private func write(_ table: Table, _ costs: [String]) throws {
        try Output.line("\(model): \(benchmark.checkpoint.path)")
        try Output.line("\(Processor.name); \(Processor.kernels) kernels")
        let peak = ByteText(Memory.peakByteCount)
        try Output.line("loaded in \(benchmark.loadSeconds.text(digits: 2)) s; at most \(peak) of memory\n")
        try Output.line(table.text)
        guard !costs.isEmpty else { return }
        try Output.line("\nat \(price.text(digits: 2)) an hour (--price): " + costs.joined(separator: "; "))
    }
}
