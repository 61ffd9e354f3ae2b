/// BERT's normalisation: control characters out, whitespace as spaces, spaces around ideographs, no accents, no capitals.
struct BertNormalizer: Sendable, Equatable {
    var cleansText = true
    var handlesIdeographs = true
    var stripsAccents = true
    var lowercases = true

    /// `text` normalised, or nothing if it stays as it is; `keepsStart` as in ``Normalizer``.
    func normalized(_ text: Span<UInt8>, keepsStart: inout Bool) -> [UInt8]? {
        var current = cleansText || handlesIdeographs ? cleaned(text, keepsStart: &keepsStart) : nil
        func apply(_ stage: (Span<UInt8>) -> [UInt8]?) {
            if let text = current {
                if let next = stage(text.span) { current = next }
            } else {
                current = stage(text)
            }
        }
        if stripsAccents {
            var keeps = keepsStart
            apply { NormalizationForm.nfd.normalized($0) }
            apply { text in
                text.firstIndex(atLeast: 0x80) == nil
                    ? nil : text.removing(ScalarProperty.nonspacingMark, keepsStart: &keeps)
            }
            keepsStart = keeps
        }
        if lowercases { apply { Lowercase.lowered($0) } }
        return current
    }

    private func cleaned(_ text: Span<UInt8>, keepsStart: inout Bool) -> [UInt8] {
        let table = ScalarProperty.table.span
        var output: [UInt8] = []
        output.reserveCapacity(text.count + text.count / 8)
        var index = 0
        while index < text.count {
            let (scalar, next) = CharacterScanner.scalar(text, index)
            let properties = table[Int(scalar)]
            if cleansText, properties & ScalarProperty.control != 0 {
                if index == 0 { keepsStart = false }
            } else if cleansText, properties & ScalarProperty.whitespace != 0 {
                output.append(0x20)
            } else if handlesIdeographs, Self.isIdeograph(scalar) {
                output.append(0x20)
                output.append(text, index..<next)
                output.append(0x20)
            } else {
                output.append(text, index..<next)
            }
            index = next
        }
        return output
    }

    /// The blocks that the library lists; it leaves out U+2B820 to U+2B91F.
    private static func isIdeograph(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x2_0000...0x2_A6DF, 0x2_A700...0x2_B73F, 0x2_B740...0x2_B81F,
            0x2_B920...0x2_CEAF, 0xF900...0xFAFF, 0x2_F800...0x2_FA1F:
            true
        default: false
        }
    }
}
