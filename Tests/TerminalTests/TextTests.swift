import Testing
import TuttiTerminal

@Suite struct HarmlessTextTests {
    @Test func leavesPlainTextAlone() {
        #expect(harmless("Grüße,\n\t日本 👩‍👩‍👧 \u{200D}") == "Grüße,\n\t日本 👩‍👩‍👧 \u{200D}")
    }

    @Test func showsWhatATerminalWouldObey() {
        #expect(harmless("\u{1B}]0;title\u{7}\u{1B}[2J") == "␛]0;title␇␛[2J")
        #expect(harmless("a\u{9B}2Jb\u{7F}\u{0}") == "a�2Jb␡␀")
    }

    @Test func carriageReturnsVanish() { #expect(harmless("one\r\ntwo\rthree") == "one\ntwothree") }
}

@Suite struct CellWidthTests {
    @Test(arguments: [
        ("a", 1), ("é", 1), ("e\u{301}", 1), ("日", 2), ("한", 2), ("Ａ", 2), ("👋", 2), ("👩‍👩‍👧", 2), ("🇩🇪", 2), ("❤️", 2),
        ("❤", 1),
        ("1️⃣", 2), ("\u{301}", 0), ("\u{200B}", 0), ("│", 1), ("🀄", 2), ("𠀀", 2),
    ])
    func ofCharacters(text: String, cells: Int) { #expect(cellWidth(text) == cells) }
}

@Suite struct StyleTests {
    @Test func coloursAreForTerminalsThatWantThem() {
        func isColored(_ environment: [String: String], isTerminal: Bool = true) -> Bool {
            Style(isTerminal: isTerminal, environment: environment).isColored
        }
        #expect(isColored(["TERM": "xterm-256color"]))
        #expect(isColored(["TERM": "xterm", "NO_COLOR": ""]))
        #expect(!isColored(["TERM": "xterm", "NO_COLOR": "1"]))
        #expect(!isColored(["TERM": "dumb"]))
        #expect(!isColored([:]))
        #expect(!isColored(["TERM": "xterm"], isTerminal: false))
    }

    @Test func withoutColoursTextIsAsItIs() {
        #expect(Style(isColored: false).dim("x") == "x")
        #expect(Style(isColored: true).bold("x") == "\u{1B}[1mx\u{1B}[0m")
    }
}

@Suite struct LineBufferTests {
    @Test func cutsLinesHoweverTheyCome() {
        let bytes = Array("one\r\n\ntwo é\nlast".utf8)
        for size in 1...bytes.count {
            var buffer = LineBuffer(), lines: [LineBuffer.Line] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                buffer.append(bytes[start..<min(bytes.count, start + size)])
                while let line = buffer.next() { lines.append(line) }
            }
            #expect(lines == [.text("one"), .text(""), .text("two é")])
            #expect(buffer.last() == .text("last"))
            #expect(buffer.last() == nil)
        }
    }

    @Test func aLineThatIsTooLongIsDroppedAndTheNextIsNot() {
        var buffer = LineBuffer(limitByteCount: 4), lines: [LineBuffer.Line] = []
        for piece in ["0123", "4567", "89\nab", "cd\nabcde", "\nx"] {
            buffer.append(Array(piece.utf8)[...])
            while let line = buffer.next() { lines.append(line) }
        }
        #expect(lines == [.tooLong, .text("abcd"), .tooLong])
        #expect(buffer.last() == .text("x"))
    }
}
