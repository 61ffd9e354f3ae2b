import Synchronization
public import TuttiCheckpoints
public import TuttiTensors

/// Turns text into a model's tokens and back.
///
/// The stages: tokens that the vocabulary wants found first, normalisation, words, merges. All of them are immutable;
/// any number of tasks may encode at once.
public final class Tokenizer: Sendable {
    public let vocabulary: Vocabulary
    let stages: TokenizerStages
    /// Caches and buffers that no call is using.
    private let workspaces = Mutex<[TokenizerStages.Workspace]>([])
    private static let keptWorkspaces = 4

    init(_ parts: TokenizerParts) {
        vocabulary = parts.vocabulary
        stages = parts.stages
    }

    /// Builds the tokenizer that a GGUF file's metadata describes.
    /// - Throws: `VocabularyError` or `TokenizerFileError`: what is missing, contradicts itself, or is not known here.
    /// - Complexity: Linear in the vocabulary's size: 150,000 tokens and merges take some 30 ms.
    public convenience init(_ metadata: Metadata) throws { self.init(try TokenizerParts(metadata)) }

    /// Builds the tokenizer that a `tokenizer.json` describes.
    /// - Parameters:
    ///   - tokenizerJSON: The file's bytes.
    ///   - configuration: What the files beside it say.
    /// - Throws: `TokenizerFileError`: what is wrong with the file, where, or what is not known here.
    /// - Complexity: Linear in the file's size: 150,000 tokens and merges take some 300 ms.
    public convenience init(
        tokenizerJSON: some Sequence<UInt8>, configuration: TokenizerConfiguration = TokenizerConfiguration()
    ) throws {
        self.init(try TokenizerParts(tokenizerJSON: tokenizerJSON, configuration))
    }

    /// The tokens of `text`, with neither `bos` nor `eos`.
    /// - Parameter special: Whether special tokens that are written in the text become tokens. False for anything that
    ///   somebody else wrote: its `<|im_end|>` is nine letters and signs.
    /// - Complexity: Linear in the text; a word of n characters takes n log n.
    public func encode(_ text: String, special: Bool = false) -> [Token] {
        var output: [Token] = []
        encode(text, special: special, into: &output)
        return output
    }

    /// The tokens of `text`, with `bos` before them or `eos` behind them if asked, and if the vocabulary has them.
    public func encode(_ text: String, special: Bool, addingBOS: Bool, addingEOS: Bool = false) -> [Token] {
        var output: [Token] = []
        if addingBOS, let bos = vocabulary.bos { output.append(bos) }
        encode(text, special: special, into: &output)
        if addingEOS, let eos = vocabulary.eos { output.append(eos) }
        return output
    }

    /// The tokens of `text` as its post-processor completes them, such as `[CLS] … [SEP]`; without a post-processor, with
    /// `bos` and `eos` as the vocabulary says.
    /// - Parameter addingSpecial: Whether anything is added at all.
    public func encode(_ text: String, special: Bool = false, addingSpecial: Bool) -> [Token] {
        guard addingSpecial else { return encode(text, special: special) }
        guard let postProcessor = stages.postProcessor else {
            return encode(text, special: special, addingBOS: vocabulary.addsBOS, addingEOS: vocabulary.addsEOS)
        }
        return postProcessor.joined([encode(text, special: special)])
    }

    /// The tokens of two texts, as a model that compares them expects them; without a post-processor, one after the other.
    public func encode(_ text: String, pair: String, special: Bool = false) -> [Token] {
        let texts = [encode(text, special: special), encode(pair, special: special)]
        return stages.postProcessor?.joined(texts) ?? texts.flatMap { $0 }
    }

    private func encode(_ text: String, special: Bool, into output: inout [Token]) {
        let bytes = Array(text.utf8)
        output.reserveCapacity(output.count + bytes.count / 4 + 8)
        var workspace = workspaces.withLock { $0.popLast() } ?? TokenizerStages.Workspace()
        stages.encode(bytes.span, special: special, &workspace, into: &output)
        workspace.merging.trim()
        workspaces.withLock { kept in
            if kept.count < Self.keptWorkspaces { kept.append(workspace) }
        }
    }

    /// The bytes that `token` stands for; nothing for an id that is not in the vocabulary.
    public func bytes(of token: Token) -> [UInt8] {
        vocabulary.contains(token) ? Array(vocabulary.bytes(of: token)) : []
    }

    /// The text of `tokens`; bytes that are no characters become U+FFFD.
    /// - Parameter skippingSpecial: Whether special tokens are left out, or shown as they are written.
    public func decode(_ tokens: some Sequence<Token>, skippingSpecial: Bool = true) -> String {
        guard case .pieces(var dropsSpace) = stages.decoding else {
            var detokenizer = Detokenizer(self, showsSpecial: !skippingSpecial)
            return tokens.map { detokenizer.append($0) }.joined() + detokenizer.finish()
        }
        var bytes: [UInt8] = []
        for token in tokens where vocabulary.contains(token) {
            if skippingSpecial, vocabulary.isSpecial(token) { continue }
            let piece = vocabulary.bytes(of: token)
            if dropsSpace, !vocabulary.isSpecial(token), !piece.isEmpty {
                dropsSpace = false
                bytes.append(contentsOf: piece.first == 0x20 ? piece.dropFirst() : piece)
            } else {
                bytes.append(contentsOf: piece)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Tokenizer {
    /// Whether decoding takes a space away from the beginning of a text.
    package var dropsFirstSpace: Bool {
        if case .pieces(let dropsFirstSpace) = stages.decoding { dropsFirstSpace } else { false }
    }
}
