import TuttiTensors

/// Characters as the units of byte-pair encoding, in `tokenizer.json`'s ways.
struct CharacterUnits: Sendable {
    /// Stands before every character but a word's first, `##`.
    var prefix: [UInt8] = []
    /// Stands behind a word's last character, `</w>`.
    var suffix: [UInt8] = []
    /// The token of each byte, or -1, for characters that are not in the vocabulary; nothing: they are not spelled.
    var byteTokens: [Token]?

    /// Appends the symbols of a word.
    func append(
        _ text: Span<UInt8>, _ range: Range<Int>, _ lexicon: Lexicon, _ unknown: UnknownToken?,
        _ merging: inout BytePairMerging
    ) {
        let isPlain = prefix.isEmpty && suffix.isEmpty
        var row = UnknownRow(unknown)
        var written: [UInt8] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(CharacterScanner.next(text, start), range.upperBound)
            let token: Token?
            if isPlain {
                token = lexicon.token(text, start..<end)
            } else {
                written.removeAll(keepingCapacity: true)
                if start > range.lowerBound { written += prefix }
                written.append(text, start..<end)
                if end == range.upperBound { written += suffix }
                token = lexicon.token(written)
            }
            if let token {
                row.end(&merging.symbols)
                merging.symbols.append(
                    Symbol(token: token, start: UInt32(start), byteCount: UInt32(end - start)))
            } else {
                let isSpelled =
                    isPlain
                    ? spell(text.extracting(start..<end), &merging.symbols) : spell(written.span, &merging.symbols)
                if !isSpelled { row.add(byteCount: end - start, &merging.symbols) }
            }
            start = end
        }
        row.end(&merging.symbols)
    }

    /// Appends the bytes' tokens, if all are in the vocabulary. Unknown characters before go on waiting, as in the library.
    private func spell(_ bytes: Span<UInt8>, _ symbols: inout [Symbol]) -> Bool {
        guard let byteTokens else { return false }
        for i in bytes.indices where byteTokens[Int(bytes[i])] < 0 { return false }
        for i in bytes.indices {
            symbols.append(Symbol(token: byteTokens[Int(bytes[i])], start: 0, byteCount: 1))
        }
        return true
    }
}
