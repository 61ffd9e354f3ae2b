public import TuttiCheckpoints
public import TuttiTensors

/// The tokens with which a model is asked to fill in the middle of a text: what stands before the gap, what stands
/// behind it, and then the model writes what belongs between.
///
/// - SeeAlso: Bavarian et al. 2022, arXiv:2207.14255, section 3: the order prefix, suffix, middle.
public struct FillMarks: Sendable, Hashable {
    public let prefix: Token
    public let suffix: Token
    public let middle: Token
    /// What ends the middle beside the vocabulary's own end tokens: other marks, which begin another file or text.
    public let ends: Set<Token>
    /// What opens a sequence, where the model wants that.
    private let opening: [Token]

    /// Texts of the three tokens, as families write them.
    private static let texts: [(prefix: String, suffix: String, middle: String)] = [
        ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),  // Qwen2.5-Coder, CodeGemma
        ("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),  // StarCoder, Granite
        ("<fim-prefix>", "<fim-suffix>", "<fim-middle>"),  // SantaCoder
        ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),  // DeepSeek-Coder
        ("▁<PRE>", "▁<SUF>", "▁<MID>"),  // CodeLlama
    ]

    private static let endTexts = [
        "<|fim_pad|>", "<fim_pad>", "<fim-pad>", "<|repo_name|>", "<|file_sep|>", "<|file_separator|>", "▁<EOT>",
    ]

    /// - Parameter metadata: What the model's file says: its keys count before the tokens' texts.
    /// - Returns: nil for a vocabulary that has no such marks.
    public init?(_ vocabulary: Vocabulary, _ metadata: Metadata) {
        func named(_ keys: String...) -> Token? {
            for key in keys {
                guard let id = metadata.integer("tokenizer.ggml.\(key)"), let token = Token(exactly: id) else {
                    continue
                }
                if vocabulary.contains(token) { return token }
            }
            return nil
        }
        var marks: (prefix: Token, suffix: Token, middle: Token)?
        if let prefix = named("fim_pre_token_id", "prefix_token_id"),
            let suffix = named("fim_suf_token_id", "suffix_token_id"),
            let middle = named("fim_mid_token_id", "middle_token_id")
        {
            marks = (prefix, suffix, middle)
        }
        for texts in Self.texts where marks == nil {
            guard let prefix = vocabulary.token(for: texts.prefix), let suffix = vocabulary.token(for: texts.suffix),
                let middle = vocabulary.token(for: texts.middle)
            else { continue }
            marks = (prefix, suffix, middle)
        }
        guard let marks else { return nil }
        (prefix, suffix, middle) = marks
        ends = Set(Self.endTexts.compactMap { vocabulary.token(for: $0) })
            .union([marks.prefix, marks.suffix, marks.middle])
        opening = vocabulary.addsBOS ? vocabulary.bos.map { [$0] } ?? [] : []
    }

    /// The prompt that asks for what belongs between two texts.
    public func prompt(before: [Token], behind: [Token]) -> [Token] {
        opening + [prefix] + before + [suffix] + behind + [middle]
    }
}
