public import TuttiTensors

/// Turns tokens into text as they come, whole characters only.
///
/// A character may be spread over several tokens; its bytes wait here until the last one has come. Bytes that cannot be
/// part of a character become U+FFFD, one for each maximal broken sequence, as Python's `errors="replace"` writes them.
/// The decoders of a `tokenizer.json` may make more wait: a row of single bytes (`<0xE4>`) is told when it has ended.
/// All that is handed out, joined, is what ``Tokenizer/decode(_:skippingSpecial:)`` gives.
public struct Detokenizer: Sendable {
    private let tokenizer: Tokenizer
    private let showsSpecial: Bool
    /// Special tokens that are shown nevertheless.
    private let showing: Set<Token>
    private var pending: [UInt8] = []
    private var dropsSpace = false
    private var row: DecoderRow?
    private let shown: [Token: String]

    /// - Parameters:
    ///   - tokenizer: The tokenizer whose tokens come.
    ///   - showsSpecial: Whether special tokens are shown as they are written, or left out.
    ///   - showing: Special tokens that are shown even if others are left out.
    ///   - atStart: Whether a text begins here: a vocabulary that puts a space before every text
    ///     (`Vocabulary.addsSpacePrefix`) has it taken away again.
    public init(
        _ tokenizer: Tokenizer, showsSpecial: Bool = false, showing: Set<Token> = [], atStart: Bool = true
    ) {
        self.tokenizer = tokenizer
        self.showsSpecial = showsSpecial
        self.showing = showing
        switch tokenizer.stages.decoding {
        case .pieces(let dropsFirstSpace):
            dropsSpace = atStart && dropsFirstSpace
            shown = [:]
        case .row(let decoders, let shown):
            row = DecoderRow(decoders, atStart: atStart)
            self.shown = shown
        }
    }

    /// The characters that are complete with `token`: often its text, sometimes nothing, sometimes more than its text.
    /// A token that is not in the vocabulary stands for nothing.
    public mutating func append(_ token: Token) -> String {
        if row != nil { return text(of: token).flatMap { row?.append($0) } ?? "" }
        add(token)
        let complete = pending.count - Self.unfinished(pending)
        let text = String(decoding: pending[..<complete], as: UTF8.self)
        pending.removeFirst(complete)
        return text
    }

    /// What is left at the end: U+FFFD if a character was not completed. Afterwards a new text can begin.
    public mutating func finish() -> String {
        if var row {
            let text = row.finish()
            self.row = row
            return text
        }
        let text = String(decoding: pending, as: UTF8.self)
        pending.removeAll()
        return text
    }

    /// The text that decoders are handed for `token`; nothing if it is left out.
    private func text(of token: Token) -> String? {
        let vocabulary = tokenizer.vocabulary
        guard vocabulary.contains(token), shows(token), vocabulary.isText(token) else { return nil }
        return shown[token] ?? vocabulary.text(of: token)
    }

    /// Whether a token of the vocabulary is no special one, or a shown one.
    private func shows(_ token: Token) -> Bool {
        showsSpecial || !tokenizer.vocabulary.isSpecial(token) || showing.contains(token)
    }

    private mutating func add(_ token: Token) {
        let vocabulary = tokenizer.vocabulary
        guard vocabulary.contains(token) else { return }
        let isSpecial = vocabulary.isSpecial(token)
        guard shows(token) else { return }
        var bytes = vocabulary.bytes(of: token)
        if dropsSpace, !isSpecial, !bytes.isEmpty {
            dropsSpace = false
            if bytes.first == 0x20 { bytes = bytes.dropFirst() }
        }
        pending.append(contentsOf: bytes)
    }

    /// How many bytes at the end are the beginning of a character that more bytes could complete.
    static func unfinished(_ bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            let first = bytes[bytes.count - length]
            if first & 0xC0 == 0x80 { continue }
            let needed: Int
            // The second byte's range shuts out overlong forms, surrogates and what lies past U+10FFFF.
            let second: ClosedRange<UInt8>
            switch first {
            case 0xC2...0xDF: (needed, second) = (2, 0x80...0xBF)
            case 0xE0: (needed, second) = (3, 0xA0...0xBF)
            case 0xED: (needed, second) = (3, 0x80...0x9F)
            case 0xE1...0xEF: (needed, second) = (3, 0x80...0xBF)
            case 0xF0: (needed, second) = (4, 0x90...0xBF)
            case 0xF1...0xF3: (needed, second) = (4, 0x80...0xBF)
            case 0xF4: (needed, second) = (4, 0x80...0x8F)
            default: return 0
            }
            if length >= needed { return 0 }
            return length < 2 || second.contains(bytes[bytes.count - length + 1]) ? length : 0
        }
        return 0
    }
}
