import ArgumentParser
import Foundation
import Tutti

/// What the server costs beside the library: the same prompts go to a model in this process and, through a socket, to
/// `tutti serve` with the same model, in turns.
@main struct ServerBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure what the server adds to the time to the first token, and takes of the throughput.")

    @Option(help: "A model of the store.") var model = "qwen2.5-coder-0.5b"
    @Option(help: "First tokens to wait for, each way.") var count = 40
    @Option(help: "Conversations at once.") var conversations = 8
    @Option(help: "Tokens of each answer.") var tokens = 128
    @Option(help: "Rounds of conversations, each way.") var rounds = 3

    func run() async throws {
        let library = try await LanguageModel.load(model)
        let server = try await ServedModel.start(model)
        defer { server.stop() }
        let direct = LibraryModel(model: library)
        for way in [direct as any AskedModel, server] { _ = try await way.firstToken(Self.prompt(-1)) }
        try await firstTokens(direct, server)
        try await throughput(direct, server)
    }

    /// Prompts that share no beginning beyond the template's, so that each is computed anew.
    static func prompt(_ number: Int) -> String {
        "\(number * 7919 % 10_007): tell me in detail how to count from \(number + 1) to one thousand, and then do it."
    }

    private func firstTokens(_ direct: some AskedModel, _ server: some AskedModel) async throws {
        var times: [[Double]] = [[], []]
        for number in 0..<count {
            // Each goes first as often as the other.
            let order = number % 2 == 0 ? [0, 1] : [1, 0]
            for way in order {
                let prompt = Self.prompt(number)
                times[way].append(try await way == 0 ? direct.firstToken(prompt) : server.firstToken(prompt))
            }
        }
        let medians = times.map { $0.sorted()[$0.count / 2] * 1000 }
        print("time to the first token, median of \(count):")
        print(
            "  library \(text(medians[0])) ms, server \(text(medians[1])) ms: \(text(medians[1] - medians[0])) ms more")
    }

    private func throughput(_ direct: some AskedModel, _ server: some AskedModel) async throws {
        var rates: [[Double]] = [[], []]
        for round in 0..<rounds {
            for way in round % 2 == 0 ? [0, 1] : [1, 0] {
                rates[way].append(
                    try await way == 0 ? rate(direct, round) : rate(server, round))
            }
        }
        let medians = rates.map { $0.sorted()[$0.count / 2] }
        print("tokens a second at \(conversations) conversations of \(tokens) tokens, median of \(rounds):")
        print(
            "  library \(text(medians[0])), server \(text(medians[1])): \(text((1 - medians[1] / medians[0]) * 100)) % less"
        )
    }

    private func rate(_ way: some AskedModel, _ round: Int) async throws -> Double {
        let start = ContinuousClock.now, tokens = tokens, first = 10_000 + round * 100
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<conversations {
                group.addTask { try await way.answer(Self.prompt(first + number), tokens: tokens) }
            }
            return try await group.reduce(0, +)
        }
        return Double(total) / ((ContinuousClock.now - start) / .seconds(1))
    }

    private func text(_ value: Double) -> String { String(format: "%.1f", value) }
}

/// A model that is asked in some way.
protocol AskedModel: Sendable {
    /// Seconds until the first text of an answer.
    func firstToken(_ prompt: String) async throws -> Double
    /// The tokens of an answer of at most `tokens`.
    func answer(_ prompt: String, tokens: Int) async throws -> Int
}

/// By a call of the library.
struct LibraryModel: AskedModel {
    let model: LanguageModel

    private func stream(_ prompt: String, tokens: Int) throws -> TurnStream {
        var request = TurnRequest([Message(.user, prompt)])
        request.sampling.temperature = 0
        request.maximumTokens = tokens
        return try model.turn(request)
    }

    func firstToken(_ prompt: String) async throws -> Double {
        let start = ContinuousClock.now
        for try await event in try stream(prompt, tokens: 4) {
            if case .text(let text, _) = event, !text.isEmpty { return (ContinuousClock.now - start) / .seconds(1) }
        }
        return (ContinuousClock.now - start) / .seconds(1)
    }

    func answer(_ prompt: String, tokens: Int) async throws -> Int {
        var count = 0
        for try await event in try stream(prompt, tokens: tokens) {
            if case .finished(let end) = event { count = end.usage.completionTokens }
        }
        return count
    }
}
