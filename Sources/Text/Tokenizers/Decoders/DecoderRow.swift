import TuttiCheckpoints

/// A row of decoders at work on tokens as they come.
///
/// What it hands out, joined, is what the decoders make of the whole row; it comes as soon as no later token can change it.
struct DecoderRow: Sendable {
    private var stages: [Stage]
    private var isEmpty = true
    /// What stands between tokens where there are no decoders.
    private let separator: String

    struct Stage: Sendable {
        let decoder: TokenDecoder
        /// Whether one token comes, piece by piece, because a decoder before makes one of them all.
        let isFused: Bool
        var isFirst = true
        /// What waits: bytes of a row, of a character, a fused token.
        var bytes: [UInt8] = []
        var byteCount = 0
        /// The token before, if it waits or is compared with.
        var previous: String?
        /// What `strip` still cuts off the beginning.
        var left = 0
    }

    /// - Parameter atStart: Whether a text begins here, from which the first space may be taken away.
    init(_ decoders: [TokenDecoder], atStart: Bool = true) {
        separator = decoders.isEmpty ? " " : ""
        var isFused = false
        stages = []
        for decoder in decoders {
            var stage = Stage(decoder: decoder, isFused: isFused)
            stage.isFirst = atStart
            if case .strip(_, let start, _) = decoder, atStart { stage.left = start }
            stages.append(stage)
            if decoder == .fuse || decoder == .byteLevel { isFused = true }
        }
    }

    /// The text that is complete with the token whose text is `text`.
    mutating func append(_ text: String) -> String {
        defer { isEmpty = false }
        if stages.isEmpty { return isEmpty ? text : separator + text }
        return run([text], from: 0).joined()
    }

    /// What is left at the end.
    mutating func finish() -> String {
        var text = ""
        for i in stages.indices {
            let rest = stages[i].finish()
            text += run(rest, from: i + 1).joined()
        }
        return text
    }

    private mutating func run(_ tokens: [String], from first: Int) -> [String] {
        var tokens = tokens
        for i in first..<max(first, stages.count) {
            if tokens.isEmpty { return [] }
            tokens = tokens.flatMap { stages[i].append($0) }
        }
        return tokens
    }
}

extension DecoderRow.Stage {
    /// The tokens that are complete with `token`.
    mutating func append(_ token: String) -> [String] {
        if isFused { return appendFused(token) }
        defer { isFirst = false }
        switch decoder {
        case .byteLevel:
            var pieces = Pieces()
            let utf8 = Array(token.utf8)
            if ByteLevelAlphabet.append(utf8.span, 0..<utf8.count, to: &pieces) {
                bytes += pieces.bytes
            } else {
                bytes += utf8
            }
            return completed()
        case .replace(let pattern, let content): return [TokenDecoder.replacing(token, pattern, content)]
        case .wordPiece(let prefix, let cleansUp):
            var token = token
            if !isFirst {
                let hasPrefix = token.utf8.starts(with: prefix.utf8)
                token =
                    hasPrefix ? String(decoding: token.utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : " " + token
            }
            return [cleansUp ? TokenDecoder.cleanedUp(token) : token]
        case .byteFallback:
            if let byte = TokenDecoder.byte(token) {
                bytes.append(byte)
                return []
            }
            return row() + [token]
        case .fuse: return [token]
        case .strip(let scalar, let start, let stop):
            return [TokenDecoder.stripped(token, scalar, start: start, stop: stop)]
        case .metaspace(let mark, let dropsFirst):
            var output = String.UnicodeScalarView()
            for scalar in token.unicodeScalars {
                if scalar != mark { output.append(scalar) } else if !isFirst || !dropsFirst { output.append(" ") }
            }
            return [String(output)]
        case .bytePair(let suffix):
            defer { previous = token }
            return previous.map { [Self.replacing($0, suffix, " ")] } ?? []
        case .ctc(let padding, let delimiter, let cleansUp):
            if let previous, hasSameBytes(previous, token) { return [] }
            previous = token
            var text = Self.replacing(token, padding, "")
            if cleansUp { text = Self.replacing(TokenDecoder.cleanedUp(text), delimiter, " ") }
            return text.isEmpty ? [] : [text]
        }
    }

    /// The tokens that are left at the end.
    mutating func finish() -> [String] {
        if isFused { return finishFused() }
        switch decoder {
        case .byteLevel:
            defer { bytes.removeAll() }
            return bytes.isEmpty ? [] : [String(decoding: bytes, as: UTF8.self)]
        case .byteFallback: return row()
        case .bytePair(let suffix):
            defer { previous = nil }
            return previous.map { [Self.replacing($0, suffix, "")] } ?? []
        default: return []
        }
    }

    // One token, piece by piece. Only what can be told before its end is told.

    private mutating func appendFused(_ text: String) -> [String] {
        switch decoder {
        case .fuse: return [text]
        case .strip(let scalar, _, let stop):
            var scalars = text.unicodeScalars[...]
            while left > 0, let first = scalars.first {
                if first != scalar {
                    left = 0
                } else {
                    scalars.removeFirst()
                    left -= 1
                }
            }
            if stop == 0 { return scalars.isEmpty ? [] : [String(String.UnicodeScalarView(scalars))] }
            // The last ones may have to go: they wait.
            bytes += Array(String(String.UnicodeScalarView(scalars)).utf8)
            let waiting = String(decoding: bytes, as: UTF8.self).unicodeScalars
            let trailing = waiting.reversed().prefix(stop).prefix { $0 == scalar }.count
            let ready = waiting.dropLast(trailing)
            bytes = Array(String(String.UnicodeScalarView(waiting.suffix(trailing))).utf8)
            return ready.isEmpty ? [] : [String(String.UnicodeScalarView(ready))]
        default:
            bytes += Array(text.utf8)
            return []
        }
    }

    private mutating func finishFused() -> [String] {
        switch decoder {
        case .fuse: return []
        case .strip:
            bytes.removeAll()
            return []
        default:
            var stage = DecoderRow.Stage(decoder: decoder, isFused: false)
            let tokens = stage.append(String(decoding: bytes, as: UTF8.self)) + stage.finish()
            bytes.removeAll()
            return tokens
        }
    }

    /// The characters that are complete, of bytes that need not end with one.
    private mutating func completed() -> [String] {
        let complete = bytes.count - Detokenizer.unfinished(bytes)
        if complete == 0 { return [] }
        defer { bytes.removeFirst(complete) }
        return [String(decoding: bytes[..<complete], as: UTF8.self)]
    }

    /// What the row of bytes stands for that ends here.
    private mutating func row() -> [String] {
        defer { bytes.removeAll() }
        if bytes.isEmpty { return [] }
        if let text = String(validating: bytes, as: UTF8.self) { return [text] }
        return [String](repeating: "\u{FFFD}", count: bytes.count)
    }

    private static func replacing(_ text: String, _ pattern: String, _ content: String) -> String {
        let bytes = Array(text.utf8)
        if pattern.isEmpty {  // everywhere, as in Rust
            return content + text.unicodeScalars.map { String($0) + content }.joined()
        }
        return TextPattern.text(Array(pattern.utf8)).replacing(in: bytes.span, with: Array(content.utf8))
            .map { String(decoding: $0, as: UTF8.self) } ?? text
    }
}
