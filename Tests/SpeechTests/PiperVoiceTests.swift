import Foundation
import TestSupport
import Testing
import TuttiModels
import TuttiSpeech
import TuttiTensors

/// Phonemes that were written down before, of clauses that have their text as a name.
private struct KnownPhonemes: Phonemizer {
    let known: [String: String]

    func phonemes(of clause: Clause) throws -> String { known[clause.text] ?? "" }
}

/// A file that is gone with its owner.
private final class ScratchFolder {
    let url = FileManager.default.temporaryDirectory.appending(path: "piper-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: url) }

    /// The joe voice with its description changed: the weights are a link.
    func voice(_ change: (inout [String: Any]) -> Void) throws -> String {
        let weights = try SpeechWeights.path("piper-joe", "en_US-joe-medium.onnx")
        let path = url.appending(path: "voice.onnx").path
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: weights)
        let data = try Data(contentsOf: URL(filePath: weights + ".json"))
        var json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        change(&json)
        try JSONSerialization.data(withJSONObject: json).write(to: URL(filePath: path + ".json"))
        return path
    }
}

@Suite struct PiperVoiceTests {
    static let voice = Result {
        try PiperVoice(path: try SpeechWeights.path("piper-joe", "en_US-joe-medium.onnx"), pool: PiperJoe.pool)
    }
    static let synthesizer = Result {
        let phonemes = KnownPhonemes(known: [
            "Of course": "ʌv kˈɔːɹs", "hello": "həlˈoʊ", "world": "wˈɜːld",
            "do not touch that wire": "duː nˌɑːt tˈʌtʃ ðæt wˈaɪɚ",
        ])
        return try PiperSynthesizer(
            path: try SpeechWeights.path("piper-joe", "en_US-joe-medium.onnx"), phonemizer: phonemes,
            pool: PiperJoe.pool)
    }

    @Test func readsWhatComesBesideTheWeights() throws {
        let voice = try Self.voice.get()
        #expect(voice.sampleRate == 22050)
        #expect(voice.espeakVoice == "en-us")
        #expect(voice.language == "en-us")
        #expect(voice.speakers == ["joe"])
    }

    @Test func phonemesBecomeTheReferencesIds() throws {
        let voice = try Self.voice.get()
        for sentence in try PiperGolden.all.get().sentences {
            #expect(voice.ids(of: sentence.phonemes) == sentence.ids)
        }
        // Precomposed letters are taken apart, and what nobody knows is left out.
        #expect(voice.ids(of: "\u{00e7}") == voice.ids(of: "c\u{0327}"))
        #expect(voice.ids(of: "a☃b") == voice.ids(of: "ab"))
        #expect(voice.ids(of: "") == [1, 0, 2])
    }

    @Test func descriptionsThatSayNonsenseAreRefused() throws {
        func refusal(_ change: (inout [String: Any]) -> Void) throws -> String {
            let folder = try ScratchFolder(), path = try folder.voice(change)
            let error = #expect(throws: PiperVoiceError.self) { try PiperVoice(path: path, pool: PiperJoe.pool) }
            return error.map { "\($0)" } ?? ""
        }
        #expect(try refusal { $0["phoneme_type"] = "pinyin" }.contains("g2pW"))
        #expect(try refusal { $0["phoneme_type"] = "openjtalk" }.contains("openjtalk"))
        #expect(try refusal { $0["audio"] = ["sample_rate": 0] }.contains("audio.sample_rate"))
        #expect(try refusal { $0["audio"] = nil }.contains("audio.sample_rate"))
        #expect(try refusal { $0["espeak"] = ["voice": ""] }.contains("espeak.voice"))
        #expect(try refusal { $0["inference"] = ["length_scale": -1] }.contains("length_scale"))
        #expect(try refusal { $0["inference"] = ["noise_w": 1e9] }.contains("noise_w"))
        #expect(try refusal { $0["phoneme_id_map"] = ["a": [256]] }.contains("below 256"))
        #expect(try refusal { $0["phoneme_id_map"] = ["a": [-1]] }.contains("below 256"))
        #expect(try refusal { $0["phoneme_id_map"] = ["a": [3]] }.contains("^"))
    }

