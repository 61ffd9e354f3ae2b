extension CharacterScanner {
    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|` and whitespace.
    ///
    /// With `marks`, `[\p{L}\p{M}]` stands for `\p{L}` in the second alternative and in what the fourth leaves out.
    @inline(__always)
    func cl100kPiece(at start: Int, digits: Int, marks: Bool) -> Int {
        let first = bytes[start]
        if first == 0x27, let end = contraction(at: start, foldsCase: true) { return end }
        let word = CharacterClass.letter | (marks ? CharacterClass.mark : 0)
        let (kind, next) = character(at: start)
        if kind & word != 0 { return run(of: word, from: next) }
        if kind & CharacterClass.number != 0 { return numbers(from: start, limit: digits) }
        let barred = CharacterClass.whitespace | CharacterClass.number | word
        if next < end, first != 0x0A, first != 0x0D {
            let following = character(at: next)
            if following.kind & word != 0 { return run(of: word, from: following.next) }
            if first == 0x20, following.kind & barred == 0 {
                return newlines(from: run(without: barred, from: following.next))
            }
        }
        if kind & CharacterClass.whitespace == 0 { return newlines(from: run(without: barred, from: next)) }
        return whitespaceThroughNewlines(at: start)
    }

    /// o200k: with `U` = `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]` and `L` = `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`,
    /// `[^\r\n\p{L}\p{N}]?U*L+(contraction)?|[^\r\n\p{L}\p{N}]?U+L*(contraction)?|\p{N}{1,digits}`
    /// `| ?[^\s\p{L}\p{N}]+[\r\n/]*|` and whitespace.
    @inline(__always)
    func o200kPiece(at start: Int, digits: Int, contractions: Bool) -> Int {
        let first = bytes[start]
        let (kind, next) = character(at: start)
        let begins = CharacterClass.letter | CharacterClass.mark
        // What may stand before a word: a mark can be that too, and is tried so first.
        let isPrefix = kind & (CharacterClass.letter | CharacterClass.number) == 0 && first != 0x0A && first != 0x0D
        let isSpaced = isPrefix && self.kind(at: next) & begins != 0
        if isSpaced || kind & begins != 0 {
            let word =
                (isSpaced ? lowerEnding(from: next) : nil) ?? (kind & begins != 0 ? lowerEnding(from: start) : nil)
                ?? run(of: CharacterClass.upper | CharacterClass.caseless | CharacterClass.mark, from: next)
            return contractions ? contraction(at: word, foldsCase: true) ?? word : word
        }
        if kind & CharacterClass.number != 0 { return numbers(from: start, limit: digits) }
        let barred = CharacterClass.whitespace | CharacterClass.letter | CharacterClass.number
        if kind & CharacterClass.whitespace == 0 {
            return newlines(from: run(without: barred, from: next), orSlashes: true)
        }
        if first == 0x20, next < end, self.kind(at: next) & barred == 0 {
            return newlines(from: run(without: barred, from: next), orSlashes: true)
        }
        return whitespaceThroughNewlines(at: start)
    }

    /// `U*L+` at `start`, where `U` gives back as little as it must.
    private func lowerEnding(from start: Int) -> Int? {
        let shared = CharacterClass.caseless | CharacterClass.mark
        let lower = CharacterClass.lower | shared
        var index = start, afterShared: Int?
        while index < end {
            let (kind, next) = character(at: index)
            if kind & (CharacterClass.upper | shared) == 0 { break }
            index = next
            if kind & shared != 0 { afterShared = next }
        }
        let end = run(of: lower, from: index)
        return end > index ? end : afterShared
    }
}
