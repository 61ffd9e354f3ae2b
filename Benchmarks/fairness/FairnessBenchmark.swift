import Foundation
import Synchronization
import Tutti

/// Measures what a long prompt does to those who are answered meanwhile.
///
/// `FairnessBenchmark MODEL [CONVERSATIONS [PROMPT [ROUNDS]]]`: so many conversations (7) decode; their times between
/// tokens are taken beside somebody's prompt of PROMPT tokens (4000), and those of as many others, which are as deep,
/// alone, by turns. Prints the 50th and
/// 95th percentiles of both, the ratio of the 95th ones, and how long the long prompt took.
@main
struct FairnessBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments, numbers = arguments.dropFirst(2).map { Int($0) ?? 0 }
        guard arguments.count >= 2, numbers.allSatisfy({ $0 > 0 }) else {
            FileHandle.standardError.write(
                Data("usage: FairnessBenchmark MODEL [CONVERSATIONS [PROMPT [ROUNDS]]]\n".utf8))
            exit(2)
        }
        let conversations = numbers.first ?? 7, prompt = numbers.dropFirst().first ?? 4000
        let rounds = numbers.dropFirst(2).first ?? 3
        let model = try await LanguageModel.load(arguments[1])
        let meter = FairnessMeter(model, conversations: conversations)
        write("\(arguments[1]), \(conversations) conversations, a prompt of \(prompt) tokens, milliseconds:")
        var ratios: [Double] = []
        for round in 1...rounds {
            let (alone, beside, seconds) = try await meter.measure(prompt: prompt)
            let ratio = beside.percentile(95) / alone.percentile(95)
            ratios.append(ratio)
            write(
                "round \(round): alone \(alone.percentiles); beside \(beside.percentiles); ratio \(ratio.twoDigits);"
                    + " the prompt took \(seconds.twoDigits) s")
        }
        write("median ratio of p95: \(ratios.percentile(50).twoDigits)")
    }

    /// A line, at once: standard output may be a file.
    private static func write(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}

/// Conversations that decode, and when their tokens come.
private final class FairnessMeter {
    private let model: LanguageModel
    private let conversations: Int
    private var promptCount = 0

    init(_ model: LanguageModel, conversations: Int) {
        self.model = model
        self.conversations = conversations
    }

    /// Seconds between tokens beside a long prompt and, of others that are as deep, alone; and the seconds until the
    /// long prompt's first token.
    func measure(prompt: Int) async throws -> (alone: [Double], beside: [Double], promptSeconds: Double) {
        let (log, start, end) = try await converse { log in
            // Their own prompts are computed, and some tokens of each are there.
            while log.fewest < FairnessMeter.settled { try await Task.sleep(for: .milliseconds(5)) }
            let start = ContinuousClock.now
            let long = try self.model.engine.generate(
                GenerationRequest(prompt: self.tokens(prompt), sampling: .greedy, maximumTokens: 1))
            for try await _ in long {}
            return (log, start, ContinuousClock.now)
        }
        let beside = log.gaps { $0.at >= start && $0.at <= end }
        let last = beside.map(\.place).max() ?? FairnessMeter.settled
        let alone = try await converse { log in
            while log.fewest < last { try await Task.sleep(for: .milliseconds(20)) }
            return log.gaps { $0.place > FairnessMeter.settled && $0.place <= last }
        }
        return (alone.map(\.seconds), beside.map(\.seconds), (end - start) / .seconds(1))
    }

    /// Tokens that each conversation has before anything is measured.
    private static let settled = 32

    /// Runs `body` while all conversations decode.
    private func converse<Result>(_ body: (Log) async throws -> Result) async throws -> Result {
        let log = Log(conversations)
        let streams = try (0..<conversations).map { _ in
            try model.engine.generate(
                GenerationRequest(prompt: tokens(48), sampling: .greedy, maximumTokens: model.context / 2))
        }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, stream) in streams.enumerated() {
                group.addTask {
                    for try await event in stream {
                        if case .token = event { log.append(index) }
                    }
                }
            }
            let result = try await body(log)
            group.cancelAll()
            while let end = await group.nextResult() {
                if case .failure(let error) = end, !(error is CancellationError) { throw error }
            }
            return result
        }
    }

    /// Tokens that look random, and of which none begin like earlier ones.
    private func tokens(_ count: Int) -> [Token] {
        promptCount += 1
        let vocabulary = UInt64(model.shape.vocabulary)
        var state = UInt64(promptCount) &* 0x9e37_79b9_7f4a_7c15
        return (0..<count).map { _ in
            // A linear congruential generator with the constants of Knuth's MMIX.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Token((state >> 33) % vocabulary)
        }
    }
}

/// When the tokens of each conversation came.
private final class Log: Sendable {
    /// A token, by its place in its answer, and how long it came after the one before.
    struct Gap {
        let at: ContinuousClock.Instant
        let place: Int
        let seconds: Double
    }

    private let times: Mutex<[[ContinuousClock.Instant]]>

    init(_ conversations: Int) { times = Mutex(Array(repeating: [], count: conversations)) }

    func append(_ conversation: Int) { times.withLock { $0[conversation].append(.now) } }

    /// The tokens of the conversation that has the fewest.
    var fewest: Int { times.withLock { $0.map(\.count).min() ?? 0 } }

    func gaps(_ isWanted: (Gap) -> Bool) -> [Gap] {
        times.withLock { $0 }.flatMap { times in
            zip(times, times.dropFirst()).enumerated().map { place, pair in
                Gap(at: pair.1, place: place + 1, seconds: (pair.1 - pair.0) / .seconds(1))
            }
        }.filter(isWanted)
    }
}

extension [Double] {
    fileprivate func percentile(_ percent: Int) -> Double {
        isEmpty ? .nan : sorted()[(count - 1) * percent / 100]
    }

    fileprivate var percentiles: String {
        "p50 \((percentile(50) * 1000).twoDigits), p95 \((percentile(95) * 1000).twoDigits)"
    }
}

extension Double {
    fileprivate var twoDigits: String { String(format: "%.2f", self) }
}
