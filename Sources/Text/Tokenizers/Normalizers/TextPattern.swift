/// What `Replace` and `Split` look for.
enum TextPattern: Sendable {
    case text([UInt8])
    case expression(RegularExpression)

    init(text: String) throws(RegularExpressionError) {
        // Nothing is found everywhere, between all characters.
        self = text.isEmpty ? .expression(try RegularExpression("")) : .text(Array(text.utf8))
    }

    /// Where it lies in `text`, from left to right.
    func matches(in text: Span<UInt8>) -> [Range<Int>] {
        switch self {
        case .expression(let expression): return expression.matches(in: text)
        case .text(let wanted):
            var found: [Range<Int>] = []
            var index = 0
            while index + wanted.count <= text.count {
                if text[index] == wanted[0], Self.stands(wanted, in: text, at: index) {
                    found.append(index..<index + wanted.count)
                    index += wanted.count
                } else {
                    index += 1
                }
            }
            return found
        }
    }

    private static func stands(_ wanted: [UInt8], in text: Span<UInt8>, at place: Int) -> Bool {
        for i in wanted.indices where text[place + i] != wanted[i] { return false }
        return true
    }

    /// How large a text of `count` bytes may become. Stages that make more of it, one after the other, would otherwise let
    /// a file of a few bytes take all memory; no text of a published tokenizer comes near.
    static func growthLimit(_ count: Int) -> Int { 64 * count + 1 << 16 }

    /// `text` with `content` in place of each match, or nothing if there is none.
    func replacing(in text: Span<UInt8>, with content: [UInt8]) -> [UInt8]? {
        let matches = matches(in: text)
        if matches.isEmpty { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        let limit = Self.growthLimit(text.count)
        var last = 0
        for match in matches where output.count < limit {
            output.append(text, last..<match.lowerBound)
            output.append(contentsOf: content)
            last = match.upperBound
        }
        output.append(text, last..<text.count)
        return output
    }
}
