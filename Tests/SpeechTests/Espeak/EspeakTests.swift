import Foundation
import Synchronization
import TestSupport
import Testing
import TuttiSpeech

@Suite(.enabled(if: Espeak.path != nil, "espeak-ng is not installed"))
struct EspeakTests {
    struct Golden: Decodable, Sendable {
        struct Sentence: Decodable, Sendable { let text: String, phonemes: String }
        let version: String
        let sentences: [Sentence]

        static func load() throws -> Golden {
            let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "Goldens/espeak.json")
            return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
        }
    }

    /// The same sounds as from a process for each clause. Another version of the program has another dictionary: then most
    /// sounds, but not all, must be the same.
    @Test func agreesWithOneProcessForEachClause() async throws {
        let golden = try Golden.load()
        let isSameVersion = try await Espeak.version()?.hasPrefix(golden.version) == true
        let phonemizer = EspeakPhonemizer()
        var same = 0, all = 0
        for sentence in golden.sentences {
            var said = ""
            for clause in ClauseCutter.clauses(of: sentence.text) {
                said +=
                    try await phonemizer.phonemes(of: clause) + String(clause.mark) + (clause.endsSentence ? "" : " ")
            }
            let ours = said.decomposedStringWithCanonicalMapping
            if isSameVersion { #expect(ours == sentence.phonemes) }
            let kept = sentence.phonemes.unicodeScalars.difference(from: ours.unicodeScalars).removals.count
            (same, all) = (
                same + sentence.phonemes.unicodeScalars.count - kept, all + sentence.phonemes.unicodeScalars.count
            )
        }
        #expect(Double(same) > 0.9 * Double(all))
    }

    @Test func spellsWhatIsSpelled() async throws {
        let espeak = Espeak()
        func sounds(_ text: String) async throws -> String { try await espeak.phonemes(of: text, voice: "en-us") }
        #expect(try await sounds("NASA").contains("nˈæs"))
        // As many syllables with stress as there are letters.
        for (word, letters) in [("HTTP", 4), ("USA", 3), ("FAQ".lowercased(), 1), (Speakable.words("FAQ"), 3)] {
            #expect(try await sounds(word).count { "ˈˌ".contains($0) } == letters, "\(word)")
        }
    }

    @Test func severalLinesAreOneAnswer() async throws {
        let espeak = Espeak()
        let sounds = try await espeak.phonemes(of: "Dr. Smith. Hello. World", voice: "en-us")
        #expect(sounds.contains("smˈɪθ") && sounds.hasSuffix("wˈɜːld") && !sounds.contains("\n"))
        // And the next answer is its own.
        #expect(try await espeak.phonemes(of: "world", voice: "en-us") == "wˈɜːld")
    }

    @Test func marksOfLanguagesAreDropped() async throws {
        let sounds = try await Espeak().phonemes(of: "der Computer und das Meeting", voice: "de")
        #expect(!sounds.contains("(") && !sounds.contains(")") && !sounds.isEmpty)
    }

    @Test func hostileTextIsOnlyText() async throws {
        let espeak = Espeak()
        func sounds(_ text: String) async throws -> String { try await espeak.phonemes(of: text, voice: "en-us") }
        let world = try await sounds("world")
        let texts = [
            "a\0b", "one\ntwo\r\nthree\n\n", "\u{1}\u{2}\u{1B}[0m", "[[h@loU]]",
            "<speak><voice name=\"de\">hi</voice></speak>", "&lt;",
            "\u{FFFF}\u{E000}\u{202E}abc", String(repeating: "a", count: 5000), String(repeating: "word ", count: 3000),
            String(repeating: "長", count: 2000), "\u{2028}x\u{85}y", "'", "...", "!?", "😀", "e\u{301}\u{301}\u{301}",
            "%s %n %d", "-v de", "\\",
            String(repeating: "👨‍👩‍👧", count: 300),
        ]
        for text in texts {
            let answer = try await sounds(text)
            #expect(!answer.contains("\n") && !answer.contains("("))
            #expect(try await sounds("world") == world)
        }
        for text in ["", " \n "] { #expect(try await sounds(text) == "") }
        // Phonemes in brackets would be said as they stand.
        let plain = try await sounds("h@loU")
        #expect(try await sounds("[[h@loU]]") == plain)
        var random = Random(seed: 5)
        for _ in 0..<200 {
            let text = String(decoding: random.bytes(Int.random(in: 1...400, using: &random)), as: UTF8.self)
            _ = try await sounds(text)
        }
        #expect(try await sounds("world") == world)
    }

    @Test func manyAtOnceGetTheirOwnAnswers() async throws {
        let espeak = Espeak(), words = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
        var alone: [String: String] = [:]
        for word in words { alone[word] = try await espeak.phonemes(of: word, voice: "en-us") }
        #expect(Set(alone.values).count == words.count)
        let expected = alone
        try await withThrowingTaskGroup { group in
            for number in 0..<200 {
                group.addTask {
                    let word = words[number % words.count]
                    let voice = number % 3 == 0 ? "en-gb" : "en-us"
                    let sounds = try await espeak.phonemes(of: word, voice: voice)
                    if voice == "en-us" { #expect(sounds == expected[word]) }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(arguments: ["xx-nowhere", "", "-h", "../en", "en us", "en;ls"])
    func anUnknownVoiceIsNamed(voice: String) async {
        await #expect(throws: EspeakError.unknownVoice(voice)) { try await Espeak().phonemes(of: "hi", voice: voice) }
    }

    @Test func aCancelledTaskAsksNothing() async throws {
        let espeak = Espeak()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await espeak.phonemes(of: "hi", voice: "en-us")
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await espeak.phonemes(of: "world", voice: "en-us") == "wˈɜːld")
    }
}
