/// What is done to a text before it is cut into words.
///
/// The kinds are those of `tokenizer.json` (`tokenizers` 0.23), and one more that GGUF's SentencePiece vocabularies need.
indirect enum Normalizer: Sendable {
    case sequence([Normalizer])
    case form(NormalizationForm)
    case lowercase
    case strip(left: Bool, right: Bool)
    case stripAccents
    case replace(TextPattern, with: [UInt8])
    case prepend([UInt8])
    case bert(BertNormalizer)
    /// Takes control characters out and makes all whitespace spaces, as NMT's SentencePiece does.
    case nmt
    case precompiled(CharacterMap)
    /// Writes each byte as a letter of the byte-level alphabet.
    case byteLevel
    /// SentencePiece's spaces, kept as spaces.
    case spaces(SpaceNormalizer)

    /// `text` normalised, or nothing if it stays as it is.
    /// - Parameter keepsStart: Becomes false where the first character comes from behind the first one of `text`.
    func normalized(_ text: Span<UInt8>, keepsStart: inout Bool) -> [UInt8]? {
        if text.count == 0 { return nil }
        switch self {
        case .sequence(let stages):
            var current: [UInt8]?
            let limit = TextPattern.growthLimit(text.count)
            for stage in stages {
                if let text = current {
                    if text.count > limit { break }
                    if let next = stage.normalized(text.span, keepsStart: &keepsStart) { current = next }
                } else {
                    current = stage.normalized(text, keepsStart: &keepsStart)
                }
            }
            return current
        case .form(let form): return form.normalized(text)
        case .lowercase: return Lowercase.lowered(text)
        case .strip(let left, let right):
            var start = 0, end = text.count
            while left, start < end, isSpace(text, start) { start = CharacterScanner.next(text, start) }
            while right, start < end {
                let last = CharacterScanner.previous(text, end)
                if !isSpace(text, last) { break }
                end = last
            }
            if start > 0 { keepsStart = false }
            return start == 0 && end == text.count ? nil : text.bytes(start..<end)
        case .stripAccents: return text.removing(ScalarProperty.mark, keepsStart: &keepsStart)
        case .replace(let pattern, let content):
            let matches = pattern.matches(in: text)
            guard let first = matches.first else { return nil }
            // What is put in counts as coming from the last character of what it replaces.
            if first.lowerBound == 0, first.upperBound > CharacterScanner.next(text, 0) { keepsStart = false }
            return pattern.replacing(in: text, with: content)
        case .prepend(let prefix): return prefix + text.bytes(0..<text.count)
        case .bert(let stage): return stage.normalized(text, keepsStart: &keepsStart)
        case .nmt: return Self.nmt(text, keepsStart: &keepsStart)
        case .precompiled(let map): return map.normalized(text)
        case .byteLevel:
            var output: [UInt8] = []
            for i in text.indices { ByteLevelAlphabet.append(letterOf: text[i], to: &output) }
            return output
        case .spaces(let stage): return stage.normalized(text)
        }
    }

    /// `text` normalised.
    func normalized(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var keepsStart = true
        return normalized(bytes.span, keepsStart: &keepsStart).map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    private func isSpace(_ text: Span<UInt8>, _ index: Int) -> Bool {
        ScalarProperty.has(ScalarProperty.whitespace, CharacterScanner.scalar(text, index).value)
    }

    private static func nmt(_ text: Span<UInt8>, keepsStart: inout Bool) -> [UInt8]? {
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let (scalar, next) = CharacterScanner.scalar(text, index)
            switch scalar {
            case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F:
                if index == 0 { keepsStart = false }
            case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
                output.append(0x20)
            default: output.append(text, index..<next)
            }
            index = next
        }
        return output
    }
}

extension Span<UInt8> {
    /// A copy of the bytes in `range`.
    func bytes(_ range: Range<Int>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(range.count)
        output.append(self, range)
        return output
    }

    /// The text without the scalars that have `property`, or nothing if there are none.
    func removing(_ property: UInt8, keepsStart: inout Bool) -> [UInt8]? {
        let table = ScalarProperty.table.span
        var output: [UInt8]?
        var index = 0
        while index < count {
            let (scalar, next) = CharacterScanner.scalar(self, index)
            if table[Int(scalar)] & property != 0 {
                if index == 0 { keepsStart = false }
                if output == nil { output = bytes(0..<index) }
            } else {
                output?.append(self, index..<next)
            }
            index = next
        }
        return output
    }
}
