import TestSupport
import Testing
import TuttiSpeech

@Suite struct ClauseCutterTests {
    static let texts = [
        "Sure! Here is what I found: the capital of France is Paris, which lies on the Seine. It costs $3.50 (about £2.80).",
        "# Title\n\nSome **bold, and** [a link, here](https://x.y/z?a=b,c) text.\n\n- one, 1.5 kg\n- two: `a, b`\n\n```swift\nlet x = 1, y = 2\n```\nDone.",
        "| Name | Age |\n|---|---|\n| Ann | 31 |\n| Bob | 4½ |\n\nDr. Smith, e.g., lives at 5 Main St. since March 5, 2024... or so? Yes!",
        "1. First, do this.\n2. Then that — quickly.\n\n> A quote\n> goes on.\n\n---\nText[^1] & more 👨‍👩‍👧 cafe\u{301} <b>x</b> &amp; $x^2$.\n\n[^1]: Note.",
        "a [never closed and `open code and <tag and $math and more words that go on and on, with commas, for a long time",
        "こんにちは。元気ですか？はい、元気です。" + String(repeating: "長い文章", count: 100),
        "word " + String(repeating: "x", count: 2500) + " end. ",
        String(repeating: "many words without any mark that go on and on because nobody stops ", count: 12),
        "  \n\n \t", "", "...", "Hi", "(", "*", "$", "5.", "a\r\nb\r\n\r\nC.",
        "```", "```\n", "~~~\nx\n~~", "|", "| a", "[^1]:", "[x]: http://", "<!-- x", "- ", "1.", "1. ", "> ", "#", "—",
        "\\", "&amp;", "!", "![",
    ]

    /// The same text in random pieces, and one scalar at a time, gives the same clauses.
    @Test(arguments: texts, [true, false])
    func doNotDependOnPieces(text: String, cutsFirstShort: Bool) {
        let whole = ClauseCutter.clauses(of: text, cutsFirstShort: cutsFirstShort)
        var random = Random(seed: 11)
        for round in 0..<25 {
            var cutter = ClauseCutter(cutsFirstShort: cutsFirstShort), clauses: [Clause] = []
            var rest = text.unicodeScalars[...]
            while !rest.isEmpty {
                let count = round == 0 ? 1 : Int.random(in: 1...(round * 3), using: &random)
                clauses += cutter.append(String(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(clauses + cutter.finish() == whole)
        }
    }

    @Test(arguments: texts, ["en", "de"])
    func everyCharacterIsInOneSource(text: String, language: String) {
        let clauses = ClauseCutter.clauses(of: text, language: language, cutsFirstShort: true)
        #expect(clauses.map(\.source).joined().unicodeScalars.elementsEqual(text.unicodeScalars))
        #expect(clauses.dropLast().allSatisfy { !$0.text.isEmpty })
        #expect(clauses.allSatisfy { ",;:.!?".contains($0.mark) })
    }

    @Test func leaveAsSoonAsTheyAreCertain() {
        var cutter = ClauseCutter(cutsFirstShort: false)
        #expect(cutter.append("Yes, it co").map(\.text) == ["Yes"])
        #expect(cutter.append("sts 3.").isEmpty)
        #expect(cutter.append("50 or so. ").map(\.text) == ["it costs three point five zero or so"])
        #expect(cutter.append("Dr. Who, see [this, th").map(\.text) == ["Doctor Who"])
        #expect(cutter.append("at](http://a.b/c), ").map(\.text) == ["see this that"])
        #expect(cutter.append("\n```swift\nlet x").map(\.text) == ["Swift code"])
        #expect(cutter.append(" = 1, 2\n```\nDone.\n").map(\.text) == ["Done"])
        #expect(cutter.finish().isEmpty)
    }

    @Test func theFirstIsShort() {
        func first(_ text: String) -> String? { ClauseCutter.clauses(of: text, cutsFirstShort: true).first?.text }
        #expect(first("The capital of France is Paris and it lies on the river Seine.") == "The capital of France")
        #expect(first("I would like to help you with the installation.") == "I would like to help you")
        #expect(first("Yes, of course I can do that for you.") == "Yes")
        #expect(first("Paris is nice.") == "Paris is nice")
        // Not between what belongs together.
        #expect(first("It costs about 5 USD to buy one.") == "It costs about five US dollars")
    }

    @Test func onlyTheFirstIsShort() {
        let text = "Yes. The capital of France is Paris and it lies on the river Seine."
        #expect(
            ClauseCutter.clauses(of: text, cutsFirstShort: true).map(\.text).last
                == "The capital of France is Paris and it lies on the river Seine")
    }

    @Test func longOnesAreCutBetweenWords() {
        let text = String(repeating: "many words without any mark that go on and on because nobody stops ", count: 12)
        let clauses = ClauseCutter.clauses(of: text)
        #expect(clauses.count > 4)
        for clause in clauses {
            #expect(clause.source.count <= 200)
            #expect(clause.source.last == " ")
        }
        // Where a phrase begins.
        #expect(
            clauses.dropFirst().allSatisfy {
                ["that", "on", "and", "because", "without"].contains($0.text.split(separator: " ").first)
            })
    }

    @Test func longScriptsWithoutSpacesAreCut() {
        let clauses = ClauseCutter.clauses(of: String(repeating: "長い文章", count: 200), language: "ja")
        #expect(clauses.count >= 4)
        #expect(clauses.allSatisfy { $0.source.count <= 200 })
    }

    @Test(arguments: [
        "https://example.com/a,b/c;d?e=f,g", "1,234,567.89", "me@mail.example.org", "3:05", "v1.2.3", "`a, b; c. d`",
        "[x, y. z](http://a.b/c,_d)",
        "![one, two](x.png)", "e.g.", "$a, b$", "<a href=\"x, y. z\">w</a>", "&amp;", "5'11\"", "10.5–12.5",
        "+1 (555) 123-4567",
    ])
    func nothingIsCutWithin(construct: String) {
        let clauses = ClauseCutter.clauses(of: "We see " + construct + " there.", cutsFirstShort: true)
        #expect(clauses.count == 1, "\(clauses)")
    }

    /// A text of megabytes without a mark does not make the work grow with its square.
    @Test func hostileLengthsAreNoTrouble() {
        for unit in [
            "[", "`", "<a", "$x", "*", "#", ">", "|", "(", "- ", "\n", "   ", ".", "—", "x", "\\", "&", "0", "1. ",
        ] {
            let text = String(repeating: unit, count: 20_000 / unit.count)
            let clauses = ClauseCutter.clauses(of: text)
            #expect(clauses.map(\.source).joined() == text)
        }
    }
}
