import Testing
import TuttiSpeech

@Suite struct SpeakableMarkdownTests {
    @Test(arguments: [
        Saying("# Heading\nText.", "Heading. Text."), Saying("### 2. Plan", "two. Plan."),
        Saying("Some **bold** words.", "Some bold words."),
        Saying("an *italic* word", "an italic word."), Saying("__strong__ and _weak_", "strong and weak."),
        Saying("~~gone~~", "gone."),
        Saying("***both***", "both."), Saying("2*3 is 6", "two times three is six."),
        Saying("[a link, here](http://x.y/z) works", "a link here works."),
        Saying("[label][ref] works", "label works."),
        Saying("![a red cat](cat.png) sits", "a red cat sits."), Saying("[![alt](i.png)](http://x.y)", "alt."),
        Saying("Text.[^1]\n\n[^1]: A note.", "Text. A note."), Saying("[ref]: https://example.com\nNext.", "Next."),
        Saying("Use `let x = 1` here.", "Use let x equals one here."), Saying("``a `b` c``", "a b c."),
        Saying("Look:\n```python\nprint(1)\n```\nDone.", "Look: Python code. Done."), Saying("```\nx\n```", "code."),
        Saying("~~~swift\nlet a = \"```\"\n~~~\nEnd.", "Swift code. End."), Saying("```sh\nls", "shell code."),
        Saying("- one\n- two", "one. two."), Saying("* a b\n+ c d", "a b. c d."),
        Saying("1. Mix\n2. Bake", "one, Mix. two, Bake."),
        Saying("- [x] paid\n- [ ] open", "done paid. open."), Saying("- outer\n  - inner", "outer. inner."),
        Saying("Buy:\n- milk\n- eggs\n\nThen go.", "Buy: milk. eggs. Then go."),
        Saying("| A | B |\n|---|:-:|\n| 1 | 2 |", "A, B. one, two."),
        Saying("| `a` | One, two. Three! |\n", "a, One, two. Three!"), Saying("| x \\| y | z |", "x y, z."),
        Saying("> quoted words\n> go on", "quoted words go on."), Saying("> # Title\n> text", "Title. text."),
        Saying("Over\n\n---\n\nunder", "Over. under."), Saying("***\nText", "Text."),
        Saying("Run:\n\n    make run\n    make test\n\n    make all\n\nDone.", "Run: code. Done."),
        Saying("- one\n\n    - two\n\n    more", "one. two. more."),
        Saying("It takes\n`a` or\n3 of them.", "It takes a or three of them."),
        Saying("a poem\n    goes on", "a poem goes on."),
        Saying("Sizes:\n3. Big\nand so on", "Sizes: three, Big and so on."),
        Saying("\tlet x = 1", "code."), Saying("Title\n=====\nText", "Title. Text."),
        Saying("a soft\nbreak", "a soft break."),
        Saying("Roses are red\nViolets are blue", "Roses are red, Violets are blue."),
        Saying("\\*not bold\\*", "not bold."), Saying("a \\# b", "a b."),
    ])
    func markdown(saying: Saying) { #expect(spoken(saying.written) == saying.said) }

    @Test(arguments: [
        Saying("<b>Bold</b> words", "Bold words."), Saying("one<br>two", "one two."),
        Saying("a <!-- hidden, text --> b", "a b."),
        Saying("Tom &amp; Jerry", "Tom and Jerry."), Saying("it&#39;s", "it's."),
        Saying("5 &lt; 6", "five less than six."),
        Saying("<https://a.bc/d>", "eigh dot bc slash D."), Saying("<speak>hi</speak>", "hi."),
        Saying("Great! 😀", "Great!"), Saying("👍🏽 Yes 🇩🇪 or ❤️ no", "Yes or no."), Saying("1️⃣ First", "one First."),
        Saying("✅ Done", "Done."), Saying("👨‍👩‍👧 family", "family."),
        Saying("Copyright © 2024 by us", "Copyright twenty twenty four by us."),
        Saying("zero\u{200B}width", "zerowidth."), Saying("bell\u{7}", "bell."), Saying("[[hello]]", "hello."),
        Saying("Well... maybe.", "Well, maybe."), Saying("I wonder… Yes.", "I wonder. Yes."), Saying("What?!", "What?"),
        Saying("Go — now", "Go, now."), Saying("well – said", "well, said."), Saying("this -- that", "this, that."),
        Saying("one—two", "one, two."),
        Saying("NASA (the space agency) said", "NASA, the space agency, said."),
        Saying("(See above.) Then", "See above. Then."),
        Saying("\"Stop,\" he said.", "Stop, he said."), Saying("file(s)", "files."), Saying("— hm", "hm."),
        Saying("", ""), Saying("…", ""),
        Saying("***", ""), Saying("😀😀", ""),
    ])
    func htmlEmojiAndPunctuation(saying: Saying) { #expect(spoken(saying.written) == saying.said) }

    @Test(arguments: [
        Saying("Das kostet 3,50 €.", "Das kostet 3,50 €."),
        Saying("Am 5. Mai um 14:30 Uhr.", "Am 5. Mai um 14:30 Uhr."),
        Saying("**Fett** und [Verweis](http://x.y) 😀", "Fett und Verweis."),
        Saying("Siehe https://www.example.de/a/b?c.", "Siehe example.de."),
        Saying("z.B. hier, d.h. dort", "z.B. hier, d.h. dort."), Saying("- eins\n- zwei", "eins. zwei."),
        Saying("Erstens. Zweitens!", "Erstens. Zweitens!"),
    ])
    func otherLanguagesKeepTheirDigits(saying: Saying) {
        #expect(spoken(saying.written, language: "de") == saying.said)
    }

    @Test func wideMarksCutToo() {
        #expect(spoken("你好。今天很好，是吗？", language: "zh") == "你好. 今天很好, 是吗?")
    }
}
