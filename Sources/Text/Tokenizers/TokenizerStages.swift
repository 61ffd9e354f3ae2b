import TuttiTensors

/// The stages of a tokenizer, from a text to tokens and back, whichever file described them.
///
/// added tokens → normalizer → added tokens of normalised texts → words → model; and back: decoders.
struct TokenizerStages: Sendable {
    /// Found in the text as it is.
    var added = AddedTokens()
    var normalizer: Normalizer?
    /// Found in the normalised text.
    var addedNormalized = AddedTokens()
    var cutting = WordCutting.whole
    var model: TokenModel
    var postProcessor: PostProcessor?
    var decoding = Decoding.pieces(dropsFirstSpace: false)

    enum Decoding: Sendable {
        /// The bytes of the tokens make up the text.
        case pieces(dropsFirstSpace: Bool)
        /// Decoders make it of the tokens' texts. Some tokens are shown otherwise than the file writes them.
        case row([TokenDecoder], shown: [Token: String])
    }

    /// What a call works with; they are kept between calls.
    struct Workspace: Sendable {
        var cache = WordCache()
        var merging = BytePairMerging()
    }

    /// Appends the tokens of `text`.
    func encode(
        _ text: Span<UInt8>, special: Bool, _ workspace: inout Workspace, into output: inout [Token]
    ) {
        added.forEachSegment(of: text, special: special) { segment in
            switch segment {
            case .token(let token): output.append(token)
            case .text(let range):
                encodeSegment(
                    text.extracting(range), isAtStart: range.lowerBound == 0, special: special, &workspace,
                    into: &output)
            }
        }
    }

    private func encodeSegment(
        _ text: Span<UInt8>, isAtStart: Bool, special: Bool, _ workspace: inout Workspace, into output: inout [Token]
    ) {
        guard let normalizer else {
            return encodeNormal(text, isAtStart: isAtStart, special: special, &workspace, into: &output)
        }
        var keepsStart = isAtStart
        if let normal = normalizer.normalized(text, keepsStart: &keepsStart) {
            encodeNormal(normal.span, isAtStart: keepsStart, special: special, &workspace, into: &output)
        } else {
            encodeNormal(text, isAtStart: isAtStart, special: special, &workspace, into: &output)
        }
    }

    private func encodeNormal(
        _ text: Span<UInt8>, isAtStart: Bool, special: Bool, _ workspace: inout Workspace, into output: inout [Token]
    ) {
        if text.count == 0 { return }
        if addedNormalized.isEmpty { return encodeWords(text, isAtStart: isAtStart, &workspace, into: &output) }
        addedNormalized.forEachSegment(of: text, special: special) { segment in
            switch segment {
            case .token(let token): output.append(token)
            case .text(let range):
                encodeWords(
                    text.extracting(range), isAtStart: isAtStart && range.lowerBound == 0, &workspace, into: &output)
            }
        }
    }

    private func encodeWords(
        _ text: Span<UInt8>, isAtStart: Bool, _ workspace: inout Workspace, into output: inout [Token]
    ) {
        switch cutting {
        case .whole: encodeLongWord(text, 0..<text.count, &workspace, into: &output)
        case .published(let split, let addsPrefixSpace):
            if addsPrefixSpace, text[0] != 0x20 {
                let spaced = [0x20] + text.bytes(0..<text.count)
                encodePublished(spaced.span, split, &workspace, into: &output)
            } else {
                encodePublished(text, split, &workspace, into: &output)
            }
        case .stages(let stages, let keepsBytes):
            let list = WordCutting.words(of: text, isAtStart: isAtStart, stages, keepsBytes: keepsBytes)
            let bytes = list.bytes.span
            for word in list.words { encodeLongWord(bytes, word.range, &workspace, into: &output) }
        }
    }

    private func encodePublished(
        _ text: Span<UInt8>, _ split: PublishedSplit, _ workspace: inout Workspace, into output: inout [Token]
    ) {
        split.forEachPiece(of: text) { range in encodeWord(text, range, &workspace, into: &output) }
    }

    /// Encodes a word, piece by piece where no token can cross.
    private func encodeLongWord(
        _ text: Span<UInt8>, _ range: Range<Int>, _ workspace: inout Workspace, into output: inout [Token]
    ) {
        guard let joins = model.joins else { return encodeWord(text, range, &workspace, into: &output) }
        var start = range.lowerBound
        while start < range.upperBound {
            let end = joins.wordEnd(text, start, range.upperBound)
            encodeWord(text, start..<end, &workspace, into: &output)
            start = end
        }
    }

    @inline(__always)
    private func encodeWord(
        _ text: Span<UInt8>, _ range: Range<Int>, _ workspace: inout Workspace, into output: inout [Token]
    ) {
        guard range.count <= WordCache.longestWord else {
            model.encode(text, range, &workspace.merging, into: &output)
            return
        }
        let key = WordCache.Key(text, range)
        if workspace.cache.append(key, to: &output) { return }
        let start = output.count
        model.encode(text, range, &workspace.merging, into: &output)
        workspace.cache.insert(key, output[start...])
    }
}
