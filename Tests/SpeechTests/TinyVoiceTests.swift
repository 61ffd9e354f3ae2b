import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiModels
import TuttiTensors

/// Voices of kinds that no voice at hand is of, small and with random weights: with the single convolutions of low voices,
/// and with the pairs of high ones and several speakers.
private enum TinyVoice {
    static func path(_ name: String) -> String { PiperGolden.folder.appending(path: "tiny-\(name).onnx").path }

    static func golden(_ name: String) throws -> SafetensorsGolden {
        try SafetensorsGolden(PiperGolden.folder.appending(path: "tiny-\(name).safetensors"))
    }

    /// How the goldens were spoken.
    static func manner(_ golden: SafetensorsGolden, speaker: Int) throws -> VITSManner {
        var manner = VITSManner()
        manner.speaker = speaker
        (manner.noiseScale, manner.lengthScale, manner.durationNoiseScale) = (0.5, 1.3, 0.7)
        manner.noise = .given(
            durations: try #require(golden.floats("\(speaker).durations_noise")),
            prior: try #require(golden.floats("\(speaker).prior_noise")))
        return manner
    }
}

@Suite struct TinyVoiceTests {
    private let pool = ComputePool(threads: 2)

    @Test(arguments: [("low", 0), ("high", 0), ("high", 2)])
    func agreesWithONNXRuntime(name: String, speaker: Int) throws {
        let voice = try PiperVITS(path: TinyVoice.path(name), pool: pool), golden = try TinyVoice.golden(name)
        #expect(voice.speakerCount == (name == "high" ? 3 : 1))
        #expect(voice.symbolCount == 20)
        let ids = try #require(golden.words("ids")).map(Int.init), step = Step(pool: pool)
        var utterance = voice.utterance(ids, try TinyVoice.manner(golden, speaker: speaker), step)
        #expect(utterance.durations == golden.words("\(speaker).durations")?.map(Int.init))
        let wave = try #require(golden.floats("\(speaker).wave"))
        var whole = utterance
        let samples = voice.samples(&whole, frames: 0..<utterance.frameCount, step)
        #expect(samples.count == wave.count)
        // Random weights spread more than a voice's: rounding is all that differs.
        #expect(worstDifference(samples, wave) < 1e-4)
        var joined: [Float] = []
        for first in stride(from: 0, to: utterance.frameCount, by: 5) {
            let frames = first..<min(first + 5, utterance.frameCount)
            joined += voice.samples(&utterance, frames: frames, step)
        }
        #expect(joined == samples)
    }

    @Test func speakersSoundDifferent() throws {
        let voice = try PiperVITS(path: TinyVoice.path("high"), pool: pool), step = Step(pool: pool)
        let spoken = (0..<3).map { speaker in
            var manner = VITSManner()
            manner.speaker = speaker
            var utterance = voice.utterance([1, 0, 7, 0, 2], manner, step)
            return voice.samples(&utterance, frames: 0..<utterance.frameCount, step)
        }
        #expect(Set(spoken).count == 3)
    }

    /// A copy of a voice with the bytes of one text replaced by as many others.
    private func withChanged(_ name: String, _ old: String, _ new: String, _ body: (String) throws -> Void) throws {
        var bytes = try Data(contentsOf: URL(filePath: TinyVoice.path(name)))
        #expect(old.utf8.count == new.utf8.count)
        while let range = bytes.range(of: Data(old.utf8)) { bytes.replaceSubrange(range, with: Data(new.utf8)) }
        try withFile(bytes, body)
    }

