import CKernels
import TestSupport
import Testing
import TuttiTensors

private func quantize(_ values: [Float], _ format: DType) -> [UInt8] {
    var blocks = [UInt8](repeating: 0xaa, count: format.byteCount(elements: values.count)!)
    var span = blocks.mutableSpan
    var bytes = span.mutableBytes
    format.quantize(values.span, into: &bytes)
    return blocks
}

private func dequantize(_ blocks: [UInt8], _ format: DType, count: Int) -> [Float] {
    var values = [Float](repeating: .nan, count: count)
    var span = values.mutableSpan
    format.dequantize(blocks.span.bytes, into: &span)
    return values
}

/// Root of the mean square difference.
private func error(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
    let sum = zip(a, b).reduce(0.0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
    return (sum / Double(a.count)).squareRoot()
}

/// The values of `scripts/goldens/make_quantized.py`: 40 rows like weights, then hard ones; 256 a row.
private struct QuantizedGolden {
    static let weightRows = 40
    let values: [Float]
    private let golden: SafetensorsGolden

    init() throws {
        golden = try SafetensorsGolden(goldens("TensorsTests").appending(path: "quantized.safetensors"))
        values = try #require(golden.floats("values"))
    }

    func blocks(_ format: DType) throws -> [UInt8] { try #require(golden.bytes("\(format.name).bytes")) }
}

@Suite struct QuantizeTests {
    static let formats = DType.allCases.filter(\.canQuantize)

    @Test(arguments: [DType.f16, .bf16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0])
    func formatsWithoutASearchEqualLibggmlByteForByte(format: DType) throws {
        let golden = try QuantizedGolden()
        let theirs = try golden.blocks(format)
        #expect(quantize(golden.values, format) == theirs)
    }

    /// A search may end elsewhere than another; what it costs must not differ.
    @Test(arguments: [DType.iq4NL, .q4K, .q5K, .q6K])
    func searchedFormatsAreAsNearAsLibggml(format: DType) throws {
        let golden = try QuantizedGolden(), count = golden.values.count
        let ours = dequantize(quantize(golden.values, format), format, count: count)
        let theirs = dequantize(try golden.blocks(format), format, count: count)
        let weights = 0..<256 * QuantizedGolden.weightRows
        let ratio = error(ours[weights], golden.values[weights]) / error(theirs[weights], golden.values[weights])
        #expect(ratio < 1.003, "\(ratio)")
        for first in stride(from: weights.upperBound, to: count, by: 256) {
            let row = first..<first + 256
            // A row of a single shape is luck: another end of the search may cost 3 %, another float16 scale half a
            // unit of its last place.
            let largest = Double(golden.values[row].map(abs).max() ?? 0)
            let allowed = 1.03 * error(theirs[row], golden.values[row]) + largest / 2048
            #expect(error(ours[row], golden.values[row]) <= allowed, "row \(first / 256)")
        }
    }

    @Test func everyHalfComesBack() {
        for format in [DType.f16, .bf16] {
            let all = (UInt16.min...UInt16.max).flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
            let values = dequantize(all, format, count: 65536)
            let again = dequantize(quantize(values, format), format, count: 65536)
            #expect(zip(values, again).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) })
        }
    }

    /// The largest error of a block is half a step or a little more, and a step is what the block's range allows.
    @Test(arguments: formats)
    func errorsAreBounded(format: DType) {
        var random = Random(seed: 17)
        let values = random.floats(64 * 256)
        let back = dequantize(quantize(values, format), format, count: values.count)
        let bound: [DType: Float] = [
            .f32: 0, .f16: 1 / 2048, .bf16: 1 / 256, .q8_0: 1 / 235, .q6K: 1 / 28, .q5_0: 1 / 15, .q5_1: 1 / 30,
            .q5K: 1 / 20, .q4_0: 1 / 7, .q4_1: 1 / 14, .q4K: 1 / 10, .iq4NL: 1 / 6,
        ]
        for block in stride(from: 0, to: values.count, by: format.blockElements) {
            let range = block..<block + format.blockElements
            let largest = values[range].map(abs).max()!
            for i in range {
                #expect(abs(values[i] - back[i]) <= bound[format]! * largest, "\(format.name)")
            }
        }
    }

    /// Whatever stands in a damaged file: no trap, no undefined conversion, and finite scales for finite values.
    @Test(arguments: formats)
    func hardValuesGiveSomeBlock(format: DType) {
        let hard: [Float] = [
            .infinity, -.infinity, .nan, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude,
            -.leastNonzeroMagnitude, 1e-20, 1e20, 0,
        ]
        for (place, value) in hard.enumerated() {
            for filler in [Float(0), 1, value] {
                var values = [Float](repeating: filler, count: 512)
                values[37 + place] = value
                let back = dequantize(quantize(values, format), format, count: 512)
                guard value.isFinite, ![.f16, .bf16].contains(format) else { continue }
                #expect(!back.contains { !$0.isFinite }, "\(format.name) of \(value) among \(filler)")
            }
        }
    }

    @Test func whatAFormatCannotHoldIsTold() {
        func holds(_ format: DType, _ values: [Float]) -> Bool { values.withUnsafeBufferPointer { format.canHold($0) } }
        let values: [Float] = [1, -.greatestFiniteMagnitude, 0]
        #expect(holds(.q4_0, values) && holds(.q4_0, []) && holds(.f16, [65504, -65504]))
        #expect(!holds(.f16, [65505]) && !holds(.f16, [-1e5]))
        for bad in [Float.nan, .infinity, -.infinity] { #expect(!holds(.q4_0, values + [bad])) }
    }

    @Test func aWrongSizeTraps() async {
        await #expect(processExitsWith: .failure) {
            let values = [Float](repeating: 1, count: 32)
            var blocks = [UInt8](repeating: 0, count: 17)
            var span = blocks.mutableSpan
            var bytes = span.mutableBytes
            DType.q4_0.quantize(values.span, into: &bytes)
        }
    }
}

extension KernelTests {
    @Suite(.serialized) struct QuantizeKernelTests {
        /// The wide searches against the plain ones, bit for bit: a file must not depend on who made it.
        @Test(arguments: [DType.iq4NL, .q4K, .q5K, .q6K])
        func everyInstructionSetGivesTheSameBytes(format: DType) throws {
            defer { tutti_set_isa(TUTTI_WIDEST) }
            var random = Random(seed: 23)
            let values = try QuantizedGolden().values + random.floats(16 * 256, scale: 1e-3)
            tutti_set_isa(TUTTI_PORTABLE)
            let plain = quantize(values, format)
            for isa in instructionSets {
                tutti_set_isa(isa)
                let wide = quantize(values, format)
                #expect(wide == plain)
            }
        }
    }
}
