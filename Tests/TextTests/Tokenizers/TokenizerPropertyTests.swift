import Testing
import TuttiTensors
import TuttiText

@Suite struct TokenizerPropertyTests {
    /// Qwen's vocabulary has every byte; what is in form C comes back as it was.
    @Test(arguments: 1...6) func textComesBack(seed: UInt64) throws {
        let tokenizer = try GoldenModel.qwen.tokenizer()
        var random = SplitMix(seed: seed)
        for _ in 0..<200 {
            let text = CanonicalComposition.shared.normalized(
                random.text(scalars: Int.random(in: 0..<80, using: &random)))
            let tokens = tokenizer.encode(text)
            #expect(tokenizer.decode(tokens).unicodeScalars.elementsEqual(text.unicodeScalars))
            #expect(tokenizer.decode(tokenizer.encode(text, special: true), skippingSpecial: false) == text)
        }
    }

    /// Any tokens, even those that make up no text: the pieces that a detokenizer hands out are the text.
    @Test(arguments: GoldenModel.present) func chunksJoinUp(model: GoldenModel) throws {
        let tokenizer = try model.tokenizer()
        var random = SplitMix(seed: 11)
        for _ in 0..<200 {
            // The first thousand ids hold the single bytes, from which broken characters are made.
            let tokens = (0..<40).map { _ in
                Token.random(
                    in: 0..<(Bool.random(using: &random) ? 1000 : Token(tokenizer.vocabulary.count)), using: &random)
            }
            for showsSpecial in [false, true] {
                var detokenizer = Detokenizer(tokenizer, showsSpecial: showsSpecial)
                let chunks = tokens.map { detokenizer.append($0) } + [detokenizer.finish()]
                let text = tokenizer.decode(tokens, skippingSpecial: !showsSpecial)
                #expect(chunks.joined().unicodeScalars.elementsEqual(text.unicodeScalars))
            }
        }
    }

    /// The first time a text's words are merged, the second time they come from the cache.
    @Test(arguments: GoldenModel.present) func encodingIsTheSameFromTheCache(model: GoldenModel) throws {
        let tokenizer = try model.tokenizer()
        var random = SplitMix(seed: 5)
        let text = (0..<50).map { _ in random.text(scalars: 20) }.joined(separator: " ")
        #expect(tokenizer.encode(text) == tokenizer.encode(text))
    }

    /// Texts that make slow tokenizers quadratic: each is half a megabyte of one word, or of nothing but special cases.
    @Test(
        arguments: [
            "a", " ", "\n", "ab", "😀", "\u{301}", "e\u{301}\u{323}", "中", "!", "0", "'", "\r", " \n", "🏳️‍🌈", "Aa",
            "<|im_", "ª",
        ], GoldenModel.present)
    func takesLinearTime(unit: String, model: GoldenModel) throws {
        let tokenizer = try model.tokenizer()
        // Quadratic work on half a million bytes would take minutes or hours: that this comes to an end is the test.
        let text = String(repeating: unit, count: 500_000 / unit.utf8.count)
        let tokens = tokenizer.encode(text, special: true)
        let decoded = tokenizer.decode(tokens)
        let expected = model == .qwen ? CanonicalComposition.shared.normalized(text) : text
        #expect(decoded.utf8.elementsEqual(expected.utf8))
    }
}
