import Foundation
import Tutti

/// Measures how many of the tasks in tasks.json models solve, with and without the grammar that binds their calls.
///
/// `ToolBenchmark [MODEL…] [--with | --without] [--show]`: by default the 0.5B and the 1.5B model, both ways. Greedy answers.
/// Prints a row for each model and way; with `--show` also what was wrong with each answer that did not solve its task.
@main
struct ToolBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        let shows = arguments.contains("--show")
        let ways = [true, false].filter { !arguments.contains($0 ? "--without" : "--with") }
        var models = arguments.filter { !$0.hasPrefix("--") }
        if models.isEmpty { models = ["qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"] }
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "tasks.json")
        let tasks = try ToolTask.all(in: file)
        let kinds = ["choose", "fill", "answer", "refrain"]
        write("| model | grammar | " + kinds.joined(separator: " | ") + " | solved | seconds | tokens/s |")
        write("|---|---|" + String(repeating: "---|", count: kinds.count + 3))
        for name in models {
            let model = try await LanguageModel.load(name)
            for isBound in ways {
                let start = ContinuousClock.now
                var solved: [String: Int] = [:], faults: [String] = []
                var tokenCount = 0, decodeSeconds = 0.0
                for task in tasks {
                    let answer = try await answer(of: model, to: task, isBound: isBound)
                    tokenCount += max(0, (answer.end?.statistics.generatedTokens ?? 0) - 1)
                    decodeSeconds += answer.end?.statistics.decodeSeconds ?? 0
                    if let fault = task.fault(of: answer) {
                        faults.append("  \(task.kind), \(task.name): \(fault.replacing("\n", with: " "))")
                    } else {
                        solved[task.kind, default: 0] += 1
                    }
                }
                let shares = kinds.map { kind in "\(solved[kind] ?? 0)/\(tasks.count { $0.kind == kind })" }
                let total = solved.values.reduce(0, +)
                let percent = (Double(total) / Double(tasks.count) * 100).text(digits: 1)
                let seconds = ((ContinuousClock.now - start) / .seconds(1)).text(digits: 0)
                let rate = (Double(tokenCount) / decodeSeconds).text(digits: 1)
                write(
                    "| \(name) | \(isBound ? "with" : "without") | " + shares.joined(separator: " | ")
                        + " | \(percent) % | \(seconds) | \(rate) |")
                if shows { faults.forEach(write) }
            }
        }
    }

    private static func answer(
        of model: LanguageModel, to task: ToolTask, isBound: Bool
    ) async throws -> TurnAnswer {
        var request = TurnRequest(task.messages)
        request.tools = task.tools
        request.sampling = .greedy
        request.maximumTokens = 200
        request.bindsAnswer = isBound
        return try await model.turn(request).answer()
    }

    /// A line, at once: standard output may be a file.
    private static func write(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}

extension Double {
    fileprivate func text(digits: Int) -> String {
        formatted(.number.precision(.fractionLength(digits)).grouping(.never))
    }
}
