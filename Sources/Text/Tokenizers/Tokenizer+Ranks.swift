import TuttiCheckpoints
import TuttiTensors

extension Tokenizer {
    /// Builds a byte-level tokenizer from its tokens' bytes alone, each token's id being the rank of the merge that makes
    /// it, as tiktoken's files and whisper.cpp's have them.
    /// - Parameters:
    ///   - pieces: The bytes of each token; those of a single byte are the alphabet.
    ///   - split: How text is cut in words before merging, such as `gpt-2`.
    ///   - specials: The texts of special tokens, whose ids follow.
    /// - Throws: `VocabularyError`.
    /// - Complexity: Linear in all bytes of the pieces, and quadratic in those of each.
    public convenience init(rankedPieces pieces: [[UInt8]], split: String, specials: [String]) throws {
        var ranks: [[UInt8]: Int] = [:]
        for (rank, piece) in pieces.enumerated() where ranks[piece] == nil { ranks[piece] = rank }
        var texts = StringTable(), merges = StringTable()
        func letters(_ bytes: some Sequence<UInt8>) -> [UInt8] {
            var letters: [UInt8] = []
            for byte in bytes { ByteLevelAlphabet.append(letterOf: byte, to: &letters) }
            return letters
        }
        for (rank, piece) in pieces.enumerated() {
            texts.append(letters(piece))
            // The two parts are what is left of the piece when everything that comes before it is merged.
            if let cut = Self.lastMerge(of: piece, rank: rank, ranks) {
                merges.append(letters(piece[..<cut]) + [0x20] + letters(piece[cut...]))
            }
        }
        for special in specials { texts.append(special.utf8) }
        let normal: Int64 = 1, control: Int64 = 3
        let kinds = Array(repeating: normal, count: pieces.count) + Array(repeating: control, count: specials.count)
        try self.init(
            Metadata([
                MetadataKeys.model: .string("gpt2"), MetadataKeys.pre: .string(split),
                MetadataKeys.tokens: .strings(texts),
                MetadataKeys.merges: .strings(merges), "tokenizer.ggml.token_type": .integers(NumberTable(kinds)),
            ]))
    }

    /// Where `piece` is put together by its own merge; nil for single bytes and for what merges do not reach.
    private static func lastMerge(of piece: [UInt8], rank: Int, _ ranks: [[UInt8]: Int]) -> Int? {
        guard piece.count > 1 else { return nil }
        var ends = Array(1...piece.count)
        while ends.count > 2 {
            var best: (rank: Int, place: Int)?
            for place in 0..<ends.count - 1 {
                let start = place == 0 ? 0 : ends[place - 1]
                guard let found = ranks[Array(piece[start..<ends[place + 1]])], found < rank else { continue }
                if found < best?.rank ?? .max { best = (found, place) }
            }
            guard let best else { return nil }
            ends.remove(at: best.place)
        }
        return ends[0]
    }
}
