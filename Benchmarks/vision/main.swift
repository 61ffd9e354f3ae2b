import Foundation
import Tutti

// Looks at pictures and answers questions about them as standard input asks, a JSON object a line: the Swift half of
// vision.py, which lets other programs do the same by turns.
//
//     {"do":"look","file":"a.png"}                                     → {"lines":[…],"text":…,"took":…}
//     {"do":"answer","model":"…","file":"a.png","question":"…"}        → {"text":…}
//     {"do":"answer","model":"…","given":"…","question":"…"}           → {"text":…}
//     {"do":"memory"}                                                  → {"peak":…}

struct Order: Decodable {
    let `do`: String
    let model: String?
    let file: String?
    /// What is written in the picture, in place of looking at it.
    let given: String?
    let question: String?
}

struct Report: Encodable {
    var text: String?
    /// The lines as they were read, before they are laid out.
    var lines: [String]?
    /// Seconds.
    var took: Double?
    /// Bytes.
    var peak: Int?
    var error: String?
}

/// The models that were asked for, which stay loaded.
actor Vision {
    let threads: Int
    private var eyes: SeeingModel?
    private var models: [String: LanguageModel] = [:]

    init(threads: Int) { self.threads = threads }

    func report(_ line: String) async throws -> Report {
        let order = try JSONDecoder().decode(Order.self, from: Data(line.utf8))
        switch order.do {
        case "look": return try await look(order)
        case "answer": return try await answer(order)
        default: return Report(peak: Memory.peakByteCount)
        }
    }

    private func perception(_ file: String) async throws -> (seen: Perception, took: Double) {
        let known = eyes
        let eyes = if let known { known } else { try await SeeingModel.load(threads: threads) }
        self.eyes = eyes
        let picture = try Picture(decoding: Array(try Data(contentsOf: URL(filePath: file))))
        let start = ContinuousClock.now
        let seen = try await eyes.look(at: picture)
        return (seen, (ContinuousClock.now - start) / .seconds(1))
    }

    private func look(_ order: Order) async throws -> Report {
        let (seen, took) = try await perception(order.file ?? "")
        return Report(text: seen.text(), lines: seen.lines.map(\.text), took: took)
    }

    private func answer(_ order: Order) async throws -> Report {
        let name = order.model ?? "qwen2.5-coder-0.5b"
        let known = models[name]
        var options = LoadOptions()
        options.threads = threads
        let model = if let known { known } else { try await LanguageModel.load(name, options: options) }
        models[name] = model
        let words: SeenWords
        if let given = order.given {
            words = SeenWords("Written in the picture:\n\(given)")
        } else {
            let (seen, _) = try await perception(order.file ?? "")
            words = SeenWords(seen.text(budget: 6000))
        }
        var sampling = AnswerOptions()
        sampling.sampling.temperature = 0
        sampling.maximumTokens = 80
        let message = Message(.user, parts: [.text(words.text()), .text(order.question ?? "")])
        var text = ""
        for try await delta in try model.answer([message], sampling) { text += delta.text }
        return Report(text: text)
    }
}

let vision = Vision(threads: Int(CommandLine.arguments.dropFirst().first ?? "2") ?? 2)
while let line = readLine() {
    var answer: Report
    do { answer = try await vision.report(line) } catch { answer = Report(error: "\(error)") }
    let json = try JSONEncoder().encode(answer)
    try FileHandle.standardOutput.write(contentsOf: json + Data("\n".utf8))
}
