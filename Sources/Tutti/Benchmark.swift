public import Foundation
public import TuttiCheckpoints
public import TuttiGeneration
import TuttiModels
import TuttiTensors
import TuttiText

/// What a benchmark measures: every length at every depth, with every number of threads and of sequences.
public struct BenchmarkPlan: Sendable {
    /// Lengths of prompts; none measures none.
    public var prefill = [64, 512]
    /// Lengths of answers; none measures none.
    public var decode = [64]
    /// Tokens that are in the cache already.
    public var depth = [0]
    public var threads = [ComputePool.defaultThreadCount]
    /// Sequences at once; rates are of all together.
    public var parallel = [1]
    /// How often each case is measured; its rate is the median.
    public var rounds = 3

    public init() {}

    /// The longest sequence of any case.
    var tokenCount: Int {
        (depth.max() ?? 0) + max(prefill.max() ?? 0, decode.max() ?? 0) + 2
    }
}

/// The speed of one case.
public struct BenchmarkResult: Sendable {
    public enum Kind: String, Sendable { case prefill, decode }

    public let kind: Kind
    public let tokens: Int
    public let depth: Int
    public let threads: Int
    public let parallel: Int
    /// Tokens a second of each round.
    public let rounds: [Double]

    /// The median of the rounds.
    public var tokensPerSecond: Double {
        let sorted = rounds.sorted(), middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}

/// A model made ready for measuring, and how long that took.
public final class Benchmark: Sendable {
    public let checkpoint: any Checkpoint
    public let loadSeconds: Double
    private let decoder: any Decoder
    private let options: EngineOptions

    /// Loads a model as `LanguageModel` does, on a thread of its own.
    /// - Parameter draft: The file of a model that guesses tokens ahead.
    public static func load(
        file path: String, options: EngineOptions = EngineOptions(), threads: Int,
        quantization: QuantizationType? = nil, draft: URL? = nil
    ) async throws -> Benchmark {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result { try Benchmark(path, options, threads: threads, quantization, draft) })
            }
        }
    }

    private init(
        _ path: String, _ options: EngineOptions, threads: Int, _ quantization: QuantizationType?, _ draft: URL?
    ) throws {
        let start = ContinuousClock.now
        checkpoint = try Registry.open(path)
        let text = try TextParts(checkpoint), pool = ComputePool(threads: threads)
        decoder = try Registry.decoder(checkpoint, pool: pool, quantization: quantization)
        var options = options
        try LanguageModelError.check(options, decoder.shape)
        if let draft {
            let reader = DraftReader(url: draft, name: draft.lastPathComponent, pool: pool, options: options)
            options.speculation = .draft(
                try reader.decoder(for: path, text.tokenizer?.vocabulary, decoder.shape))
        }
        loadSeconds = (ContinuousClock.now - start) / .seconds(1)
        self.options = options
    }

    /// Measures every case of `plan`.
    /// - Parameter report: Called with each result as it comes.
    /// - Throws: ``BenchmarkError`` when a case does not fit the model's context.
    @discardableResult
    public func run(
        _ plan: BenchmarkPlan, report: (BenchmarkResult) -> Void = { _ in }
    ) async throws -> [BenchmarkResult] {
        var results: [BenchmarkResult] = []
        for threads in plan.threads {
            for parallel in plan.parallel {
                let engine = try engine(threads: threads, sequences: parallel, tokens: plan.tokenCount)
                let meter = BenchmarkMeter(engine, parallel: parallel)
                try await meter.warmUp(plan)
                for depth in plan.depth {
                    let cases =
                        plan.prefill.map { (BenchmarkResult.Kind.prefill, $0) }
                        + plan.decode.map { (BenchmarkResult.Kind.decode, $0) }
                    for (kind, tokens) in cases {
                        var rounds: [Double] = []
                        for _ in 0..<max(1, plan.rounds) {
                            rounds.append(try await meter.measure(kind, tokens: tokens, depth: depth))
                        }
                        let result = BenchmarkResult(
                            kind: kind, tokens: tokens, depth: depth, threads: threads, parallel: parallel,
                            rounds: rounds)
                        results.append(result)
                        report(result)
                    }
                }
            }
        }
        return results
    }

    /// An engine with room for as many sequences of `tokens` tokens: what came before makes room for them.
    func engine(threads: Int, sequences: Int, tokens: Int) throws -> Engine {
        let limit = min(options.context ?? .max, decoder.shape.context)
        guard tokens <= limit else { throw BenchmarkError.doesNotFit(tokens: tokens, context: limit) }
        var options = options
        options.context = tokens
        options.maximumSequences = sequences
        options.maximumWaiting = max(options.maximumWaiting, sequences)
        options.cacheByteCount = sequences * options.byteCount(conversation: tokens, decoder.shape)
        return Engine(decoder: decoder, pool: ComputePool(threads: threads), options: options)
    }
}

