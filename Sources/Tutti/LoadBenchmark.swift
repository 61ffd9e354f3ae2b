import Foundation
import TuttiGeneration
import TuttiTensors

/// Conversations at once, as a server has them: each asks, reads its answer to the end and asks again.
public struct LoadPlan: Sendable {
    public var conversations = [1, 4, 8, 16]
    /// The length of every prompt; no two are alike.
    public var promptTokens = 256
    public var answerTokens = 64
    /// How often each conversation asks.
    public var requests = 2
    public var threads = [ComputePool.defaultThreadCount]

    public init() {}
}

/// How a number of conversations fared.
public struct LoadResult: Sendable {
    public let conversations: Int
    public let threads: Int
    public let promptTokens: Int
    public let answerTokens: Int
    /// Requests of all conversations.
    public let requests: Int
    /// From the first request to the last token of the last answer.
    public let seconds: Double
    /// From each request to the first token of its answer, ascending.
    public let firstTokenSeconds: [Double]
    /// Between each token and the one before it in the same answer, ascending.
    public let betweenTokensSeconds: [Double]

    /// Tokens of answers in a second, of all conversations together; the time that their prompts took counts.
    public var tokensPerSecond: Double { Double(requests * answerTokens) / max(seconds, 1e-9) }

    /// The value that `share` of the sorted values do not exceed, by nearest rank.
    public static func percentile(_ share: Double, of sorted: [Double]) -> Double {
        guard !sorted.isEmpty else { return 0 }
        return sorted[min(sorted.count - 1, max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1))]
    }
}

extension Benchmark {
    /// Puts the engine under the load of each number of conversations.
    /// - Throws: ``BenchmarkError`` when a prompt and its answer do not fit the model's context.
    @discardableResult
    public func load(_ plan: LoadPlan, report: (LoadResult) -> Void = { _ in }) async throws -> [LoadResult] {
        var results: [LoadResult] = []
        for threads in plan.threads {
            for conversations in plan.conversations {
                let engine = try engine(
                    threads: threads, sequences: conversations, tokens: plan.promptTokens + plan.answerTokens + 1)
                let visitors = Visitors(engine: engine, plan: plan, conversations: conversations)
                try await visitors.warmUp()
                let result = try await visitors.measure(threads: threads)
                results.append(result)
                report(result)
            }
        }
        return results
    }
}

/// Those who hold the conversations.
private struct Visitors {
    let engine: Engine
    let plan: LoadPlan
    let conversations: Int

    /// When one request was made, and when its tokens came.
    private struct Visit: Sendable {
        var asked = ContinuousClock.now
        var tokens: [ContinuousClock.Instant] = []
    }

    /// Prompts are numbered from 1, conversation after conversation; the warm-up takes the number before.
    func warmUp() async throws { _ = try await ask(0, tokens: 8) }

    func measure(threads: Int) async throws -> LoadResult {
        let start = ContinuousClock.now
        let visits = try await withThrowingTaskGroup(of: [Visit].self) { group in
            for conversation in 0..<conversations {
                group.addTask {
                    var visits: [Visit] = []
                    for request in 0..<plan.requests {
                        visits.append(
                            try await ask(1 + conversation * plan.requests + request, tokens: plan.answerTokens))
                    }
                    return visits
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let end = visits.compactMap(\.tokens.last).max() ?? start
        let firsts = visits.compactMap { visit in visit.tokens.first.map { ($0 - visit.asked) / .seconds(1) } }
        let gaps = visits.flatMap { visit in
            zip(visit.tokens.dropFirst(), visit.tokens).map { ($0 - $1) / .seconds(1) }
        }
        return LoadResult(
            conversations: conversations, threads: threads, promptTokens: plan.promptTokens,
            answerTokens: plan.answerTokens, requests: visits.count, seconds: (end - start) / .seconds(1),
            firstTokenSeconds: firsts.sorted(), betweenTokensSeconds: gaps.sorted())
    }

    private func ask(_ number: Int, tokens: Int) async throws -> Visit {
        let prompt = BenchmarkPrompt.tokens(number, count: plan.promptTokens, vocabulary: engine.shape.vocabulary)
        var visit = Visit()
        let stream = try engine.generate(
            GenerationRequest(prompt: prompt, sampling: .greedy, maximumTokens: tokens))
        for try await event in stream {
            if case .token = event { visit.tokens.append(.now) }
        }
        return visit
    }
}
