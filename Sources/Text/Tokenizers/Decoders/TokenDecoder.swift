/// How tokens become a text again.
///
/// The kinds are those of `tokenizer.json` (`tokenizers` 0.23): each is handed a row of texts, and makes another of it.
enum TokenDecoder: Sendable, Equatable {
    case byteLevel
    case replace(TextPattern, with: [UInt8])
    case wordPiece(prefix: String, cleansUp: Bool)
    /// Rows of `<0xE4>` and its like become characters, or U+FFFD for each of a row that is not UTF-8.
    case byteFallback
    case fuse
    case strip(Unicode.Scalar, start: Int, stop: Int)
    case metaspace(Unicode.Scalar, dropsFirst: Bool)
    case bytePair(suffix: String)
    case ctc(padding: String, delimiter: String, cleansUp: Bool)

    static func == (a: TokenDecoder, b: TokenDecoder) -> Bool {
        switch (a, b) {
        case (.byteLevel, .byteLevel), (.byteFallback, .byteFallback), (.fuse, .fuse): true
        default: false
        }
    }

    /// `text` with `content` in place of each match.
    static func replacing(_ text: String, _ pattern: TextPattern, _ content: [UInt8]) -> String {
        let bytes = Array(text.utf8)
        return pattern.replacing(in: bytes.span, with: content).map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    /// `text` without the scalars that are cut off its ends.
    static func stripped(_ text: String, _ scalar: Unicode.Scalar, start: Int, stop: Int) -> String {
        var scalars = text.unicodeScalars[...]
        var left = start
        while left > 0, scalars.first == scalar {
            scalars.removeFirst()
            left -= 1
        }
        // The library counts from the whole text's end: what the beginning has lost is not there to be cut again.
        left = stop
        while left > 0, scalars.last == scalar {
            scalars.removeLast()
            left -= 1
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// English punctuation and contractions without the spaces before them.
    static func cleanedUp(_ text: String) -> String {
        guard text.utf8.contains(0x20) else { return text }
        var bytes = Array(text.utf8)
        for (pattern, content) in cleanUps {
            if let next = TextPattern.text(pattern).replacing(in: bytes.span, with: content) { bytes = next }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let cleanUps: [([UInt8], [UInt8])] = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
        (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ].map { (Array($0.0.utf8), Array($0.1.utf8)) }

    /// The byte that `<0x0A>` names.
    static func byte(_ text: String) -> UInt8? {
        let bytes = Array(text.utf8)
        guard bytes.count == 6, bytes.starts(with: "<0x".utf8), bytes[5] == UInt8(ascii: ">") else { return nil }
        // As in the library, whose number reader takes a sign.
        return UInt8(String(decoding: bytes[3..<5], as: UTF8.self), radix: 16)
    }
}