/// What cannot be measured.
public enum BenchmarkError: Error, Equatable, CustomStringConvertible {
    case doesNotFit(tokens: Int, context: Int)

    public var description: String {
        switch self {
        case .doesNotFit(let tokens, let context):
            "The longest case needs \(tokens) tokens, this model's context holds \(context): choose shorter lengths."
        }
    }
}

/// Times one engine with a number of sequences at once.
private final class BenchmarkMeter {
    private let engine: Engine
    private let parallel: Int
    private var promptCount = 0

    init(_ engine: Engine, parallel: Int) {
        self.engine = engine
        self.parallel = parallel
    }

    func warmUp(_ plan: BenchmarkPlan) async throws {
        if let tokens = plan.prefill.max() { _ = try await prefill(min(tokens, 64), depth: 0) }
        if let tokens = plan.decode.max() { _ = try await decode(min(tokens, 8), depth: 0) }
    }

    func measure(_ kind: BenchmarkResult.Kind, tokens: Int, depth: Int) async throws -> Double {
        switch kind {
        case .prefill: try await prefill(tokens, depth: depth)
        case .decode: try await decode(tokens, depth: depth)
        }
    }

    /// Tokens of prompts computed in a second.
    private func prefill(_ tokens: Int, depth: Int) async throws -> Double {
        let prompts = (0..<parallel).map { _ in prompt(depth + tokens) }
        if depth > 0 {
            // What lies in the cache from here on is not computed again below.
            for prompt in prompts { _ = try await answers([Array(prompt.prefix(depth))], maximumTokens: 1) }
        }
        let answers = try await answers(prompts, maximumTokens: 1)
        let seconds = answers.map(\.statistics.prefillSeconds).max() ?? 0
        let computed = answers.reduce(0) { $0 + $1.statistics.promptTokens - $1.statistics.cachedTokens }
        return Double(computed) / max(seconds, 1e-9)
    }

    /// Tokens of answers computed in a second, while every sequence is decoding.
    private func decode(_ tokens: Int, depth: Int) async throws -> Double {
        let prompts = (0..<parallel).map { _ in prompt(max(1, depth)) }
        if parallel > 1, depth > 0 {
            // Prompts come before the clock runs: while some are computed, others would already be answered to the end.
            for prompt in prompts { _ = try await self.answers([prompt], maximumTokens: 1) }
        }
        // The first token comes with the prompt.
        let answers = try await answers(prompts, maximumTokens: tokens + 1)
        if answers.count == 1, let only = answers.first { return only.statistics.decodeRate }
        guard let start = answers.compactMap(\.times.first).max(), let end = answers.compactMap(\.times.last).min(),
            start < end
        else { return 0 }
        let count = answers.reduce(0) { $0 + $1.times.count { $0 > start && $0 <= end } }
        return Double(count) / ((end - start) / .seconds(1))
    }

    private struct Answer: Sendable {
        var statistics = GenerationStatistics()
        /// When each token came.
        var times: [ContinuousClock.Instant] = []
    }

    private func answers(_ prompts: [[Token]], maximumTokens: Int) async throws -> [Answer] {
        let streams = try prompts.map {
            try engine.generate(GenerationRequest(prompt: $0, sampling: .greedy, maximumTokens: maximumTokens))
        }
        return try await withThrowingTaskGroup(of: Answer.self) { group in
            for stream in streams {
                group.addTask {
                    var answer = Answer()
                    for try await event in stream {
                        switch event {
                        case .started, .drafted: break
                        case .token: answer.times.append(.now)
                        case .finished(_, let statistics): answer.statistics = statistics
                        }
                    }
                    return answer
                }
            }
            var answers: [Answer] = []
            for try await answer in group { answers.append(answer) }
            return answers
        }
    }

    private func prompt(_ count: Int) -> [Token] {
        promptCount += 1
        return BenchmarkPrompt.tokens(promptCount, count: count, vocabulary: engine.shape.vocabulary)
    }
}
