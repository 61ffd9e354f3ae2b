import Testing
import TuttiCheckpoints
import TuttiTensors
import TuttiText

@Suite struct TokenizerTests {
    @Test func mergesByRank() throws {
        let tokenizer = try Tokenizer(SmallVocabulary.byteLevel())
        #expect(tokenizer.encode("abc abab a") == [5, 3, 4, 4, 11])
        #expect(tokenizer.encode("é") == [8])
        // Bytes that the vocabulary lacks are left out.
        #expect(tokenizer.encode("azb") == [4])
        #expect(tokenizer.encode("") == [])
    }

    @Test func findsSpecialTokensOnlyWhereAsked() throws {
        let tokenizer = try Tokenizer(SmallVocabulary.byteLevel())
        #expect(tokenizer.encode("a<|im_end|>b", special: true) == [0, 9, 1])
        #expect(!tokenizer.encode("a<|im_end|>b").contains(9))
        #expect(tokenizer.encode("a<tool>b") == [0, 10, 1])
        #expect(tokenizer.encode("a", special: false, addingBOS: true, addingEOS: true) == [0, 9])
        #expect(tokenizer.decode([0, 9, 1]) == "ab")
        #expect(tokenizer.decode([0, 9, 1], skippingSpecial: false) == "a<|im_end|>b")
    }

    @Test func sentencePieceMergesByScore() throws {
        let tokenizer = try Tokenizer(SmallVocabulary.sentencePiece())
        let vocabulary = tokenizer.vocabulary
        #expect(vocabulary.bos == 1 && vocabulary.eos == 2 && vocabulary.unknown == 0)
        #expect(vocabulary.addsBOS && vocabulary.addsSpacePrefix)
        func texts(_ text: String, special: Bool = false) -> [String] {
            tokenizer.encode(text, special: special).map(vocabulary.text(of:))
        }
        #expect(texts("hi") == ["▁hi"])
        #expect(texts("hi  hi") == ["▁hi", "▁", "▁hi"])
        #expect(texts("hé") == ["▁", "h", "<0xC3>", "<0xA9>"])
        #expect(texts("hi</s>hi", special: true) == ["▁hi", "</s>", "▁hi"])
        #expect(texts("▁hi") == ["▁", "▁hi"])
        #expect(tokenizer.decode(tokenizer.encode(" hé hi")) == " hé hi")
        #expect(tokenizer.encode("") == [])
    }

    @Test func sentencePieceKeepsItsSettings() throws {
        let bare = try Tokenizer(
            SmallVocabulary.sentencePiece {
                $0["tokenizer.ggml.add_space_prefix"] = .bool(false)
                $0["tokenizer.ggml.add_bos_token"] = .bool(false)
            })
        #expect(!bare.vocabulary.addsBOS)
        #expect(bare.encode("hi").map(bare.vocabulary.text(of:)) == ["hi"])
        let tidy = try Tokenizer(
            SmallVocabulary.sentencePiece { $0["tokenizer.ggml.remove_extra_whitespaces"] = .bool(true) })
        #expect(tidy.encode("  hi   hi ").map(tidy.vocabulary.text(of:)) == ["▁hi", "▁hi"])
    }

    @Test func manyTasksMayEncodeAtOnce() async throws {
        let tokenizer = try GoldenModel.smollm2.tokenizer()
        let text = String(repeating: "Many tasks share one tokenizer, and none sees another's words. ", count: 50)
        let expected = tokenizer.encode(text)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 { group.addTask { tokenizer.encode(text) == expected } }
            for await same in group { #expect(same) }
        }
    }
}

@Suite struct DetokenizerTests {
    @Test func waitsForTheRestOfACharacter() throws {
        var detokenizer = Detokenizer(try Tokenizer(SmallVocabulary.byteLevel()))
        #expect(detokenizer.append(0) == "a")
        #expect(detokenizer.append(6) == "")
        #expect(detokenizer.append(7) == "é")
        #expect(detokenizer.append(6) == "")
        #expect(detokenizer.append(0) == "\u{FFFD}a")
        #expect(detokenizer.append(7) == "\u{FFFD}")
        #expect(detokenizer.append(6) == "")
        #expect(detokenizer.finish() == "\u{FFFD}")
        #expect(detokenizer.finish() == "")
        #expect(detokenizer.append(9) == "" && detokenizer.append(-1) == "" && detokenizer.append(99) == "")
    }

    @Test func showsSpecialTokensIfAsked() throws {
        var detokenizer = Detokenizer(try Tokenizer(SmallVocabulary.byteLevel()), showsSpecial: true)
        #expect(detokenizer.append(9) == "<|im_end|>")
    }

    @Test func takesTheFirstSpaceAwayAtTheStartOnly() throws {
        let tokenizer = try Tokenizer(SmallVocabulary.sentencePiece())
        let word = try #require(tokenizer.vocabulary.token(for: " hi"))
        var answer = Detokenizer(tokenizer)
        #expect(answer.append(1) == "" && answer.append(word) == "hi" && answer.append(word) == " hi")
        var continuation = Detokenizer(tokenizer, atStart: false)
        #expect(continuation.append(word) == " hi")
    }

    /// Broken bytes as Python's `bytes.decode(errors="replace")` shows them.
    @Test(arguments: [
        ([0xF0, 0x9F, 0x98], "\u{FFFD}"), ([0xF0, 0x9F, 0x41], "\u{FFFD}A"), ([0xE0, 0x80, 0x41], "\u{FFFD}\u{FFFD}A"),
        ([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"), ([0xC0, 0xAF], "\u{FFFD}\u{FFFD}"),
        ([0xF4, 0x90, 0x80, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"), ([0xE4, 0xB8, 0xE4, 0xB8, 0xAD], "\u{FFFD}中"),
        ([0xF0, 0x9F, 0x98, 0x80], "😀"),
    ])
    func brokenBytes(bytes: [UInt8], expected: String) throws {
        let tokenizer = try Tokenizer(SmallVocabulary.sentencePiece())
        var detokenizer = Detokenizer(tokenizer, atStart: false)
        // The tokens of the bytes are 3 to 258.
        let text = bytes.map { detokenizer.append(Token($0) + 3) }.joined() + detokenizer.finish()
        #expect(text.unicodeScalars.elementsEqual(expected.unicodeScalars))
    }
}
