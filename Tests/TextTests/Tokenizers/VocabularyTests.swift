import Testing
import TuttiCheckpoints
import TuttiTensors
import TuttiText

@Suite struct VocabularyTests {
    @Test func tellsWhatTokensAre() throws {
        let vocabulary = try Vocabulary(SmallVocabulary.byteLevel())
        #expect(vocabulary.count == 12)
        #expect(vocabulary.text(of: 11) == "Ġa" && Array(vocabulary.bytes(of: 11)) == Array(" a".utf8))
        #expect(vocabulary.kind(of: 9) == .control && vocabulary.kind(of: 10) == .userDefined)
        #expect(vocabulary.token(for: "<|im_end|>") == 9 && vocabulary.token(for: " a") == 11)
        #expect(vocabulary.token(for: "abcd") == nil)
        #expect(vocabulary.eos == 9 && vocabulary.bos == nil && vocabulary.endTokens == [9])
        #expect(!vocabulary.addsBOS && !vocabulary.addsEOS && !vocabulary.addsSpacePrefix)
        #expect(!vocabulary.contains(-1) && !vocabulary.contains(12))
    }

    @Test func findsTheEndsOfRealVocabularies() throws {
        let qwen = try GoldenModel.qwen.tokenizer().vocabulary
        #expect(Set(qwen.endTokens.map(qwen.text(of:))) == ["<|im_end|>", "<|endoftext|>"])
        #expect(qwen.count == 151_936 && qwen.kind(of: 151_670) == .unused)
        let smollm2 = try GoldenModel.smollm2.tokenizer().vocabulary
        #expect(Set(smollm2.endTokens.map(smollm2.text(of:))) == ["<|im_end|>", "<|endoftext|>"])
        #expect(smollm2.bos == 1 && smollm2.eos == 2 && !smollm2.addsBOS)
    }

    @Test(.enabled(if: GoldenModel.present.contains(.gemma))) func gemmaEndsATurnButNotAtHTML() throws {
        let gemma = try GoldenModel.gemma.tokenizer().vocabulary
        #expect(Set(gemma.endTokens.map(gemma.text(of:))) == ["<eos>", "<end_of_turn>"])
    }

    /// Each way to break a vocabulary has an error of its own.
    @Test func refusesWhatContradictsItself() {
        func error(_ metadata: Metadata) -> VocabularyError? {
            do { _ = try Tokenizer(metadata) } catch { return error as? VocabularyError }
            return nil
        }
        func broken(_ key: String, _ value: MetadataValue?) -> VocabularyError? {
            error(SmallVocabulary.byteLevel { $0["tokenizer.ggml." + key] = value })
        }
        let count = 12
        #expect(error(SmallVocabulary.byteLevel()) == nil && error(SmallVocabulary.sentencePiece()) == nil)
        #expect(broken("model", nil) == .missing(key: "tokenizer.ggml.model"))
        #expect(broken("tokens", nil) == .missing(key: "tokenizer.ggml.tokens"))
        #expect(broken("tokens", .strings(StringTable())) == .missing(key: "tokenizer.ggml.tokens"))
        #expect(broken("merges", nil) == .missing(key: "tokenizer.ggml.merges"))
        #expect(broken("merges", .strings(StringTable(["ab"]))) == .malformedMerge(index: 0, text: "ab"))
        #expect(broken("merges", .strings(StringTable(["a b", "b z"]))) == .malformedMerge(index: 1, text: "b z"))
        #expect(broken("merges", .strings(StringTable(["a "]))) == .malformedMerge(index: 0, text: "a "))
        #expect(broken("merges", .strings(StringTable([""]))) == .malformedMerge(index: 0, text: ""))
        #expect(
            broken("token_type", .integers([1]))
                == .wrongCount(key: "tokenizer.ggml.token_type", has: 1, needs: count))
        for kind in [9, -1] as [Int64] {
            #expect(
                broken("token_type", .integers(NumberTable(repeatElement(kind, count: count))))
                    == .unknownKind(token: 0, value: kind))
        }
        for id in [Int64(12), -2, .max] {
            #expect(
                broken("eos_token_id", .integer(id))
                    == .outOfRange(key: "tokenizer.ggml.eos_token_id", value: id, count: count))
        }
        let twice = StringTable(["a", "b", "c", "Ġ", "ab", "abc", "Ã", "©", "Ã©", "<|im_end|>", "<tool>", "a"])
        #expect(broken("tokens", .strings(twice)) == .duplicate(text: "a", first: 0, second: 11))
        if case .unsupported(let key, let value, _)? = broken("pre", .string("qwen9")) {
            #expect(key == "tokenizer.ggml.pre" && value == "qwen9")
        } else {
            Issue.record("an unknown pre-tokenizer was taken")
        }
        if case .unsupported(let key, _, _)? = broken("model", .string("rwkv")) {
            #expect(key == "tokenizer.ggml.model")
        } else {
            Issue.record("an unknown model was taken")
        }
        let short = SmallVocabulary.sentencePiece { $0["tokenizer.ggml.scores"] = .floats([1]) }
        #expect(error(short) == .wrongCount(key: "tokenizer.ggml.scores", has: 1, needs: 265))
        #expect(
            error(SmallVocabulary.sentencePiece { $0["tokenizer.ggml.scores"] = nil })
                == .missing(key: "tokenizer.ggml.scores"))
    }

    @Test func saysWhatToDo() {
        let message = VocabularyError.missing(key: "tokenizer.ggml.tokens").description
        #expect(message.contains("tokenizer.ggml.tokens") && message.contains("fetch it again"))
    }
}