    private func withFile(_ bytes: Data, _ body: (String) throws -> Void) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "tiny-\(UUID().uuidString).onnx")
        try bytes.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try body(file.path)
    }

    @Test(arguments: [
        "/enc_p/emb/Gather", "/enc_p/encoder/attn_layers.0/conv_q/Conv", "/enc_p/encoder/ffn_layers.2/conv_2/Conv",
        "/enc_p/proj/Conv", "/dp/pre/Conv", "/dp/proj/Conv", "/dp/convs/convs_1x1.1/Conv", "/dp/flows.7/proj/Conv",
        "/flow/flows.4/enc/in_layers.0/Conv", "/flow/flows.4/pre/Conv", "/dp/flows.5/pre/Conv",
        "/enc_p/encoder/attn_layers.3/conv_q/Conv", "/dec/resblocks.2/convs.0/Conv", "/dec/ups.0/ConvTranspose",
        "/flow/flows.4/enc/res_skip_layers.1/Conv", "/flow/flows.2/post/Conv",
        "/dec/conv_pre/Conv", "/dec/conv_post/Conv", "enc_p.encoder.norm_layers_1.3.gamma", "dp.flows.0.m",
        "enc_p.encoder.attn_layers.1.emb_rel_v",
    ])
    func missingPartsAreNamed(part: String) throws {
        let other = part.replacing("_", with: "-").replacing("Conv", with: "Knov").replacing("Gather", with: "Father")
            .replacing("flows.0.m", with: "flows.0.n")
        try withChanged("low", part, other) { path in
            let error = #expect(throws: CheckpointError.self) { try PiperVITS(path: path, pool: pool) }
            #expect("\(error, default: "")".contains("no tensor"))
        }
    }

    @Test func wrongShapesAreRefused() throws {
        // Read another's weights: as many numbers in another shape.
        try withChanged("low", "dec.ups.1.ConvTranspose.weight", "dec.ups.0.ConvTranspose.weight") { path in
            #expect(throws: CheckpointError.self) { try PiperVITS(path: path, pool: pool) }
        }
        try withChanged("low", "dp.flows.0.m", "dp.proj.bias") { path in
            #expect(throws: CheckpointError.self) { try PiperVITS(path: path, pool: pool) }
        }
    }

    @Test func otherGraphsAreRefused() throws {
        let graphs = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "CheckpointsTests/Goldens/graphs")
        for name in try FileManager.default.contentsOfDirectory(atPath: graphs.path) where name.hasSuffix(".onnx") {
            #expect(throws: CheckpointError.self) {
                try PiperVITS(path: graphs.appending(path: name).path, pool: pool)
            }
        }
    }

    /// What a voice from `bytes` does: it is refused with a reason, or it speaks, whatever it says.
    /// - Returns: Whether it is refused.
    private func isRefused(_ bytes: Data) throws -> Bool {
        var isRefused = false
        try withFile(bytes) { path in
            do {
                let voice = try PiperVITS(path: path, pool: pool), step = Step(pool: pool)
                let ids = [1, 0, 2].map { min($0, voice.symbolCount - 1) }
                var utterance = voice.utterance(ids, VITSManner(), step)
                let frames = 0..<min(8, utterance.frameCount)
                let samples = voice.samples(&utterance, frames: frames, step)
                #expect(samples.count == frames.count * voice.samplesPerFrame)
            } catch {
                #expect(error is CheckpointError || error is ModelError, "\(error)")
                isRefused = true
            }
        }
        return isRefused
    }

    @Test(arguments: ["low", "high"], 0..<4)
    func damagedFilesDoNotCrash(name: String, part: Int) throws {
        let whole = try Data(contentsOf: URL(filePath: TinyVoice.path(name)))
        var random = Random(seed: UInt64(part)), refused = 0
        for _ in 0..<40 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...30, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
            }
            if part == 0 { bytes = bytes.prefix(Int.random(in: 0..<bytes.count, using: &random)) }
            refused += try isRefused(bytes) ? 1 : 0
        }
        #expect(refused > 0)
    }

    /// The same where it hurts most: in what convolutions are told besides their weights.
    @Test(arguments: ["group", "strides", "dilations", "pads"])
    func damagedAttributesDoNotCrash(attribute: String) throws {
        let whole = try Data(contentsOf: URL(filePath: TinyVoice.path("low"))), name = Data(attribute.utf8)
        var places: [Int] = [], from = whole.startIndex
        while let found = whole.range(of: name, in: from..<whole.endIndex) {
            places.append(found.upperBound)
            from = found.upperBound
        }
        var random = Random(seed: 5), refused = 0
        for _ in 0..<60 {
            var bytes = whole
            let place = try #require(places.randomElement(using: &random))
            bytes[place + Int.random(in: 0..<8, using: &random)] = .random(in: 0...255, using: &random)
            refused += try isRefused(bytes) ? 1 : 0
        }
        #expect(refused > 0)
    }
}
