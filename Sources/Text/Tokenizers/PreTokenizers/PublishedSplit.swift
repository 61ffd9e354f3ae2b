/// Splits text into the words whose bytes are merged, as a GGUF names it in `tokenizer.ggml.pre`.
///
/// Each family is a regex that was published with a tokenizer; the scanners here find exactly its matches, in one pass
/// and without backtracking. Where a family is several regexes, each splits the pieces of the one before.
package enum PublishedSplit: Sendable, Equatable {
    /// GPT-2. `splitsDigits`: every number is a piece of its own first (SmolLM, StarCoder, Command R).
    case gpt2(splitsDigits: Bool)
    /// cl100k and its kin: Llama 3 (`digits` 3), Qwen 2 (1). `marks`: combining marks go with letters (Qwen 3.5).
    case cl100k(digits: Int, marks: Bool)
    /// o200k and its kin: words end before a capital. Tekken has single digits and no contractions.
    case o200k(digits: Int, contractions: Bool)
    /// A row of splits.
    case stages([SplitStage])

    /// The pre-tokenizer that a GGUF names, or nothing if the name is not known.
    package init?(name: String) {
        switch name {
        case "gpt-2", "phi-2", "jina-es", "jina-de", "jina-v1-en", "jina-v2-es", "jina-v2-de", "jina-v2-code",
            "gigachat",
            "roberta-bpe", "a.x-4.0", "mellum", "modern-bert", "exaone4", "mpt", "olmo", "jais", "trillion",
            "granite-docling":
            self = .gpt2(splitsDigits: false)
        case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b", "mellum2":
            self = .gpt2(splitsDigits: true)
        case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano",
            "dbrx", "smaug-bpe", "chatglm-bpe", "glm4", "glm5", "gpt-4", "cl100k":
            self = .cl100k(digits: 3, marks: false)
        case "qwen2", "qwen2.5", "qwen3", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez", "stablelm2", "hunyuan",
            "solar-open", "grok-2":
            self = .cl100k(digits: 1, marks: false)
        case "qwen35": self = .cl100k(digits: 1, marks: true)
        case "gpt-4o", "o200k", "llama4", "kanana2", "talkie", "minimax-m2":
            self = .o200k(digits: 3, contractions: true)
        case "tekken": self = .o200k(digits: 1, contractions: false)
        case "deepseek-llm":
            self = .stages([
                .newline, .deepSeekLetters, .deepSeekPunctuation, .trailingWhitespace, .deepSeekIdeographs,
                .numbers(limit: .max),
            ])
        case "deepseek-coder":
            self = .stages([
                .newline, .spaced(CharacterClass.letter), .spaced(CharacterClass.punctuation), .deepSeekIdeographs,
                .numbers(limit: 1),
            ])
        case "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4":
            self = .stages([.numbers(limit: 3), .kanaAndIdeographs, .deepSeekV3])
        case "falcon": self = .stages([.falconPunctuation(backtick: true), .gpt2, .threeDigits])
        case "default", "":
            self = .stages([.falconPunctuation(backtick: false), .gpt2, .numbers(limit: .max), .threeDigits])
        default: return nil
        }
    }

    /// The pieces of a text, as ranges of its UTF-8.
    package func pieces(of text: String) -> [Range<Int>] {
        let bytes = Array(text.utf8)
        var pieces: [Range<Int>] = []
        forEachPiece(of: bytes.span) { pieces.append($0) }
        return pieces
    }

    /// Calls `body` with the range of each piece of `bytes`, in order; together they are the whole text.
    @inline(__always)
    func forEachPiece(of bytes: Span<UInt8>, _ body: (Range<Int>) -> Void) {
        let classes = CharacterClass.table
        let scanner = CharacterScanner(bytes, classes: classes.span)
        var start = 0
        switch self {
        case .gpt2(let splitsDigits):
            while start < bytes.count {
                let end = scanner.gpt2Piece(at: start, splitsDigits: splitsDigits)
                body(start..<end)
                start = end
            }
        case .cl100k(let digits, let marks):
            while start < bytes.count {
                let end = scanner.cl100kPiece(at: start, digits: digits, marks: marks)
                body(start..<end)
                start = end
            }
        case .o200k(let digits, let contractions):
            while start < bytes.count {
                let end = scanner.o200kPiece(at: start, digits: digits, contractions: contractions)
                body(start..<end)
                start = end
            }
        case .stages(let stages):
            // Where the piece that holds `start` ends, stage by stage: each lies within the one before.
            var ends = [Int](repeating: 0, count: stages.count)
            while start < bytes.count {
                var limit = bytes.count
                for i in stages.indices {
                    if ends[i] <= start { ends[i] = scanner.piece(of: stages[i], at: start, limit: limit) }
                    limit = ends[i]
                }
                body(start..<limit)
                start = limit
            }
        }
    }
}
