import Testing
import TuttiTerminal

@Suite struct KeyDecoderTests {
    private func keys(_ reads: String...) -> [Key] {
        var decoder = KeyDecoder()
        return reads.flatMap { decoder.decode(Array($0.utf8)) }
    }

    @Test func textComesInRuns() {
        #expect(keys("hé, 日本") == [.text("hé, 日本")])
        #expect(keys("ab\rc") == [.text("ab"), .enter, .text("c")])
    }

    @Test func charactersCutByAReadAreWhole() {
        var decoder = KeyDecoder()
        var found: [Key] = []
        for byte in "é日👋".utf8 { found += decoder.decode([byte]) }
        #expect(found == [.text("é"), .text("日"), .text("👋")])
    }

    @Test func controlCharacters() {
        #expect(
            keys("\u{1}", "\u{3}", "\u{1A}", "\u{7F}", "\u{8}", "\t")
                == [.control("a"), .control("c"), .control("z"), .backspace, .backspace, .tab])
    }

    @Test(arguments: [
        ("\u{1B}[A", Key.up), ("\u{1B}OA", .up), ("\u{1B}[B", .down), ("\u{1B}[C", .right), ("\u{1B}[D", .left),
        ("\u{1B}[H", .home), ("\u{1B}[1~", .home), ("\u{1B}OF", .end), ("\u{1B}[4~", .end), ("\u{1B}[3~", .delete),
        ("\u{1B}[1;5C", .wordRight), ("\u{1B}[1;3D", .wordLeft), ("\u{1B}[3;5~", .deleteWordRight),
        ("\u{1B}\r", .newLine), ("\u{1B}\n", .newLine), ("\u{1B}[13;2u", .newLine), ("\u{1B}[27;2;13~", .newLine),
        ("\u{1B}\u{7F}", .deleteWordLeft), ("\u{1B}b", .alt("b")), ("\u{1B}é", .alt("é")),
        ("\u{1B}[99;5u", .control("c")),
    ])
    func sequences(bytes: String, key: Key) {
        #expect(keys(bytes) == [key])
        // However the reads cut it.
        var decoder = KeyDecoder(), found: [Key] = []
        for byte in bytes.utf8 { found += decoder.decode([byte]) }
        #expect(found == [key])
    }

    @Test func unknownSequencesMeanNothing() {
        #expect(keys("\u{1B}[1;2;3Px\u{1B}[200;1Xy\u{1B}[5~z") == [.text("x"), .text("y"), .text("z")])
        #expect(keys("\u{1B}[" + String(repeating: "1", count: 500)).allSatisfy { $0 != .enter })
    }

    @Test func aLoneEscapeWaitsAndIsTaken() {
        var decoder = KeyDecoder()
        #expect(decoder.decode([0x1B]) == [])
        #expect(decoder.isWaiting)
        #expect(decoder.flush() == [.escape])
        #expect(!decoder.isWaiting && decoder.flush() == [])
    }

    @Test func aLineFeedAloneIsANewLineAndBehindTextEnter() {
        #expect(keys("\n") == [.newLine])
        #expect(keys("a", "\n", "b") == [.text("a"), .newLine, .text("b")])
        #expect(keys("a\n") == [.text("a"), .enter])
    }

    @Test func aPasteIsOneKeyHoweverItComes() {
        let bytes = Array("\u{1B}[200~one\r\ntwo\rthr\u{7}ee\n\ttab é\u{1B}[201~!".utf8)
        for size in [1, 3, 7, bytes.count] {
            var decoder = KeyDecoder(), found: [Key] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                found += decoder.decode(bytes[start..<min(bytes.count, start + size)])
            }
            #expect(found == [.paste("one\ntwo\nthree\n\ttab é"), .text("!")], "in reads of \(size)")
        }
    }

    @Test func aPasteIsBounded() {
        var decoder = KeyDecoder(pasteLimitByteCount: 8)
        let found = decoder.decode(Array("\u{1B}[200~0123456789\u{1B}[201~x".utf8))
        #expect(found == [.paste("01234567"), .text("x")])
    }
}
