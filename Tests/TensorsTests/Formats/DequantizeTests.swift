import CKernels
import Testing
import TestSupport
import TuttiTensors

@Suite struct DequantizeTests {
    static let formats: [DType] = [
        .f16, .bf16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q2K, .q3K, .q4K, .q5K, .q6K, .iq4NL, .iq4XS, .mxfp4,
    ]

    /// `blocks`: sane scales; `extreme-blocks`: subnormal, infinite, NaN and arbitrary ones.
    @Test(arguments: formats, ["blocks", "extreme-blocks"])
    func equalsTheGGUFPackageBitForBit(format: DType, file: String) throws {
        let golden = try SafetensorsGolden(goldens("TensorsTests").appending(path: "\(file).safetensors"))
        let blocks = try #require(golden.bytes("\(format.name).bytes"))
        let expected = try #require(golden.words("\(format.name).values"))
        let values = dequantize(format, blocks, count: expected.count).map(\.bitPattern)
        let wrong = expected.indices.filter { !sameNumber(values[$0], expected[$0]) }
        #expect(wrong.isEmpty, "\(format.name): first at \(wrong.first ?? 0)")
    }

    /// IEEE 754 leaves open which NaN an operation on NaNs gives, and CPUs differ.
    func sameNumber(_ a: UInt32, _ b: UInt32) -> Bool {
        a == b || (Float(bitPattern: a).isNaN && Float(bitPattern: b).isNaN)
    }

    @Test func everyHalfIsExact() {
        for bits in UInt16.min...UInt16.max {
            #expect(tutti_half_to_float(bits).bitPattern == halfByDefinition(bits).bitPattern)
        }
    }

    func halfByDefinition(_ bits: UInt16) -> Float {
        let exponent = Int(bits >> 10 & 31), fraction = Double(bits & 1023)
        let sign: Double = bits & 0x8000 == 0 ? 1 : -1
        switch exponent {
        case 31 where fraction > 0:
            return Float(bitPattern: UInt32(bits & 0x8000) << 16 | 0x7f80_0000 | UInt32(fraction) << 13)
        case 31: return Float(sign * .infinity)
        case 0: return Float(sign * Double(sign: .plus, exponent: -24, significand: fraction))
        default: return Float(sign * Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024))
        }
    }

    @Test func plainNumbersAreConverted() {
        func littleEndian<T>(_ values: [T]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }
        #expect(dequantize(.f32, littleEndian([Float(1.5), -0.0]), count: 2).map(\.sign) == [.plus, .minus])
        #expect(dequantize(.f64, littleEndian([0.1, -2]), count: 2) == [0.1, -2])
        #expect(dequantize(.i8, littleEndian([Int8(-128), 127]), count: 2) == [-128, 127])
        #expect(dequantize(.i16, littleEndian([Int16(-300)]), count: 1) == [-300])
        #expect(dequantize(.i32, littleEndian([Int32(70_000)]), count: 1) == [70_000])
        #expect(dequantize(.i64, littleEndian([Int64(-5)]), count: 1) == [-5])
    }

    @Test func byteCountsKnowBlocksAndOverflow() {
        #expect(DType.q4K.byteCount(elements: 512) == 288)
        #expect(DType.q4K.byteCount(elements: 0) == 0)
        #expect(DType.q4K.byteCount(elements: 100) == nil)
        #expect(DType.f64.byteCount(elements: -8) == nil)
        #expect(DType.f64.byteCount(elements: .max) == nil)
    }

    @Test func aWrongSizeTraps() async {
        await #expect(processExitsWith: .failure) {
            var values: [Float] = [0, 0]
            let blocks = [UInt8](repeating: 0, count: 18)
            var span = values.mutableSpan
            DType.q4_0.dequantize(blocks.span.bytes, into: &span)
        }
    }

    private func dequantize(_ format: DType, _ blocks: [UInt8], count: Int) -> [Float] {
        var values = [Float](repeating: .nan, count: count)
        var span = values.mutableSpan
        format.dequantize(blocks.span.bytes, into: &span)
        return values
    }
}
