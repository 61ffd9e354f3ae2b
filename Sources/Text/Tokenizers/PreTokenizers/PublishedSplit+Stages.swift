/// One regex of a pre-tokenizer that splits several times: its matches are pieces, and so is what lies between them.
package enum SplitStage: Sendable, Equatable {
    /// `[\r\n]`.
    case newline
    /// `\p{N}{1,limit}`.
    case numbers(limit: Int)
    /// `[0-9][0-9][0-9]`.
    case threeDigits
    /// `\s?C+` for the classes C.
    case spaced(UInt8)
    /// `\s?[A-Za-zµÀ-Ö…]+`: the letters that DeepSeek LLM lists.
    case deepSeekLetters
    /// `\s?[!-/:-~！-／：-～‘-‟　-。]+`.
    case deepSeekPunctuation
    /// `\s+$`.
    case trailingWhitespace
    /// `[一-龥ࠀ-一가-퟿]+`.
    case deepSeekIdeographs
    /// `[一-龥぀-ゟ゠-ヿ]+`.
    case kanaAndIdeographs
    /// DeepSeek V3's last regex.
    case deepSeekV3
    /// `[\p{P}$+<=>^~|]+`, or with the backtick.
    case falconPunctuation(backtick: Bool)
    /// GPT-2's regex.
    case gpt2
}

extension CharacterScanner {
    /// Where the piece of `stage` ends that begins at `start`, in a text that ends at `limit`.
    func piece(of stage: SplitStage, at start: Int, limit: Int) -> Int {
        var scanner = self
        scanner.end = limit
        switch stage {
        case .gpt2: return scanner.gpt2Piece(at: start, splitsDigits: false)
        case .trailingWhitespace: return scanner.beforeTrailingWhitespace(from: start)
        default: break
        }
        if let end = scanner.match(stage, at: start) { return end }
        var index = start
        repeat {
            index = scanner.character(at: index).next
        } while index < limit && scanner.match(stage, at: index) == nil
        return index
    }

    private func beforeTrailingWhitespace(from start: Int) -> Int {
        var index = start, trailing = start
        while index < end {
            let (kind, next) = character(at: index)
            index = next
            if kind & CharacterClass.whitespace == 0 { trailing = next }
        }
        return trailing > start ? trailing : end
    }

    /// The end of the match of `stage` at `index`. Takes constant time where there is none.
    private func match(_ stage: SplitStage, at index: Int) -> Int? {
        switch stage {
        case .newline: return isNewline(at: index) ? index + 1 : nil
        case .numbers(let limit):
            let end = numbers(from: index, limit: limit)
            return end > index ? end : nil
        case .threeDigits:
            guard index + 3 <= end else { return nil }
            for i in index..<index + 3 where bytes[i] < 0x30 || bytes[i] > 0x39 { return nil }
            return index + 3
        case .spaced(let mask):
            let (kind, next) = character(at: index)
            if kind & mask != 0 { return run(of: mask, from: next) }
            return kind & CharacterClass.whitespace != 0 && self.kind(at: next) & mask != 0
                ? run(of: mask, from: next) : nil
        case .deepSeekLetters: return spacedRun(at: index, of: Self.isDeepSeekLetter)
        case .deepSeekPunctuation: return spacedRun(at: index, of: Self.isDeepSeekPunctuation)
        case .deepSeekIdeographs:
            return run(at: index) { 0x800...0x9FA5 ~= $0 || 0xAC00...0xD7FF ~= $0 }
        case .kanaAndIdeographs:
            return run(at: index) { 0x4E00...0x9FA5 ~= $0 || 0x3040...0x30FF ~= $0 }
        case .deepSeekV3: return deepSeekV3(at: index)
        case .falconPunctuation(let backtick):
            var index = index
            let start = index
            while index < end {
                let (kind, next) = character(at: index)
                guard kind & CharacterClass.punctuation != 0 || isFalconSymbol(bytes[index], backtick) else { break }
                index = next
            }
            return index > start ? index : nil
        case .gpt2, .trailingWhitespace: return nil
        }
    }

    private func isFalconSymbol(_ byte: UInt8, _ backtick: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "$"), UInt8(ascii: "+"), UInt8(ascii: "<"), UInt8(ascii: "="), UInt8(ascii: ">"),
            UInt8(ascii: "^"), UInt8(ascii: "~"), UInt8(ascii: "|"):
            true
        case UInt8(ascii: "`"): backtick
        default: false
        }
    }

    private func run(at start: Int, of isMember: (Int) -> Bool) -> Int? {
        var index = start
        while index < end {
            let (value, next) = scalar(at: index)
            if !isMember(value) { break }
            index = next
        }
        return index > start ? index : nil
    }

    private func spacedRun(at start: Int, of isMember: (Int) -> Bool) -> Int? {
        let (kind, next) = character(at: start)
        if kind & CharacterClass.whitespace != 0, let end = run(at: next, of: isMember) { return end }
        return run(at: start, of: isMember)
    }

    private static func isDeepSeekPunctuation(_ scalar: Int) -> Bool {
        switch scalar {
        case 0x21...0x2F, 0x3A...0x7E, 0xFF01...0xFF0F, 0xFF1A...0xFF5E, 0x2018...0x201F, 0x3000...0x3002: true
        default: false
        }
    }

    private static func isDeepSeekLetter(_ scalar: Int) -> Bool {
        if scalar < 0x80 { return 0x41...0x5A ~= scalar || 0x61...0x7A ~= scalar }
        let ranges = CharacterClassTable.deepSeekLetters
        var low = 0, high = ranges.count / 2
        while low < high {
            let middle = (low + high) / 2
            if Int(ranges[2 * middle + 1]) < scalar { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count / 2 && Int(ranges[2 * low]) <= scalar
    }

    /// ``[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+``
    /// ``| ?[\p{P}\p{S}]+[\r\n]*|`` and whitespace; control characters match nothing.
    private func deepSeekV3(at start: Int) -> Int? {
        let first = bytes[start]
        let (kind, next) = character(at: start)
        let printed = CharacterClass.punctuation | CharacterClass.symbol
        if first < 0x80, kind & printed != 0 {
            var index = next
            while index < end, 0x61...0x7A ~= bytes[index] | 0x20 { index += 1 }
            if index > next { return index }
        }
        let word = CharacterClass.letter | CharacterClass.mark
        if kind & word != 0 { return run(of: word, from: next) }
        let following = self.kind(at: next)
        if kind & printed == 0, !isNewline(at: start), following & word != 0 { return run(of: word, from: next) }
        if kind & printed != 0 || (first == 0x20 && following & printed != 0) {
            return newlines(from: run(of: printed, from: next))
        }
        return kind & CharacterClass.whitespace != 0 ? whitespaceThroughNewlines(at: start) : nil
    }
}
