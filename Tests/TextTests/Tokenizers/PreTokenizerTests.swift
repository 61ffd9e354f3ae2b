import Foundation
import TestSupport
import Testing
import TuttiText

/// What `scripts/goldens/make_pieces.py` wrote down: pieces by the published regexes, texts in form C.
struct PiecesGolden: Decodable {
    let texts: [String], families: [String: [[Int]]], composed: [[String]]

    static let all = Result {
        let file = goldens("TextTests").appending(path: "pieces.json")
        return try JSONDecoder().decode(Self.self, from: Data(contentsOf: file))
    }
}

@Suite struct PreTokenizerTests {
    @Test(arguments: [
        "gpt-2", "smollm", "llama-bpe", "qwen2", "qwen35", "gpt-4o", "tekken", "deepseek-llm", "deepseek-coder",
        "deepseek-v3", "falcon", "default",
    ])
    func cutsAsThePublishedRegexes(name: String) throws {
        let golden = try PiecesGolden.all.get()
        let preTokenizer = try #require(PublishedSplit(name: name)), family = try #require(golden.families[name])
        #expect(family.count == golden.texts.count && family.count > 500)
        for (text, expected) in zip(golden.texts, family) {
            // The golden counts scalars.
            var scalars = 0
            let utf8 = Array(text.utf8)
            let ends = preTokenizer.pieces(of: text).map { piece in
                scalars += utf8[piece].count { $0 & 0xC0 != 0x80 }
                return scalars
            }
            #expect(ends == expected, "\(text.debugDescription)")
        }
    }

    @Test(arguments: ["llama3", "llama-v3", "stablelm2", "o200k", "command-r", "mpt", ""])
    func knowsOtherNames(name: String) { #expect(PublishedSplit(name: name) != nil) }

    @Test func doesNotGuess() { #expect(PublishedSplit(name: "qwen9") == nil) }

    /// Pieces join up to the whole text, whatever it holds.
    @Test(arguments: ["smollm", "llama-bpe", "gpt-4o", "deepseek-llm", "deepseek-v3", "falcon", "default"])
    func losesNothing(name: String) throws {
        let preTokenizer = try #require(PublishedSplit(name: name))
        var random = SplitMix(seed: 3)
        for _ in 0..<300 {
            let text = random.text(scalars: 60)
            var end = 0
            for piece in preTokenizer.pieces(of: text) {
                #expect(piece.lowerBound == end && !piece.isEmpty)
                end = piece.upperBound
            }
            #expect(end == text.utf8.count)
        }
    }
}

@Suite struct CanonicalCompositionTests {
    @Test func composesAsTheStandardSays() throws {
        let pairs = try PiecesGolden.all.get().composed
        #expect(pairs.count > 500)
        for pair in pairs {
            let composed = CanonicalComposition.shared.normalized(pair[0])
            #expect(Array(composed.unicodeScalars) == Array(pair[1].unicodeScalars), "\(pair[0].debugDescription)")
        }
    }

    @Test func sortsManyMarks() {
        // Half a million marks in the wrong order: the lower ones come first, and nothing is lost.
        let count = 250_000
        let text = "q" + String(repeating: "\u{301}\u{316}", count: count)
        let scalars = Array(CanonicalComposition.shared.normalized(text).unicodeScalars)
        #expect(scalars.count == 2 * count + 1)
        #expect(scalars[1] == "\u{316}" && scalars[count] == "\u{316}" && scalars[count + 1] == "\u{301}")
    }
}

/// A small random generator with a seed, so that a failure comes again.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Text of scalars from all over Unicode, ASCII half of the time.
    mutating func text(scalars count: Int) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<count {
            let bound: UInt32 = [0x80, 0x80, 0x80, 0x400, 0x3000, 0x11_0000][Int.random(in: 0..<6, using: &self)]
            if let scalar = Unicode.Scalar(UInt32.random(in: 0..<bound, using: &self)) { text.append(scalar) }
        }
        return String(text)
    }
}
