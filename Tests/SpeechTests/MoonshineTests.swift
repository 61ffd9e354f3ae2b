import Foundation
import TestSupport
import Testing
import TuttiAudio
import TuttiModels
import TuttiTensors

/// Moonshine tiny beside ONNX Runtime, stage by stage: what quantises whole tensors cannot be compared end to end but by
/// its words, because ONNX Runtime itself is some percent away from itself when the sound changes by 1e-8.
@Suite struct MoonshineTests {
    static let folder = goldens("SpeechTests").appending(path: "moonshine")
    static let pool = ComputePool(threads: 2)
    static let model = Result {
        try Moonshine(
            encoder: SpeechWeights.path("moonshine-tiny", "encoder_model.ort"),
            decoder: SpeechWeights.path("moonshine-tiny", "decoder_model_merged.ort"), pool: pool)
    }
    let model: Moonshine
    let stages: SafetensorsGolden
    let step = Step(pool: MoonshineTests.pool)

    init() throws {
        model = try MoonshineTests.model.get()
        stages = try SafetensorsGolden(MoonshineTests.folder.appending(path: "stages.safetensors"))
    }

    private func tensor(_ name: String, width: Int = 288) throws -> Tensor {
        let values = try #require(stages.floats(name)), tensor = step.scratch(values.count / width, width)
        tensor.fill(from: values)
        return tensor
    }

    /// `[channels, frames]` as `[frames, channels]`.
    private func turned(_ name: String) throws -> Tensor {
        let values = try #require(stages.floats(name)), frames = values.count / 288, tensor = step.scratch(frames, 288)
        for frame in 0..<frames { tensor[row: frame].fill(from: (0..<288).map { values[$0 * frames + frame] }) }
        return tensor
    }

    /// How far two tensors are apart, in parts of the second's length.
    private func distance(_ x: Tensor, _ golden: Tensor) -> Float {
        #expect(x.rows == golden.rows && x.width == golden.width)
        var difference: Double = 0, length: Double = 0
        for row in 0..<x.rows {
            for (a, b) in zip(x.values(row: row), golden.values(row: row)) {
                difference += Double(a - b) * Double(a - b)
                length += Double(b) * Double(b)
            }
        }
        return Float((difference / length).squareRoot())
    }

    @Test func itsSizesAreThoseOfTheFile() {
        let config = model.config
        #expect(config.hidden == 288 && config.encoderLayers == 6 && config.decoderLayers == 6)
        #expect(config.encoderFeedForward == 1152 && config.decoderFeedForward == 1152 && config.vocabulary == 32768)
    }

    @Test func theStemAgreesWithTheReference() throws {
        let samples = try #require(stages.floats("audio")), waves = model.encoder.stem.waves(samples, step)
        #expect(distance(waves, try turned("encoder.conv1")) < 1e-5)
        model.encoder.stem.normalize(waves, step)
        #expect(distance(waves, try turned("encoder.groupnorm")) < 1e-5)
        #expect(distance(model.encoder.stem(samples, step), try turned("encoder.stem")) < 1e-5)
        withExtendedLifetime(step) {}
    }

    @Test(arguments: 0..<6) func layersOfTheEncoderAgreeWithTheReference(index: Int) throws {
        let x = try index == 0 ? turned("encoder.stem") : tensor("encoder.layer\(index - 1).output")
        var memory = model.encoder.makeMemory()
        let batch = model.encoder.batch(frames: x.rows, &memory)
        model.encoder.layers[index](x, batch, model.encoder.angles(batch, step), step)
        if index == 5 { model.encoder.finish(x, step) }
        let far = distance(x, try tensor(index == 5 ? "encoder.output" : "encoder.layer\(index).output"))
        #expect(far < 5e-3)
        withExtendedLifetime(step) {}
    }

    @Test func layersOfTheDecoderAgreeWithTheReference() throws {
        let tokens = try #require(stages.words("tokens")).enumerated().filter { $0.offset % 2 == 0 }.dropLast().map {
            // The low halves of 64 bits.
            Token($0.element)
        }
        let states = try tensor("encoder.output")
        var heard = KeyValueMemory(model.decoder.layout), own = KeyValueMemory(model.decoder.layout)
        model.decoder.hear(states, into: &heard, step)
        let batch = Batch(
            sequences: [SequenceRows(rows: 0..<tokens.count, start: 0, pages: [own.pages(tokens: tokens.count)])],
            outputs: [], layout: model.decoder.layout)
        let looking = [
            SequenceRows(0..<tokens.count, lookingAt: states.rows, in: heard.pages(tokens: states.rows))
        ]
        let embedded = model.decoder.embed(tokens, step)
        #expect(distance(embedded, try tensor("decoder.embedding")) < 1e-6)
        for (index, layer) in model.decoder.layers.enumerated() {
            let x = try index == 0 ? tensor("decoder.embedding") : tensor("decoder.layer\(index - 1).output")
            layer(x, batch, looking, model.decoder.angles(batch, step), step, rounding: .whole)
            let far = distance(x, try tensor("decoder.layer\(index).output"))
            #expect(far < 5e-3)
        }
        let x = try tensor("decoder.layer5.output"), golden = try tensor("decoder.logits", width: 512)
        model.decoder.finish(x, step)
        let logits = model.decoder.logits(x, step, rounding: .whole), some = step.scratch(golden.rows, golden.width)
        for row in 0..<golden.rows { some[row: row].fill(from: Array(logits.values(row: row).prefix(golden.width))) }
        #expect(distance(some, golden) < 5e-3)
        withExtendedLifetime(step) {}
    }
}
