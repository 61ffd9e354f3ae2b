import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiModels
import TuttiSpeech
import TuttiTensors

/// What ONNX Runtime makes of the same weights (scripts/goldens/make_kokoro.py).
struct KokoroGolden: Decodable {
    struct Sentence: Decodable {
        let voice: String
        let speed: Float
        let phonemes: String
        let tokens: [Int]
        let samples: Int
        let rms: Float
    }

    /// A part of the graph.
    struct Part: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let inputs: [String: [Int]]
        let output: String
        let shape: [Int]

        var testDescription: String { name }
        /// Of the difference to the whole, both squared and summed up: where nothing is rounded, where some bytes are, and
        /// where one rounding follows another.
        var bound: Double { name == "spectrum" || name == "lstm" ? 1e-5 : 1e-2 }
    }

    let sentences: [Sentence]
    let parts: [Part]

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/kokoro")
    static let all = Result {
        try JSONDecoder().decode(KokoroGolden.self, from: Data(contentsOf: folder.appending(path: "golden.json")))
    }
}

@Suite struct KokoroTests {
    static let pool = ComputePool(threads: 2)
    static let synthesizer = Result {
        let file = try SpeechWeights.path("kokoro", "vocab.json")
        return try KokoroSynthesizer(folder: URL(filePath: file).deletingLastPathComponent(), pool: pool)
    }

    /// Whole sentences. What is rounded to bytes for a whole tensor carries each difference of a last digit on: where the
    /// gains of the first norm change by three ten-millionths, ONNX Runtime's own sound is up to four frames of 600 samples
    /// longer or shorter, and as far from what it was as from any other sound of that power. So lengths agree within
    /// frames, loudness closely, and samples part by part, below.
    @Test(arguments: 0..<3)
    func soundsAsInONNXRuntime(index: Int) throws {
        let voice = try Self.synthesizer.get().voice, golden = try KokoroGolden.all.get().sentences[index]
        #expect(voice.tokens(of: golden.phonemes) == golden.tokens)
        let style = try voice.style(of: golden.voice, tokens: golden.tokens.count)
        let samples = try voice.model.samples(
            tokens: golden.tokens, style: style, speed: golden.speed, Step(pool: Self.pool))
        #expect(abs(samples.count - golden.samples) <= 4 * 600)
        let power = samples.reduce(0) { $0 + $1 * $1 } / Float(samples.count)
        #expect(abs(power.squareRoot() - golden.rms) < 0.1 * golden.rms)
    }

    /// Parts of the graph on the same numbers: a byte here or there is rounded to its neighbour, no more.
    @Test(arguments: try KokoroGolden.all.get().parts)
    func partsAgreeWithONNXRuntime(part: KokoroGolden.Part) throws {
        let file = try GraphFile(path: try SpeechWeights.path("kokoro", "kokoro-v1.0.int8.onnx"))
        let numbers = try SafetensorsGolden(KokoroGolden.folder.appending(path: "parts.safetensors"))
        let own = Set(file.graph.inputs)
        let program = try GraphProgram(
            file, given: part.inputs.keys.filter { !own.contains($0) }, outputs: [part.output], pool: Self.pool)
        var given: [String: GraphValue] = [:]
        for name in program.inputs {
            // Nobody reads those that are not listed.
            guard let shape = part.inputs[name] else {
                given[name] = GraphValue([Float(0)], [])
                continue
            }
            let values = try #require(numbers.floats("\(part.name) \(name)"))
            given[name] = name == "tokens" ? GraphValue(values.map { Int($0) }, shape) : GraphValue(values, shape)
        }
        let result = try program.run(given, Step(pool: Self.pool))[0]
        #expect(result.shape == part.shape)
        let ours = try #require(result.floats), theirs = try #require(numbers.floats("\(part.name) output"))
        let power = theirs.reduce(0.0) { $0 + Double($1 * $1) }
        let distance = zip(ours, theirs).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
        #expect((distance / power).squareRoot() < part.bound, "\(part.name): \((distance / power).squareRoot())")
    }

