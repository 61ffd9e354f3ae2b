/// A row of pre-tokenizers, as it is run: the published ones in one pass, without a copy of the text.
enum WordCutting: Sendable {
    /// The text is one word.
    case whole
    /// A published split, of a text whose bytes are looked up as they are.
    case published(PublishedSplit, addsPrefixSpace: Bool)
    /// One after the other. `keepsBytes`: the last is byte-level, and its letters are left out.
    case stages([PreTokenizer], keepsBytes: Bool)

    /// - Parameters:
    ///   - stages: In the order in which they are run.
    ///   - published: What they are together, if it is known.
    ///   - keepsBytes: Whether the vocabulary is read so that byte-level need not write letters.
    init(_ stages: [PreTokenizer], published: PublishedSplit?, keepsBytes: Bool) {
        if stages.isEmpty {
            self = .whole
        } else if keepsBytes, let published, case .byteLevel(let addsPrefixSpace, _)? = stages.last {
            self = .published(published, addsPrefixSpace: addsPrefixSpace)
        } else {
            self = .stages(stages, keepsBytes: keepsBytes)
        }
    }

    /// The words of a text that is not cut by `published` or `whole`.
    static func words(
        of text: Span<UInt8>, isAtStart: Bool, _ stages: [PreTokenizer], keepsBytes: Bool
    ) -> WordList {
        var list = WordList(text, isAtStart: isAtStart)
        let limit = TextPattern.growthLimit(text.count)
        for (i, stage) in stages.enumerated() where list.bytes.count <= limit {
            stage.cut(&list, keepsBytes: keepsBytes && i == stages.count - 1)
        }
        return list
    }
}
