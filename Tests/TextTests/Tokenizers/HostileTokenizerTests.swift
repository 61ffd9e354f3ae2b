import Foundation
import TestSupport
import Testing
import TuttiTensors
import TuttiText

/// Files that somebody broke on purpose: an error that says where, never a crash, never without end.
@Suite struct HostileTokenizerTests {
    private func tokenizer(_ model: String, _ rest: String = "") throws -> Tokenizer {
        try Tokenizer(tokenizerJSON: #"{"version":"1.0",\#(rest)"model":\#(model)}"#.utf8)
    }

    private func message(_ model: String, _ rest: String = "") -> String {
        do { _ = try tokenizer(model, rest) } catch { return "\(error)" }
        return ""
    }

    private let words = #"{"type":"WordLevel","vocab":{"a":0,"b":1},"unk_token":"a"}"#

    @Test func saysWhatIsWrongAndWhere() {
        func bpe(_ merges: String, _ vocab: String = #"{"a":0,"b":1,"ab":2}"#, _ rest: String = "") -> String {
            #"{"type":"BPE","vocab":\#(vocab),"merges":\#(merges)\#(rest)}"#
        }
        #expect(message(bpe(#"["a b"]"#)).isEmpty && message(bpe(#"[["a","b"]]"#)).isEmpty)
        for (model, part) in [
            (bpe(#"["a c"]"#), "merges[0]"), (bpe(#"["b a"]"#), "'ba'"), (bpe(#"["ab"]"#), "merges[0]"),
            (bpe(#"["a b c"]"#), "merges[0]"), (bpe(#"[["a"]]"#), "merges[0]"), (bpe("[7]"), "merges[0]"),
            (bpe("{}"), "merges"),
            (bpe("[]", #"{"a":0,"b":0}"#), "id 0"), (bpe("[]", #"{"a":-1}"#), "vocab"),
            (bpe("[]", #"{"a":4000000000}"#), "vocab"),
            (bpe("[]", #"{"a":1e300}"#), "vocab"), (bpe("[]", "[]"), "vocab"),
            (bpe("[]", #"{"a":0}"#, #","dropout":2"#), "dropout"),
            (bpe(#"["a b"]"#, #"{"a":0,"b":1,"ab":2}"#, #","continuing_subword_prefix":"zzzzzz""#), "merges[0]"),
            (#"{"type":"Unigram","vocab":[["a",1],["b"]]}"#, "vocab[1]"),
            (#"{"type":"Unigram","vocab":[["a",0]],"unk_id":1}"#, "unk_id"),
            (#"{"type":"Magic","vocab":{}}"#, "Magic"), (#"{"type":"WordPiece","vocab":{}}"#, "unk_token"),
            ("7", "model"),
        ] {
            #expect(message(model).contains(part), "\(model): \(message(model))")
        }
        let template =
            #""post_processor":{"type":"TemplateProcessing","single":[\#(#"{"SpecialToken":{"id":"x","type_id":0}}"#)],"pair":[],"#
        for (rest, part) in [
            (template + #""special_tokens":{}},"#, "special_tokens"),
            (template + #""special_tokens":{"x":{"id":"x","ids":[9],"tokens":["x"]}}},"#, "9 is no token"),
            (#""post_processor":{"type":"BertProcessing","sep":["a",0],"cls":["b",2]},"#, "2 is no token"),
            (
                #""post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"B"}}],"pair":[],"special_tokens":{}},"#,
                "'B'"
            ),
            (#""normalizer":{"type":"Precompiled","precompiled_charsmap":"AAAAAAAA"},"#, "precompiled_charsmap"),
            (#""normalizer":{"type":"Precompiled","precompiled_charsmap":"***"},"#, "precompiled_charsmap"),
            (#""normalizer":{"type":"Replace","pattern":{"Regex":"(a"},"content":""},"#, "(a"),
            (#""normalizer":{"type":"Spell"},"#, "Spell"),
            (#""pre_tokenizer":{"type":"FixedLength","length":0},"#, "length"),
            (
                #""pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a)\\1"},"behavior":"Isolated","invert":false},"#,
                "references"
            ),
            (#""pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"Eaten","invert":false},"#, "Eaten"),
            (#""decoder":{"type":"Strip","content":"ab","start":0,"stop":0},"#, "content"),
            (#""added_tokens":[{"id":0,"content":7}],"#, "content"), (#""added_tokens":{},"#, "added_tokens"),
        ] {
            #expect(message(words, rest).contains(part), "\(rest): \(message(words, rest))")
        }
        #expect(throws: TokenizerFileError.self) {
            try Tokenizer(tokenizerJSON: #"{"version":"2.0","model":\#(words)}"#.utf8)
        }
        let deep = String(repeating: #"{"type":"Sequence","normalizers":["#, count: 5000)
        #expect(message(words, #""normalizer":\#(deep)"#).contains("deep"))
        let added = String(repeating: "a", count: 2000)
        #expect(
            message(
                words,
                #""added_tokens":[{"id":0,"content":"\#(added)","special":false,"single_word":false,"lstrip":false,"rstrip":false,"normalized":false}],"#
            ).contains("2000"))
    }

    /// Padding and truncation of any size ask for nothing.
    @Test func paddingIsNotAllocated() throws {
        let rest =
            #""padding":{"strategy":{"Fixed":1000000000},"direction":"Right"},"truncation":{"max_length":1000000000},"#
        #expect(try tokenizer(words, rest).encode("ab", addingSpecial: true) == [0])
    }

    /// Patterns that backtrack without end, on texts that make them.
    @Test(arguments: [
        "(a+)+$", "(a|aa)*c", "(?:a*)*b", "(.*)*x", "(?=(a+)+b)a", "a*a*a*a*a*b", "(?<!(?:a|a|a){9})b",
        "((a{1,40}){1,40})c",
    ])
    func patternsEnd(pattern: String) throws {
        let text = String(repeating: "a", count: 3000)
        let expression = try RegularExpression(pattern)
        let bytes = Array(text.utf8)
        let clock = ContinuousClock()
        // Seconds would be a fault, hours is what these take elsewhere.
        let duration = clock.measure { _ = expression.matches(in: bytes.span) }
        #expect(duration < .seconds(20))
    }

    @Test(arguments: [
        "(", ")", "[", "[a", "a{2,1}", "*a", "(?<=a+)b", #"\1"#, #"\p{Klingon}"#, "(?P<a>b)", "[b-a]", #"\"#, "(?z)",
        #"\x{110000}"#, "a{5000}",
        #"(?(1)a)"#, "[[:alpha:]", #"\k<a>"#, "((a{1,1000}){1,1000}){1,1000}",
    ])
    func patternsAreRefused(pattern: String) {
        do {
            _ = try RegularExpression(pattern)
            Issue.record("\(pattern) was taken")
        } catch {
            #expect(error.pattern == pattern && error.description.contains("cannot be used"))
        }
    }

    /// Bytes of small files changed at random: an error or a tokenizer, and texts become tokens of its vocabulary.
    @Test(arguments: ["bpe-llama2", "unigram-t5", "wordpiece", "probe-added-1", "decoder-llama2"])
    func mutationsDoNoHarm(kind: String) throws {
        let folder = goldens("TextTests").appending(path: "tokenizers/\(kind)")
        let bytes = [UInt8](try Data(contentsOf: folder.appending(path: "tokenizer.json")))
        var random = Random(seed: 4)
        let text = "Hello <s> the\u{301} ▁ 中\n 12ﬁ </s> ##ing"
        for _ in 0..<60 {
            var broken = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                // Mostly at both ends, where the stages are; the middle is vocabulary.
                let reach = min(broken.count, 3000)
                var place = Int.random(in: 0..<reach, using: &random)
                if Bool.random(using: &random) { place = broken.count - 1 - place }
                switch Int.random(in: 0..<4, using: &random) {
                case 0: broken[place] = UInt8.random(in: 0...255, using: &random)
                case 1: broken[place] = UInt8(ascii: "0") + UInt8.random(in: 0...9, using: &random)
                case 2: broken.remove(at: place)
                default:
                    broken.insert(
                        contentsOf: broken[place...].prefix(Int.random(in: 1...40, using: &random)), at: place)
                }
            }
            guard let tokenizer = try? Tokenizer(tokenizerJSON: broken) else { continue }
            let tokens = tokenizer.encode(text, special: true, addingSpecial: true)
            #expect(tokens.allSatisfy { tokenizer.vocabulary.contains($0) })
            _ = tokenizer.decode(tokens)
        }
    }
}
