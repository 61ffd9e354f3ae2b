import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiModels
import TuttiTensors

/// Models quantised while they are loaded.
@Suite struct QuantizedLoadingTests {
    /// Perplexities of llama-quantize's files of the same model, measured by Tutti (Benchmarks/quantize/compare.py).
    private struct Golden {
        let models: [String: [String: [String: Double]]]

        init() throws {
            let file = goldens("ModelsTests").appending(path: "quantized-perplexity.json")
            models = try JSONDecoder().decode([String: [String: [String: Double]]].self, from: Data(contentsOf: file))
        }
    }

    static let types: [QuantizationType] =
        TestModel.isFull ? QuantizationType.allCases : [.bf16, .q8_0, .q5_0, .q4KM, .iq4NL, .q4_0]

    @Test(arguments: types)
    func foretellAsWellAsLlamaQuantizesFiles(type: QuantizationType) async throws {
        let theirs = try #require(try Golden().models["smollm2-135m"]?[type.rawValue]?["english"])
        let text = try #require(try PerplexityGolden.load().models["smollm2"]?["english"])
        let model = try ScoredModel("smollm2-135m", isExact: false, quantization: type)
        let ours = try await model.perplexity(text.ids, window: 256).perplexity
        #expect(abs(ours / theirs - 1) < 0.01, "\(type.rawValue): \(ours), llama-quantize \(theirs)")
    }

    /// The matrix that is packed on the way is the one that a file would have held.
    @Test func giveWhatAFileGives() throws {
        var random = Random(seed: 9)
        let rows = 37, columns = 512, values = random.floats(rows * columns, scale: 0.05),
            pool = ComputePool(threads: 2)
        for format in DType.allCases where format.canQuantize {
            var blocks = [UInt8](repeating: 0, count: format.byteCount(elements: values.count) ?? 0)
            values.withUnsafeBufferPointer { values in
                blocks.withUnsafeMutableBytes { format.quantize(values, into: $0) }
            }
            let direct = values.withUnsafeBytes {
                PackedMatrix($0, from: .f32, to: format, rows: rows, columns: columns, pool: pool)
            }
            let packed = blocks.withUnsafeBytes {
                PackedMatrix($0, dtype: format, rows: rows, columns: columns, pool: pool)
            }
            let matrix = try #require(direct)
            #expect(matrix.dtype == format && matrix.byteCount == packed.byteCount)
            for panel in 0..<packed.panelCount {
                let count = packed.byteCount / packed.panelCount
                let a = UnsafeRawBufferPointer(start: matrix.panel(panel), count: count)
                let b = UnsafeRawBufferPointer(start: packed.panel(panel), count: count)
                #expect(a.elementsEqual(b), "\(format.name), panel \(panel)")
            }
        }
    }

    @Test func refuseWhatCannotBeStored() {
        var values = [Float](repeating: 0.5, count: 64 * 32)
        values[777] = .nan
        let matrix = values.withUnsafeBytes {
            PackedMatrix($0, from: .f32, to: .q8_0, rows: 64, columns: 32, pool: ComputePool(threads: 2))
        }
        #expect(matrix == nil)
    }
}
