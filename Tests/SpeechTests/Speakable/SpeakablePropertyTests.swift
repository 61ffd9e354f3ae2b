import Foundation
import TestSupport
import Testing
import TuttiSpeech

/// What holds for any text.
@Suite struct SpeakablePropertyTests {
    /// Sentences of words and of everything else that stands in texts.
    struct Writer {
        var random: Random

        private static let words = """
            the a of and to in is that for it was on with as at by from they we say her she or will my one all would there their \
            what so up out if about who get which go me when make can like time no just him know take people into year your good \
            some could them see other than then now look only come its over think also back after use two how our work first well \
            way even new want because any these give day most us NASA HTTP Paris iPhone café don't it's well-known Dr. Mr. e.g. \
            i.e. etc. vs. St. No. Inc. U.S. a.m. PhD naïve API APIs JSON WHO IV VIII Chapter Henry May March Mon am pm I A B x
            """.split { $0.isWhitespace }.map(String.init)
        private static let units = [
            "km", "kg", "%", "°C", "GB", "ms", "m²", "km/h", "mph", "x", "k", "M", "B", "th", "st", "USD", "€", "ft",
            "\"", "'", "in", "K",
        ]
        private static let signs = [
            "&", "@", "#", "+", "=", "/", "→", "-", "–", "—", "...", "…", "*", "_", "`", "~", "|", "\\", "^", "<", ">",
            "$", "€", "%", "°", "√", "π", "∞",
            "😀", "👍🏽", "❤️", "©", "™", "•", "§", "±", "≠", "½", "²", "\u{200B}", "(", ")", "[", "]", "{", "}", "\"", "“",
            "”", "'", "«", "»", "!", "?", ":", ";",
        ]
        private static let patterns = [
            "$N.DD", "€N,DDD", "£Nm", "NDDD-0N-0N", "N/N/20DD", "March Nth, 20DD", "N Mar", "1N:DD", "N:DD pm",
            "Nam–Npm", "N UNIT", "NUNIT", "N.D UNIT",
            "N'1N\"", "https://www.example.com/a/N?x=N", "me.N@example.org", "/usr/local/N", "src/main.swift", "vN.N.N",
            "19N.168.0.N:80N0", "0xNFF", "#NffN00",
            "+1 555-123-4DDN", "(555) 123-4DDN", "Ne-N", "N×N", "NxN", "N/N", "N–N", "N-N", "N+N=N", "Nst", "NDDDs",
            "'N0s", "~N", ">N", "<N", "#N",
            "**bold N**", "*it*", "[link N](http://x.y/N)", "![alt](a.png)", "`code = N`", "<b>tag</b>", "&amp;",
            "&#39;", "$x^N$", "\\(\\frac{N}{b}\\)", "[^N]",
            "N million", "N.N.N.N", "A1B2C3DN", "GPT-N", "MPN", "HNO", "foo_bar(N)", "--opt=N", "C:\\dir\\N", "::N",
            "Nº", "N¢", "$N-N", "N%–N%", "No. N", "p. N",
            "N°", "N' N\"", "½ N", "N½", "Array<N>", "x[N]", "{N}", "N:N:N", "N,N,N", "N.", "-N", "−N", "+N", "±N",
            "N…N", "№N", "§N", "N/10", "Mon N",
        ]

        mutating func pick(_ list: [String]) -> String { list.randomElement(using: &random) ?? "" }

        private mutating func pattern() -> String {
            var text = ""
            for character in pick(Self.patterns).replacing("UNIT", with: pick(Self.units)) {
                switch character {
                case "N": text += String(Int.random(in: 0...(Bool.random(using: &random) ? 9 : 2050), using: &random))
                case "D": text += String(Int.random(in: 0...9, using: &random))
                default: text.append(character)
                }
            }
            return text
        }

