extension CharacterScanner {
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
    ///
    /// With `splitsDigits`, as if the text had been cut around every number before.
    @inline(__always)
    func gpt2Piece(at start: Int, splitsDigits: Bool) -> Int {
        if bytes[start] == 0x27, let end = contraction(at: start, foldsCase: false) { return end }
        var (kind, next) = character(at: start)
        if bytes[start] == 0x20, next < end {
            let following = character(at: next)
            let barred = CharacterClass.whitespace | (splitsDigits ? CharacterClass.number : 0)
            if following.kind & barred == 0 { (kind, next) = following }
        }
        if kind & CharacterClass.letter != 0 { return run(of: CharacterClass.letter, from: next) }
        if kind & CharacterClass.number != 0 {
            return splitsDigits ? next : run(of: CharacterClass.number, from: next)
        }
        if kind & CharacterClass.whitespace == 0 {
            return run(without: CharacterClass.whitespace | CharacterClass.letter | CharacterClass.number, from: next)
        }
        return whitespace(at: start, endsAtNumber: splitsDigits)
    }

    /// `\s+(?!\S)|\s+`: whitespace, without its last character if a word follows that it may begin.
    func whitespace(at start: Int, endsAtNumber: Bool = false) -> Int {
        var index = start, last = start
        while index < end {
            let (kind, next) = character(at: index)
            if kind & CharacterClass.whitespace == 0 {
                if endsAtNumber, kind & CharacterClass.number != 0 { return index }
                return last > start ? last : index
            }
            last = index
            index = next
        }
        return index
    }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+`: whitespace up to its last newline; without one, as above.
    func whitespaceThroughNewlines(at start: Int) -> Int {
        var index = start, last = start, afterNewline = start
        while index < end {
            let (kind, next) = character(at: index)
            if kind & CharacterClass.whitespace == 0 { break }
            last = index
            index = next
            if isNewline(at: last) { afterNewline = index }
        }
        if afterNewline > start { return afterNewline }
        return index < end && last > start ? last : index
    }
}
