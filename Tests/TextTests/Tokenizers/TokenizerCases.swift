import Foundation
import TestSupport
import TuttiCheckpoints
import TuttiText
import TuttiTensors

/// What `scripts/goldens/tokenizer_cases.py` wrote down: tokenizers, texts, and what the `tokenizers` library makes of them.
struct TokenizerCases {
    struct Case {
        /// Where the answers stand, for messages.
        let place: String
        /// Nothing where tokens are decoded only.
        let text: String?
        /// Without special tokens in the text, with them, and completed by the post-processor.
        let plain: [Token], special: [Token], completed: [Token], pair: [Token]
        let decoded: String, decodedWithSpecial: String
    }

    let name: String
    let tokenizer: Tokenizer
    let cases: [Case]

    /// The folders that hold cases: each has a `tokenizer.json`, and `texts.jsonl` with an answer a line.
    static func folders(in folder: URL) -> [URL] {
        let contents = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (contents ?? []).filter {
            FileManager.default.fileExists(atPath: $0.appending(path: "texts.jsonl").path)
        }.sorted { $0.path < $1.path }
    }

    init(_ folder: URL) throws {
        name = folder.lastPathComponent
        tokenizer = try Tokenizer(folder: folder)
        let lines = try Data(contentsOf: folder.appending(path: "texts.jsonl")).split(separator: 0x0A)
        var cases: [Case] = []
        for (i, line) in lines.enumerated() {
            let json = try JSON(parsing: line)
            func tokens(_ key: String) -> [Token]? { json[key]?.array?.compactMap { $0.int.map { Token($0) } } }
            let text = json["text"]?.string, plain = tokens("plain") ?? []
            let special = tokens("special") ?? plain
            cases.append(
                Case(
                    place: "\(folder.lastPathComponent), line \(i + 1)", text: text, plain: plain, special: special,
                    completed: tokens("completed") ?? special, pair: tokens("pair") ?? [],
                    decoded: json["decoded"]?.string ?? "",
                    decodedWithSpecial: json["decoded_special"]?.string ?? json["decoded"]?.string ?? ""))
        }
        self.cases = cases
    }

    /// What differs from the library in a case; nothing if all is the same.
    func difference(_ item: Case) -> String? {
        func differs(_ what: String, _ ours: [Token], _ theirs: [Token]) -> String? {
            ours == theirs ? nil : "\(what) \((item.text ?? "").debugDescription): \(ours), the library \(theirs)"
        }
        func differs(_ what: String, _ ours: String, _ theirs: String) -> String? {
            ours.unicodeScalars.elementsEqual(theirs.unicodeScalars)
                ? nil : "\(what) \(item.completed): \(ours.debugDescription), the library \(theirs.debugDescription)"
        }
        for showsSpecial in [false, true] {
            var detokenizer = Detokenizer(tokenizer, showsSpecial: showsSpecial)
            let deltas = item.completed.map { detokenizer.append($0) }.joined() + detokenizer.finish()
            let expected = showsSpecial ? item.decodedWithSpecial : item.decoded
            if let found = differs("deltas", deltas, expected) { return found }
        }
        let shown =
            differs("decoded", tokenizer.decode(item.completed), item.decoded)
            ?? differs("shown", tokenizer.decode(item.completed, skippingSpecial: false), item.decodedWithSpecial)
        guard let text = item.text else { return shown }
        return shown ?? differs("plain", tokenizer.encode(text), item.plain)
            ?? differs("special", tokenizer.encode(text, special: true), item.special)
            ?? differs("completed", tokenizer.encode(text, special: true, addingSpecial: true), item.completed)
            ?? (item.pair.isEmpty
                ? nil : differs("pair", tokenizer.encode(text, pair: text, special: true), item.pair))
    }
}
