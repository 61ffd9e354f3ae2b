import Testing
import TuttiTerminal

@Suite struct LineEditorTests {
    /// The text after `keys`, with `|` at the cursor.
    private func after(_ keys: Key..., in editor: LineEditor = LineEditor()) -> String {
        var editor = editor
        for key in keys { _ = editor.press(key) }
        return shown(editor)
    }

    private func shown(_ editor: LineEditor) -> String {
        String(editor.text[..<editor.cursor]) + "|" + String(editor.text[editor.cursor...])
    }

    @Test func writesAndMovesByCharacter() {
        #expect(after(.text("abc"), .left, .text("X"), .right, .text("Y")) == "abXcY|")
        #expect(after(.text("ab"), .home, .left, .delete) == "|b")
        #expect(after(.text("ab"), .right, .backspace, .backspace, .backspace) == "|")
        #expect(after(.text("ab"), .control("a"), .control("f"), .control("d"), .control("e"), .control("b")) == "|a")
    }

    @Test func aCharacterIsWhatAReaderSees() {
        #expect(after(.text("e"), .text("\u{301}"), .backspace) == "|")
        #expect(after(.text("a👩‍👩‍👧b"), .left, .backspace) == "a|b")
        #expect(after(.text("🇩🇪🇫🇷"), .left, .text("x")) == "🇩🇪x|🇫🇷")
        // Two halves of a flag, one after the other, and a letter before a mark.
        #expect(after(.text("🇩"), .text("🇪"), .left) == "|🇩🇪")
    }

    @Test func movesAndCutsByWord() {
        #expect(after(.text("one two_2, three"), .wordLeft, .wordLeft) == "one |two_2, three")
        #expect(after(.text("one two"), .home, .wordRight, .alt("f")) == "one two|")
        #expect(after(.text("a b-c  "), .control("w")) == "a |")
        #expect(after(.text("a b-c"), .deleteWordLeft) == "a b-|")
        #expect(after(.text("one two"), .home, .alt("d"), .control("y"), .control("y")) == "oneone| two")
    }

    @Test func whatIsCutInTurnComesBackWhole() {
        #expect(after(.text("a b c"), .control("w"), .control("w"), .control("y")) == "a b c|")
        #expect(after(.text("a b"), .home, .alt("d"), .alt("d"), .end, .control("y")) == "a b|")
        #expect(after(.text("ab"), .left, .control("k"), .control("u"), .control("y")) == "ab|")
        // A key between two cuts begins anew.
        #expect(after(.text("a b c"), .control("w"), .left, .control("u"), .control("y")) == "a b| ")
    }

    @Test func linesHaveBeginningsAndEnds() {
        #expect(after(.text("one"), .newLine, .text("two"), .home, .text("X")) == "one\nX|two")
        #expect(after(.paste("one\ntwo"), .up, .end) == "one|\ntwo")
        #expect(after(.paste("one\ntwo"), .up, .end, .control("k")) == "one|two")
        #expect(after(.paste("one\ntwo"), .control("u"), .control("u")) == "one|")
        #expect(after(.paste("longest\nab\nlonger"), .up, .up) == "lo|ngest\nab\nlonger")
        #expect(after(.paste("longest\nab\nlonger"), .up, .up, .down, .down) == "longest\nab\nlo|nger")
    }

    @Test func enterSendsAndABackslashBeginsALine() {
        var editor = LineEditor()
        #expect(editor.press(.text("one\\")) == .show)
        #expect(editor.press(.enter) == .show)
        #expect(editor.press(.text("two")) == .show)
        #expect(editor.press(.enter) == .send("one\ntwo"))
        #expect(editor.text.isEmpty && editor.history.entries == ["one\ntwo"])
    }

    @Test func controlCAndD() {
        var editor = LineEditor()
        _ = editor.press(.text("ab"))
        #expect(editor.press(.control("c")) == .interrupt(hadText: true))
        #expect(shown(editor) == "|")
        #expect(editor.press(.control("c")) == .interrupt(hadText: false))
        #expect(editor.press(.control("d")) == .leave)
        _ = editor.press(.text("a"))
        #expect(editor.press(.control("d")) == .show)
        #expect(editor.press(.control("z")) == .suspend)
        #expect(editor.press(.control("l")) == .clearScreen)
    }

    @Test func upAndDownWalkTheHistoryAndKeepTheDraft() {
        let editor = LineEditor(history: History(["one", "two\nlines", "three"]))
        #expect(after(.text("dra"), .up, in: editor) == "three|")
        #expect(after(.text("dra"), .up, .up, in: editor) == "two\nlines|")
        // Through the lines of an entry first, then past it.
        #expect(after(.up, .up, .up, .up, in: editor) == "one|")
        #expect(after(.up, .up, .up, .up, .up, .up, in: editor) == "one|")
        #expect(after(.text("dra"), .up, .down, in: editor) == "dra|")
        #expect(after(.text("dra"), .control("p"), .control("n"), .down, .down, in: editor) == "dra|")
    }

    @Test func searchesTheHistory() {
        var editor = LineEditor(history: History(["alpha one", "beta", "Alpha two"]))
        for key in [Key.text("x"), .control("r"), .text("alp")] { _ = editor.press(key) }
        #expect(editor.search?.query == "alp" && shown(editor) == "Alpha two|")
        _ = editor.press(.control("r"))
        #expect(shown(editor) == "alpha one|")
        // There is no older one.
        _ = editor.press(.control("r"))
        #expect(shown(editor) == "alpha one|")
        _ = editor.press(.text("q"))
        #expect(editor.search?.match == nil && shown(editor) == "x|")
        _ = editor.press(.backspace)
        #expect(shown(editor) == "Alpha two|")
        var cancelled = editor
        #expect(cancelled.press(.control("g")) == .show)
        #expect(shown(cancelled) == "x|" && cancelled.search == nil)
        #expect(editor.press(.enter) == .send("Alpha two"))
    }

    @Test func tabCompletes() {
        let all = ["/set", "/save", "/stats"]
        let editor = LineEditor(complete: { before in
            Completion(replacedCount: before.count, candidates: all.filter { $0.hasPrefix(before) })
        })
        #expect(after(.text("/sa"), .tab, in: editor) == "/save|")
        #expect(after(.text("/"), .tab, in: editor) == "/s|")
        var listing = editor
        _ = listing.press(.text("/s"))
        #expect(listing.press(.tab) == .list(all))
        #expect(shown(listing) == "/s|")
        #expect(after(.text("/x"), .tab, in: editor) == "/x|")
        #expect(after(.text("x"), .tab) == "x|")
    }
}
