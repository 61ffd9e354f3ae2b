import Foundation
import OrderedCollections
import TuttiCheckpoints
import TuttiGeneration
import TuttiTensors
import TuttiText

/// A folder of files with a `schema` and `tests` of it, `{"valid": …, "data": …}`.
struct MaskFolder {
    let tokenizer: Tokenizer
    let folder: URL, output: URL

    init(_ tokenizer: Tokenizer, _ folder: String, _ output: String) {
        self.tokenizer = tokenizer
        self.folder = URL(filePath: folder)
        self.output = URL(filePath: output)
    }

    func run() throws {
        try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
        let vocabulary = GrammarVocabulary(tokenizer)
        try writeTokens()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
        var lines = Data()
        for name in names.sorted() {
            let (time, line) = try microseconds { try measure(name, vocabulary) }
            if time > 2_000_000 {
                FileHandle.standardError.write(Data("\(name) took \((time / 1e6).rounded()) s\n".utf8))
            }
            lines.append(contentsOf: line.text().utf8)
            lines.append(0x0A)
        }
        try lines.write(to: output.appending(path: "results.jsonl"))
    }

    /// A line for each token: its bytes in hexadecimal; empty for one that no grammar chooses.
    private func writeTokens() throws {
        let vocabulary = tokenizer.vocabulary
        var text = ""
        for id in 0..<vocabulary.count {
            let token = Token(id)
            if !vocabulary.isSpecial(token) {
                text += vocabulary.bytes(of: token).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            }
            text += "\n"
        }
        try Data(text.utf8).write(to: output.appending(path: "tokens.txt"))
    }

    private func measure(_ name: String, _ vocabulary: GrammarVocabulary) throws -> JSON {
        let file: JSON
        do {
            file = try JSON(parsing: Data(contentsOf: folder.appending(path: name)))
        } catch {
            return ["file": .string(name), "unreadable": .string("\(error)")]
        }
        guard let schema = file["schema"] else { return ["file": .string(name), "unreadable": "no schema"] }
        let tests = file["tests"]?.array ?? []
        let tokens = tests.map { tokenizer.encode(($0["data"] ?? .null).text(.python)) }
        var line: [(JSON.Key, JSON)] = [("file", .string(name))]
        var results: [JSON] = []
        // The values are as people wrote them, with properties in an order of their own.
        var style = JSONStyle.compact
        style.allowsAnyOrder = true
        do {
            let (compileTime, grammar) = try microseconds {
                try Grammar.compile(.jsonSchema(schema, style), for: vocabulary)
            }
            line.append(("compile_us", .number(compileTime)))
            var mask = TokenMask(count: vocabulary.tokenCount)
            for (test, tokens) in zip(tests, tokens) {
                var matcher = GrammarMatcher(grammar), isAccepted = true, total = 0.0, longest = 0.0, steps = 0
                for token in tokens {
                    let (time, isAllowed) = microseconds {
                        matcher.fill(&mask)
                        return mask[token] && matcher.accept(token)
                    }
                    total += time
                    steps += 1
                    longest = max(longest, time)
                    if !isAllowed {
                        isAccepted = false
                        break
                    }
                }
                // A value that stops before its end is no value.
                if isAccepted, !matcher.isComplete { isAccepted = false }
                results.append([
                    "accepted": .bool(isAccepted), "valid": test["valid"] ?? true, "mask_us": .number(total),
                    "longest_us": .number(longest), "steps": .integer(Int128(steps)),
                ])
            }
        } catch {
            line.append(("error", .string("\(error)")))
        }
        line.append(("tests", .array(results)))
        line.append(
            ("tokens", .array(tokens.map { .array($0.map { .integer(Int128($0)) }) })))
        return .object(.init(uniqueKeysWithValues: line))
    }
}
