import Foundation
import Testing
import TuttiGeneration

@Suite struct StopSequencesTests {
    /// The text that comes out and the stop string, for one way of cutting the text into pieces.
    private func run(_ stops: [String], _ pieces: [String]) throws -> StopSequences.Emission {
        var sequences = try StopSequences(stops), out = StopSequences.Emission(text: "")
        for piece in pieces {
            let emission = sequences.append(piece)
            if out.stopped != nil { #expect(emission.text.isEmpty) }
            out.text += emission.text
            out.stopped = emission.stopped
        }
        let end = sequences.finish()
        return .init(text: out.text + end.text, stopped: end.stopped)
    }

    /// The definition: the first end of a stop string, and there the longest.
    private func plain(_ stops: [String], _ text: String) -> StopSequences.Emission {
        let bytes = Array(text.utf8)
        for end in 0...bytes.count {
            let here = stops.filter { bytes.prefix(end).reversed().starts(with: $0.utf8.reversed()) }
            guard let stop = here.max(by: { $0.utf8.count < $1.utf8.count }) else { continue }
            return .init(text: String(decoding: bytes.prefix(end - stop.utf8.count), as: UTF8.self), stopped: stop)
        }
        return .init(text: text)
    }

    @Test func holdsBackOnlyWhatMayBeAStop() throws {
        var sequences = try StopSequences(["</s>", "\nUser:"])
        #expect(sequences.append("Hello").text == "Hello")
        #expect(sequences.append(" <").text == " ")
        #expect(sequences.append("b><").text == "<b>")
        #expect(sequences.append("/s").text == "")
        #expect(sequences.append("/").text == "</s/")
        #expect(sequences.append("\n").text == "")
        #expect(sequences.append("\nUse").text == "\n")
        #expect(sequences.append("r: hi") == .init(text: "", stopped: "\nUser:"))
        #expect(sequences.append("more") == .init(text: "", stopped: "\nUser:"))
        #expect(sequences.finish() == .init(text: "", stopped: "\nUser:"))
    }

    @Test func theEndLetsOutWhatWasHeld() throws {
        var sequences = try StopSequences(["stop"])
        #expect(sequences.append("do not sto").text == "do not ")
        #expect(sequences.finish() == .init(text: "sto"))
    }

    @Test(
        arguments: [
            (["aab"], "aaaab rest"), (["abab", "bc"], "ababc"), (["abc", "b"], "xabc"), (["b", "ab"], "xab"),
            (["he", "she", "hers"], "ushers"), ([], "anything"), (["z"], "no such letter"), (["é"], "cafe\u{301} café"),
            (["\r"], "line\r\nnext"), (["👍🏽"], "👍 👍🏽!"), (["👍"], "ok 👍🏽"), (["日本"], "今日は日本語"),
            (["abcabcabd"], "abcabcabcabd"),
        ] as [([String], String)])
    func cutsDoNotMatter(stops: [String], text: String) throws {
        let expected = plain(stops, text)
        #expect(try run(stops, [text]) == expected)
        #expect(try run(stops, text.unicodeScalars.map { String($0) }) == expected)
        let scalars = Array(text.unicodeScalars)
        for cut in 0...scalars.count {
            let pieces = [scalars[..<cut], scalars[cut...]].map { String(String.UnicodeScalarView($0)) }
            #expect(try run(stops, pieces).text.utf8.elementsEqual(expected.text.utf8))
        }
    }

    @Test func equalsTheDefinitionOnRandomTexts() throws {
        let random = Philox(seed: 9)
        var step: UInt64 = 0
        func letters(_ count: Int) -> String {
            String(
                (0..<count).map { _ in
                    step += 1; return "abü"[Int(random.uniform(step: step) * 3)]
                })
        }
        for _ in 0..<300 {
            let stops = (0..<4).map { _ in letters(2 + Int(step % 4)) }, text = letters(60)
            #expect(try run(stops, text.map { String($0) }) == plain(stops, text))
        }
    }

    @Test func badStringsAreErrors() {
        #expect(throws: SamplingError.emptyString(option: "stop")) { try StopSequences(["a", ""]) }
        #expect(throws: SamplingError.stringsTooLong(option: "stop", byteCount: 16_385, limit: 16_384)) {
            try StopSequences([String(repeating: "x", count: 16_385)])
        }
    }
}

extension String {
    fileprivate subscript(index: Int) -> Character { self[self.index(startIndex, offsetBy: index)] }
}