    @Test func aVoiceWithoutDescriptionIsRefused() throws {
        let folder = try ScratchFolder(), path = try folder.voice { _ in }
        try FileManager.default.removeItem(atPath: path + ".json")
        #expect(throws: PiperVoiceError.noDescription(path + ".json")) {
            try PiperVoice(path: path, pool: PiperJoe.pool)
        }
    }

    @Test func speakersThatAreNotThereAreRefused() throws {
        var options = SpeechOptions()
        options.voice = "nobody"
        #expect(throws: PiperVoiceError.unknownSpeaker("nobody", known: ["joe"])) {
            try Self.voice.get().manner(options)
        }
        options.voice = "joe"
        #expect(try Self.voice.get().manner(options).speaker == 0)
    }

    private func collected(
        _ clauses: [Clause], _ options: SpeechOptions = SpeechOptions()
    ) async throws -> [SpokenPiece] {
        var pieces: [SpokenPiece] = []
        for try await piece in try Self.synthesizer.get().speak(clauses: clauses, options) { pieces.append(piece) }
        return pieces
    }

    private let clauses = [
        Clause(text: "Of course", mark: ",", source: "Of course, "),
        Clause(text: "hello", mark: ",", source: "hello, "),
        Clause(text: "world", mark: ".", source: "world. "),
        Clause(text: "", mark: ".", source: "🙂 "),
        Clause(text: "do not touch that wire", mark: "!", source: "Do not touch that wire!"),
    ]

    @Test func speaksAllThatWasWrittenInOrder() async throws {
        let pieces = try await collected(clauses), voice = try Self.voice.get()
        // The first clause by itself, then sentences.
        #expect(
            pieces.map(\.text).filter { !$0.isEmpty } == [
                "Of course, ", "hello, world. ", "🙂 Do not touch that wire!",
            ])
        #expect(pieces.allSatisfy { $0.samples.allSatisfy { abs($0) <= 1 } })
        // The very samples of the model, where nothing is faded.
        let step = Step(pool: PiperJoe.pool)
        var model = voice.model.utterance(voice.ids(of: "ʌv kˈɔːɹs,"), try voice.manner(SpeechOptions()), step)
        let whole = voice.model.samples(&model, frames: 0..<model.frameCount, step)
        let spoken = pieces.flatMap(\.samples)
        #expect(Array(spoken[200..<whole.count - 200]) == Array(whole[200..<whole.count - 200]))
        #expect(pieces[0].samples.count <= 30 * voice.model.samplesPerFrame)
    }

    @Test func jointsDoNotClick() async throws {
        let spoken = try await collected(clauses).flatMap(\.samples)
        #expect(spoken.first == 0)
        #expect(spoken.last == 0)
        // Silence of the mark's length lies between utterances, and sound meets it at zero.
        let silences = spoken.indices.filter { spoken[$0] == 0 }
        let pause = Int(PiperVoice.pause(after: ",") * 22050)
        var longest = 0, run = 0
        for (place, next) in zip(silences, silences.dropFirst()) {
            run = next == place + 1 ? run + 1 : 0
            longest = max(longest, run)
        }
        #expect(longest >= pause)
        for place in spoken.indices.dropFirst() where spoken[place] == 0 || spoken[place - 1] == 0 {
            #expect(abs(spoken[place] - spoken[place - 1]) < 0.01)
        }
    }

    @Test func theSameSeedSoundsTheSame() async throws {
        var options = SpeechOptions()
        options.seed = 7
        let first = try await collected(clauses, options)
        #expect(try await collected(clauses, options) == first)
        options.seed = 8
        #expect(try await collected(clauses, options) != first)
        options.noise = 0
        let quiet = try await collected(clauses, options)
        options.seed = 9
        #expect(try await collected(clauses, options) == quiet)
    }

    @Test func speedShortensSoundAndPauses() async throws {
        var options = SpeechOptions()
        options.noise = 0
        let usual = try await collected(clauses, options).reduce(0) { $0 + $1.samples.count }
        options.speed = 2
        let fast = try await collected(clauses, options).reduce(0) { $0 + $1.samples.count }
        // Frames of each symbol are rounded up.
        #expect(Double(fast) > 0.45 * Double(usual) && Double(fast) < 0.75 * Double(usual))
    }

    @Test func nothingToSayIsSilence() async throws {
        #expect(try await collected([]).isEmpty)
        let silent = try await collected([Clause(text: "", mark: ".", source: "🙂")])
        #expect(silent == [SpokenPiece(text: "🙂", samples: [])])
    }

    @Test func cancellingStops() async throws {
        let many = Array(repeating: clauses, count: 500).flatMap(\.self)
        let task = Task {
            var count = 0
            for try await piece in try Self.synthesizer.get().speak(clauses: many) { count += piece.samples.count }
            return count
        }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        // It ends, and long before all is said: 500 times three seconds.
        let count = try? await task.value
        #expect(count ?? 0 < 500 * 22050)
    }
}
