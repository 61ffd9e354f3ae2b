import Testing
import TuttiTerminal

/// A terminal's screen, as far as the editor uses one.
private struct Screen {
    let columns: Int
    var lines: [[Character]] = [[]]
    var row = 0
    var column = 0

    init(columns: Int) { self.columns = columns }

    /// What a person sees, without spaces at line ends.
    var text: [String] {
        lines.map { line in
            let text = String(line.filter { $0 != "\0" })
            return String(text.reversed().drop { $0 == " " }.reversed())
        }
    }

    mutating func write(_ output: String) {
        var rest = Substring(output)
        while let character = rest.popFirst() {
            switch character {
            case "\n":
                column = 0
                newRow()
            case "\r": column = 0
            case "\u{1B}":
                let sequence = rest.prefix { !$0.isLetter }
                rest = rest.dropFirst(sequence.count)
                obey(rest.popFirst(), count: Int(sequence.dropFirst()) ?? 1)
            default: put(character)
            }
        }
    }

    private mutating func newRow() {
        row += 1
        if row == lines.count { lines.append([]) }
    }

    private mutating func put(_ character: Character) {
        let width = cellWidth(character)
        if column + width > columns {
            column = 0
            newRow()
        }
        while lines[row].count < column + width { lines[row].append(" ") }
        lines[row][column] = character
        // The second cell of a wide character.
        if width == 2 { lines[row][column + 1] = "\0" }
        column += width
    }

    private mutating func obey(_ final: Character?, count: Int) {
        switch final {
        case "A": row -= count
        case "C": column += count
        case "J":
            lines = Array(lines[...row])
            lines[row] = Array(lines[row].prefix(column))
        default: Issue.record("the editor wrote ESC [ \(count) \(final.map(String.init) ?? "")")
        }
    }
}

@Suite struct DrawingTests {
    private let prompt = Prompt("> ", continuation: "  ")

    private func screen(_ keys: [Key], columns: Int = 10, rows: Int = 24) -> Screen {
        var editor = LineEditor(), drawing = Drawing(columns: columns, rows: rows)
        var screen = Screen(columns: columns)
        screen.write("before\n")
        screen.write(drawing.show(editor, prompt))
        for key in keys {
            _ = editor.press(key)
            screen.write(drawing.show(editor, prompt))
        }
        return screen
    }

    @Test func showsTextAndCursor() {
        let screen = screen([.text("abc"), .left])
        #expect(screen.text == ["before", "> abc"])
        #expect(screen.row == 1 && screen.column == 4)
    }

    @Test func wrapsWhereTheScreenEnds() {
        let screen = screen([.text("0123456789abcdefghij"), .text("k")])
        #expect(screen.text == ["before", "> 01234567", "89abcdefgh", "ijk"])
        #expect(screen.row == 3 && screen.column == 3)
    }

    @Test func behindAFullRowTheCursorIsOnTheNext() {
        let full = screen([.text("01234567")])
        #expect(full.text == ["before", "> 01234567", ""])
        #expect(full.row == 2 && full.column == 0)
        #expect(screen([.text("01234567"), .backspace]).text == ["before", "> 0123456"])
    }

    @Test func wideCharactersAreNotCut() {
        let screen = screen([.text("日本語日本語"), .left])
        #expect(screen.text == ["before", "> 日本語日", "本語"])
        #expect(screen.row == 2 && screen.column == 2)
        let odd = self.screen([.text("a日本語日本語")])
        #expect(odd.text == ["before", "> a日本語", "日本語"])
    }

    @Test func linesHaveTheirPrefix() {
        let screen = screen([.paste("one\ntwo\n"), .up, .up, .end])
        #expect(screen.text == ["before", "> one", "  two", ""].map { $0 })
        #expect(screen.row == 1 && screen.column == 5)
    }

    @Test func whatIsGoneIsNotSeen() {
        let screen = screen([
            .paste("one\ntwo\nthree"), .up, .control("u"), .control("u"), .control("k"), .control("k"),
        ])
        #expect(screen.text.dropFirst().first?.hasPrefix("> one") == true)
        #expect(!screen.text.contains { $0.contains("two") })
    }

    @Test func ofATallTextTheRowsAroundTheCursorAreSeen() {
        let lines = (1...20).map { "line \($0)" }.joined(separator: "\n")
        let screen = screen([.paste(lines)], rows: 5)
        #expect(screen.text == ["before", "  line 16", "  line 17", "  line 18", "  line 19", "  line 20"])
        let above = self.screen([.paste(lines)] + Array(repeating: .up, count: 12), rows: 5)
        #expect(above.text.contains("  line 8") && above.text.count == 6)
        #expect(above.text[above.row] == "  line 8")
    }

    @Test func aNarrowerTerminalIsDrawnAnew() {
        var editor = LineEditor(), drawing = Drawing(columns: 20, rows: 24)
        _ = editor.press(.text("0123456789abcdef"))
        _ = drawing.show(editor, prompt)
        drawing.resize(columns: 10, rows: 24)
        // The terminal broke the one row of 18 cells in two, the cursor is on the second... where the row was drawn whole.
        let output = drawing.show(editor, prompt)
        var screen = Screen(columns: 10)
        screen.write("> 0123456789abcdef")
        screen.write(output)
        #expect(screen.text == ["> 01234567", "89abcdef"])
    }

    @Test func leavingShowsTheWholeText() {
        var editor = LineEditor(), drawing = Drawing(columns: 10, rows: 3)
        _ = editor.press(.paste("1\n2\n3\n4\n5"))
        var screen = Screen(columns: 10)
        screen.write(drawing.show(editor, prompt))
        screen.write(drawing.leave(editor.text, prompt, mark: "^C"))
        #expect(screen.text == ["> 1", "  2", "  3", "  4", "  5^C", ""])
        #expect(screen.column == 0)
    }

    @Test func aSearchShowsWhatItLooksFor() {
        var editor = LineEditor(history: History(["alpha"])), drawing = Drawing(columns: 40, rows: 24)
        var screen = Screen(columns: 40)
        for key in [Key.control("r"), .text("al")] {
            _ = editor.press(key)
            screen.write(drawing.show(editor, prompt))
        }
        #expect(screen.text == ["(search) al: alpha"])
    }
}
