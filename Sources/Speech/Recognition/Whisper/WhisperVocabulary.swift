import Foundation
import TuttiCheckpoints
public import TuttiModels
public import TuttiTensors
public import TuttiText

/// Whisper's tokens: text, and the special ones by which it is asked and answers.
///
/// Special tokens follow the text's in an order that all releases share; how many languages there are tells the rest.
public struct WhisperVocabulary: Sendable {
    public let tokenizer: Tokenizer
    /// Codes of the languages, in the order of their tokens; only `en` for models that know English alone.
    public let languages: [String]
    /// Whether it knows more than English, and so is told a language and a task.
    public let isMultilingual: Bool
    /// How many tokens there are.
    public let count: Int

    /// The end of a text; all tokens below are text.
    public let end: Token
    public let start: Token
    private let firstLanguage: Token
    public let translate: Token
    public let transcribe: Token
    let startOfLanguageModel: Token
    /// Before what was said before.
    public let startOfPrevious: Token
    public let noSpeech: Token
    public let noTimestamps: Token
    /// 0.00 seconds; the next is 0.02 seconds.
    public let firstTimestamp: Token

    /// Seconds between the times that there are tokens for.
    public static let timeStep = 0.02
    /// Tokens for the times from 0 to 30 seconds.
    private static let timestampCount = 1501

    /// - Throws: `ModelError.badValue` for a count of tokens that no Whisper has; what the tokenizer's file throws.
    public init(_ files: WhisperFiles) throws {
        try self.init(
            files.vocabulary, count: files.checkpoint.metadata.integer("whisper.vocab_size") ?? 0,
            file: files.checkpoint.path)
    }

    init(_ source: WhisperFiles.VocabularySource, count: Int, file: String) throws {
        isMultilingual = count >= 51_865
        let text = isMultilingual ? 50_257 : 50_256
        // Start, two tasks, two starts, no speech, no timestamps.
        let languageCount = count - text - 1 - 7 - Self.timestampCount
        guard languageCount >= 99, languageCount <= Self.codes.count else {
            throw ModelError.badValue(
                key: "vocab_size", value: "\(count)", wants: "51864, 51865 or 51866, as Whisper's releases have",
                file: file)
        }
        self.count = count
        let codes = Array(Self.codes.prefix(languageCount))
        languages = isMultilingual ? codes : ["en"]
        end = Token(text)
        start = end + 1
        firstLanguage = start + 1
        translate = firstLanguage + Token(languageCount)
        transcribe = translate + 1
        startOfLanguageModel = translate + 2
        startOfPrevious = translate + 3
        noSpeech = translate + 4
        noTimestamps = translate + 5
        firstTimestamp = translate + 6
        switch source {
        case .folder(let folder): tokenizer = try Tokenizer(folder: URL(filePath: folder))
        case .pieces(let pieces):
            guard pieces.count <= text else {
                throw ModelError.badValue(
                    key: "its count of tokens", value: "\(pieces.count)", wants: "at most \(text)", file: file)
            }
            // What the file leaves out at the end is never written.
            tokenizer = try Tokenizer(
                rankedPieces: pieces, split: "gpt-2",
                specials: Array(repeating: "", count: text - pieces.count) + ["<|endoftext|>"])
        }
    }

    /// The language's token; nil for one that the model does not know.
    public func token(language code: String) -> Token? {
        let code = code.lowercased()
        let known = Self.otherCodes[code] ?? code
        return languages.firstIndex(of: known).map { firstLanguage + Token($0) }
    }

    /// All languages' tokens.
    var languageTokens: Range<Int> { Int(firstLanguage)..<Int(firstLanguage) + languages.count }

    public func isText(_ token: Token) -> Bool { token < end }

    public func isTime(_ token: Token) -> Bool { token >= firstTimestamp }

    /// What a time token says, in seconds from the window's beginning.
    public func seconds(_ token: Token) -> Double { Double(token - firstTimestamp) * Self.timeStep }

    /// The text of tokens, special ones and times left out; bytes that are no characters become U+FFFD.
    public func text(_ tokens: some Sequence<Token>) -> String {
        String(decoding: tokens.lazy.filter(isText).flatMap { tokenizer.bytes(of: $0) }, as: UTF8.self)
    }

    /// What makes a model write: the beginning of a text in a language, with a task.
    func opening(language: String?, task: TranscriptionOptions.Task) -> [Token] {
        guard isMultilingual else { return [start] }
        let language = language.flatMap { token(language: $0) } ?? firstLanguage
        return [start, language, task == .translate ? translate : transcribe]
    }

    // MARK: What is no speech

    /// Tokens that a transcript never has: signs for music, brackets around remarks, marks of speakers; and those that only
    /// ask. Taken from the vocabulary where a model's files do not say.
    var neverWritten: [Token] {
        var tokens: Set<Token> = [transcribe, translate, start, startOfPrevious, startOfLanguageModel, noSpeech]
        // Hyphens and quotes are allowed within words, not before them.
        for mark in [" -", " '"] { if let first = tokenizer.encode(mark).first { tokens.insert(first) } }
        for mark in Self.marks + Self.notes {
            for text in [mark, " " + mark] {
                let encoded = tokenizer.encode(text)
                // The signs of music share their first bytes with nothing that is said.
                if let first = encoded.first, encoded.count == 1 || Self.notes.contains(mark) { tokens.insert(first) }
            }
        }
        return tokens.sorted()
    }

    private static let notes = "♩♪♫♬♭♮♯".map(String.init)
    private static let marks =
        "\"#()*+/:;<=>@[\\]^_`{|}~「」『』".map(String.init) + [
            "<<", ">>", "<<<", ">>>", "--", "---", "-(", "-[", "('", "(\"", "((", "))", "(((", ")))", "[[", "]]", "{{",
            "}}", "♪♪", "♪♪♪",
        ]

    /// In the order of their tokens: ISO 639-1 where there is such a code.
    private static let codes = """
        en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml \
        cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am \
        yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue
        """.split(separator: " ").map(String.init)

    /// Codes of today for those that Whisper uses.
    private static let otherCodes = ["jv": "jw", "iw": "he", "nb": "no", "fil": "tl"]
}