        mutating func sentence() -> String {
            var text = pick(["", "", "", "# ", "- ", "1. ", "> ", "| ", "**", "\n\n", "  "])
            for _ in 0..<Int.random(in: 1...14, using: &random) {
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<6: text += pick(Self.words)
                case 6..<9: text += pattern()
                default: text += pick(Self.signs)
                }
                text += pick([" ", " ", " ", " ", " ", " ", ", ", "", "\n", ") ", ": "])
            }
            return text + pick([".", "!", "?", "", "\n", "..."])
        }
    }

    /// Texts of this repository: its guides, with their tables, commands and code.
    static let guides: [String] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
            .deletingLastPathComponent()
        let folders = [
            root, root.appending(path: "docs"), root.appending(path: "docs/guides"),
            root.appending(path: "docs/reference"),
        ]
        let files = folders.flatMap {
            (try? FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil)) ?? []
        }
        return files.filter { $0.pathExtension == "md" }.sorted { $0.path < $1.path }
            .compactMap { try? String(contentsOf: $0, encoding: .utf8) }
    }()

    /// What is wrong with the clauses of a text; nil if nothing is.
    private func fault(_ clauses: [Clause], of text: String) -> String? {
        if clauses.map(\.source).joined() != text { return "something was lost or doubled" }
        for clause in clauses {
            let words = clause.text.split(separator: " ", omittingEmptySubsequences: false)
            for word in words where !clause.text.isEmpty {
                let isWord = word.first?.isLetter == true && word.allSatisfy { $0.isLetter || "'-".contains($0) }
                if !isWord { return "“\(word)” in “\(clause.text)” is no word" }
            }
            let again = Speakable.words(clause.text)
            if again != clause.text { return "“\(clause.text)” becomes “\(again)”" }
        }
        return nil
    }

    @Test(arguments: 0..<20)
    func anySentenceBecomesWords(seed: Int) {
        var writer = Writer(random: Random(seed: UInt64(seed)))
        for _ in 0..<100 {
            let text = writer.sentence()
            let fault = fault(ClauseCutter.clauses(of: text, cutsFirstShort: seed.isMultiple(of: 2)), of: text)
            #expect(fault == nil, "\(text.debugDescription)")
        }
    }

    @Test func guidesBecomeWords() {
        #expect(Self.guides.count >= 15)
        for text in Self.guides {
            let clauses = ClauseCutter.clauses(of: text)
            #expect(fault(clauses, of: text) == nil)
            #expect(clauses.count > 10)
        }
    }

    /// The table of examples in the guide.
    @Test func theGuideTellsTheTruth() throws {
        let parts = Self.guides.lazy.map { $0.components(separatedBy: "\n## What is read aloud, and how\n") }
        let part = try #require(parts.first { $0.count == 2 }?.last)
        let rows = part.split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(rows.count >= 25)
        for row in rows {
            let cells = row.dropFirst(3).dropLast(2).components(separatedBy: "` | ")
            #expect(spoken(cells[0]) == cells[1])
        }
    }

    @Test func piecesMakeNoDifference() {
        var writer = Writer(random: Random(seed: 99))
        for _ in 0..<300 {
            let text = writer.sentence() + " " + writer.sentence()
            let whole = ClauseCutter.clauses(of: text, cutsFirstShort: true)
            var cutter = ClauseCutter(), clauses: [Clause] = [], rest = text.unicodeScalars[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...12, using: &writer.random)
                clauses += cutter.append(String(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(clauses + cutter.finish() == whole, "\(text.debugDescription)")
        }
    }

    @Test func otherLanguagesLoseNothing() {
        var writer = Writer(random: Random(seed: 7))
        for language in ["de", "fr", "es", "ja", "ru"] {
            for _ in 0..<100 {
                let text = writer.sentence()
                let clauses = ClauseCutter.clauses(of: text, language: language)
                #expect(clauses.map(\.source).joined() == text)
                for clause in clauses { #expect(!clause.text.contains { "*`|😀\n".contains($0) }, "\(clause.text)") }
            }
        }
    }

    @Test(.enabled(if: Espeak.path != nil, "espeak-ng is not installed"))
    func espeakHasSoundsForAll() async throws {
        var writer = Writer(random: Random(seed: 3))
        let phonemizer = EspeakPhonemizer()
        for _ in 0..<200 {
            for clause in ClauseCutter.clauses(of: writer.sentence()) where !clause.text.isEmpty {
                #expect(try await !phonemizer.phonemes(of: clause).isEmpty, "\(clause.text)")
            }
        }
    }
}
