import Foundation
import Synchronization
import Tutti

/// Measures what a long prompt does to those who are answered meanwhile.
///
/// `FairnessBenchmark MODEL [CONVERSATIONS [PROMPT [ROUNDS]]]`: so many conversations (7) decode; their times between
/// tokens are taken for as long alone as beside somebody's prompt of PROMPT tokens (4000), by turns. Prints the 50th and
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
        print("\(arguments[1]), \(conversations) conversations, a prompt of \(prompt) tokens, milliseconds:")
        var ratios: [Double] = []
        for round in 1...rounds {
            let (alone, beside, seconds) = try await meter.measure(prompt: prompt)
            let ratio = beside.percentile(95) / alone.percentile(95)
            ratios.append(ratio)
            print(
                "round \(round): alone p50 \(alone.percentile(50).milliseconds), p95 \(alone.percentile(95).milliseconds);",
                "beside p50 \(beside.percentile(50).milliseconds), p95 \(beside.percentile(95).milliseconds);",
                "ratio \(String(format: "%.2f", ratio)); the prompt took \(String(format: "%.1f", seconds)) s")
        }
        print("median ratio of p95: \(String(format: "%.2f", ratios.percentile(50)))")
    }
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

    /// Seconds between tokens alone and beside a long prompt, and the seconds until that one's first token.
    func measure(prompt: Int) async throws -> (alone: [Double], beside: [Double], promptSeconds: Double) {
        let log = Log()
        let streams = try (0..<conversations).map { _ in
            try model.engine.generate(
                GenerationRequest(prompt: tokens(48), sampling: .greedy, maximumTokens: model.context / 2))
        }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for stream in streams {
                group.addTask {
                    var last: ContinuousClock.Instant?
                    for try await event in stream {
                        guard case .token = event else { continue }
                        let now = ContinuousClock.now
                        if let last { log.append(now, (now - last) / .seconds(1)) }
                        last = now
                    }
                }
            }
            // All are answered by now, with pieces of prompts long gone.
            try await Task.sleep(for: .seconds(3))
            let start = ContinuousClock.now
            let long = try model.engine.generate(
                GenerationRequest(prompt: tokens(prompt), sampling: .greedy, maximumTokens: 1))
            for try await _ in long {}
            let end = ContinuousClock.now
            // As long alone, behind it, where answers are as deep or deeper: but no more than is needed to tell.
            try await Task.sleep(for: min(end - start, .seconds(10)))
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
            let beside = log.seconds { $0 >= start && $0 <= end }
            let alone = log.seconds { $0 > start - .seconds(2) && $0 < start || $0 > end + .milliseconds(200) }
            return (alone, beside, (end - start) / .seconds(1))
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

/// When tokens came, and how long after the one before.
private final class Log: Sendable {
    private let entries = Mutex<[(at: ContinuousClock.Instant, seconds: Double)]>([])

    func append(_ at: ContinuousClock.Instant, _ seconds: Double) {
        entries.withLock { $0.append((at, seconds)) }
    }

    func seconds(_ isWanted: (ContinuousClock.Instant) -> Bool) -> [Double] {
        entries.withLock { $0.filter { isWanted($0.at) }.map(\.seconds) }
    }
}

extension [Double] {
    fileprivate func percentile(_ percent: Int) -> Double {
        isEmpty ? .nan : sorted()[(count - 1) * percent / 100]
    }
}

extension Double {
    fileprivate var milliseconds: String { String(format: "%.1f", self * 1000) }
}