    @Test(arguments: [
        ("həlˈoʊ ðˈɛɹ", "həlˈO ðˈɛɹ"), ("ðə kwˈɪk bɹˈaʊn fˈɑːks", "ðə kwˈɪk bɹˈWn fˈɑks"), ("dʒˈʌdʒ", "ʤˈʌʤ"),
        ("tʃˈɜːtʃ", "ʧˈɜɹʧ"), ("bˈɑːɾəl", "bˈɑTᵊl"), ("bˈɔɪ hˈaɪ dˈeɪ", "bˈY hˈI dˈA"),
        ("fˈoːɹ ɐ bˈɜːd", "fˈɔɹ ə bˈɜɹd"),
        ("ˌəʊvɚ ɡˈoʊ", "ˌQvəɹ ɡˈO"),
    ])
    func writesEnglishInItsOwnSigns(espeak: String, kokoro: String) throws {
        #expect(KokoroPhonemes.signs(for: espeak) == kokoro)
        // Every sign is in the vocabulary.
        #expect(try Self.synthesizer.get().voice.tokens(of: kokoro).count == kokoro.unicodeScalars.count)
    }

    private func spoken(_ pieces: AsyncThrowingStream<SpokenPiece, any Error>) async throws -> [SpokenPiece] {
        var all: [SpokenPiece] = []
        for try await piece in pieces { all.append(piece) }
        return all
    }

    @Test func saysAllThatIsWritten() async throws {
        let text = "Of course. It costs $3.50, and it is **done** by 5 pm! 🙂"
        let voice = try Self.synthesizer.get(), pieces = try await spoken(voice.speak(text))
        #expect(pieces.map(\.text).joined() == text)
        // The first clause comes by itself.
        #expect(pieces[0].text == "Of course. ")
        let samples = pieces.flatMap(\.samples)
        #expect(samples.count > 3 * voice.sampleRate && samples.count < 15 * voice.sampleRate)
        #expect((samples.map(abs).max() ?? 0) > 0.1)
        // Nothing is left to chance.
        #expect(try await spoken(voice.speak(text)) == pieces)
    }

    @Test func speaksFasterAndWithOtherVoices() async throws {
        let voice = try Self.synthesizer.get()
        #expect(voice.voices == ["jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "jm_kumo"])
        func samples(_ change: (inout SpeechOptions) -> Void) async throws -> [Float] {
            var options = SpeechOptions()
            change(&options)
            return try await spoken(voice.speak("Nothing at all to see here.", options)).flatMap(\.samples)
        }
        let plain = try await samples { _ in }, fast = try await samples { $0.speed = 2 }
        let other = try await samples { $0.voice = "jm_kumo" }
        #expect(Double(plain.count) / Double(fast.count) > 1.5)
        #expect(other != plain)
        await #expect(throws: KokoroVoiceError.self) { try await samples { $0.voice = "nobody" } }
    }

    @Test func refusesWhatItCannotSay() throws {
        let model = try Self.synthesizer.get().voice.model, step = Step(pool: Self.pool)
        let style = [Float](repeating: 0, count: Kokoro.styleWidth)
        #expect(throws: GraphError.self) { try model.samples(tokens: [], style: style, step) }
        #expect(throws: GraphError.self) { try model.samples(tokens: [100_000], style: style, step) }
        #expect(throws: GraphError.self) { try model.samples(tokens: [43], style: [1], step) }
        #expect(throws: GraphError.self) { try model.samples(tokens: [43], style: style, speed: 0, step) }
        #expect(throws: CancellationError.self) {
            try model.samples(tokens: [43], style: style, step) { true }
        }
    }

    @Test func isToldByItsFiles() throws {
        let file = try SpeechWeights.path("kokoro", "vocab.json")
        let form = SpeechModelForm(at: URL(filePath: file).deletingLastPathComponent())
        #expect(form == .kokoro && form?.speaks == true && form?.hears == false)
    }
}
