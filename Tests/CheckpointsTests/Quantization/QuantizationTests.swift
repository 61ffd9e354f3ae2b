import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiTensors

/// A tiny model of two layers in float32.
private func tinyModel(columns: Int = 256, poison: Float? = nil) -> GGUFWriter {
    var random = Random(seed: 5)
    var file = GGUFWriter()
    file.pairs = [
        ("general.architecture", .string("llama")), ("llama.block_count", .u32(2)), ("odd.u8", .u8(7)),
        ("odd.f64", .f64(0.1)), ("tokens", .array(8, [.string("a"), .string("žluť")])), ("general.file_type", .u32(0)),
    ]
    func add(_ name: String, _ dimensions: [UInt64]) {
        var values = random.floats(Int(dimensions.reduce(1, *)), scale: 0.05)
        if let poison, name == "blk.1.ffn_down.weight" { values[1000] = poison }
        file.tensors.append(.init(name, dimensions, 0, content: values.flatMap { bytes($0.bitPattern) }))
    }
    add("token_embd.weight", [UInt64(columns), 40])
    for layer in 0..<2 {
        add("blk.\(layer).attn_norm.weight", [UInt64(columns)])
        add("blk.\(layer).attn_v.weight", [UInt64(columns), 33])
        add("blk.\(layer).ffn_down.weight", [512, UInt64(columns)])
    }
    add("output.weight", [UInt64(columns), 40])
    return file
}

@Suite struct QuantizationTests {
    @Test(arguments: QuantizationType.allCases)
    func aModelIsWrittenAndReadBack(type: QuantizationType) throws {
        let scratch = try ScratchFolder()
        let source = try GGUFFile(path: scratch.write(tinyModel().encoded()))
        let target = scratch.url.appending(path: "out.gguf").path
        let quantization = try Quantization(source, as: type)
        #expect(quantization.requantizedCount == 0)
        var seen: [Int] = []
        try quantization.write(to: target, pool: ComputePool(threads: 2)) { done, total in
            seen.append(done)
            #expect(total == source.tensors.reduce(0) { $0 + $1.elementCount })
        }
        #expect(seen == seen.sorted() && seen.last == source.tensors.reduce(0) { $0 + $1.elementCount })
        let file = try GGUFFile(path: target)
        #expect(file.version == 3)
        #expect(file.tensors.map(\.name) == source.tensors.map(\.name))
        #expect(file.tensors.map(\.dtype) == quantization.tensors.map(\.dtype))
        var expected = source.metadata
        expected.values["general.file_type"] = file.metadata["general.file_type"]
        expected.values["general.quantization_version"] = .integer(2)
        #expect(file.metadata == expected)
        for entry in file.tensors {
            let values = try file.floats(of: entry), original = try source.floats(named: entry.name)
            let error = zip(values, original).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
            #expect(error <= (entry.dtype == .f32 ? 0 : 0.2 / 5), "\(entry.name)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).count == 2)
    }

    @Test(arguments: [QuantizationType.q4KM, .iq4NL, .q6K, .q8_0])
    func threadsDoNotChangeTheFile(type: QuantizationType) throws {
        let scratch = try ScratchFolder()
        let source = try GGUFFile(path: scratch.write(tinyModel().encoded()))
        let files = try [1, 2, 3].map { threads in
            let target = scratch.url.appending(path: "\(threads).gguf")
            try Quantization(source, as: type).write(to: target.path, pool: ComputePool(threads: threads))
            return try Data(contentsOf: target)
        }
        #expect(files[0] == files[1] && files[1] == files[2])
    }

    @Test func metadataKeepsItsOrderAndTypes() throws {
        let scratch = try ScratchFolder()
        let source = try GGUFFile(path: scratch.write(tinyModel().encoded()))
        let target = scratch.url.appending(path: "out.gguf").path
        try Quantization(source, as: .q8_0).write(to: target, pool: ComputePool(threads: 1))
        var expected = GGUFPairs(source)
        expected.set("general.file_type", .integer(7))
        expected.set("general.quantization_version", .integer(2))
        #expect(GGUFPairs(try GGUFFile(path: target)) == expected)
    }

    @Test func quantisingWhatIsQuantisedIsCounted() throws {
        let scratch = try ScratchFolder()
        let source = try GGUFFile(path: scratch.write(tinyModel().encoded()))
        let target = scratch.url.appending(path: "out.gguf").path
        try Quantization(source, as: .q4_0).write(to: target, pool: ComputePool(threads: 1))
        let again = try GGUFFile(path: target)
        #expect(try Quantization(again, as: .q4KM).requantizedCount == 5)
        #expect(try Quantization(again, as: .q4_0).requantizedCount == 0)
        #expect(try Quantization(again, as: .f16).requantizedCount == 0)
        // A file of the same type comes out as it went in.
        let copy = scratch.url.appending(path: "copy.gguf").path
        try Quantization(again, as: .q4_0).write(to: copy, pool: ComputePool(threads: 1))
        #expect(try Data(contentsOf: URL(filePath: copy)) == Data(contentsOf: URL(filePath: target)))
    }

    @Test func rowsThatDoNotDivideTakeAWiderFormat() throws {
        let scratch = try ScratchFolder()
        let source = try GGUFFile(path: scratch.write(tinyModel(columns: 96).encoded()))
        let quantization = try Quantization(source, as: .q4KM)
        #expect(quantization.widenedCount == 4)
        let target = scratch.url.appending(path: "out.gguf").path
        try quantization.write(to: target, pool: ComputePool(threads: 2))
        let types = Dictionary(uniqueKeysWithValues: try GGUFFile(path: target).tensors.map { ($0.name, $0.dtype) })
        #expect(types["token_embd.weight"] == .q5_0 && types["output.weight"] == .q8_0)
        #expect(types["blk.1.attn_v.weight"] == .q8_0 && types["blk.0.ffn_down.weight"] == .q4K)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func numbersThatCannotBeStoredAreNamed(poison: Float) throws {
        let scratch = try ScratchFolder()
        let source = try GGUFFile(path: scratch.write(tinyModel(poison: poison).encoded()))
        let target = scratch.url.appending(path: "out.gguf").path
        let error = #expect(throws: CheckpointError.self) {
            try Quantization(source, as: .q4_0).write(to: target, pool: ComputePool(threads: 2))
        }
        #expect("\(error as Any)".contains("blk.1.ffn_down.weight"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path) == ["model.gguf"])
    }

    @Test func halfPrecisionRefusesWhatItWouldMakeInfinite() throws {
        let scratch = try ScratchFolder()
        let source = try GGUFFile(path: scratch.write(tinyModel(poison: 70_000).encoded()))
        let target = scratch.url.appending(path: "out.gguf").path
        let error = #expect(throws: CheckpointError.self) {
            try Quantization(source, as: .f16).write(to: target, pool: ComputePool(threads: 1))
        }
        #expect("\(error as Any)".contains("BF16"))
        try Quantization(source, as: .bf16).write(to: target, pool: ComputePool(threads: 1))
    }

    @Test func theInputIsNotOverwritten() throws {
        let scratch = try ScratchFolder()
        let path = try scratch.write(tinyModel().encoded()), link = scratch.url.appending(path: "link.gguf").path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        let before = try Data(contentsOf: URL(filePath: path))
        for target in [path, link, scratch.url.path + "/./model.gguf"] {
            #expect(throws: CheckpointWriteError.self) {
                try Quantization(GGUFFile(path: path), as: .q4_0).write(to: target, pool: ComputePool(threads: 1))
            }
        }
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }

    @Test func whatEndsTheWorkLeavesNothing() throws {
        struct Stop: Error {}
        let scratch = try ScratchFolder()
        let source = try GGUFFile(path: scratch.write(tinyModel().encoded()))
        let target = scratch.url.appending(path: "out.gguf").path
        #expect(throws: Stop.self) {
            try Quantization(source, as: .q4_0).write(to: target, pool: ComputePool(threads: 1)) { done, total in
                if done > total / 2 { throw Stop() }
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path) == ["model.gguf"])
    }

    /// The root mean square errors of libggml's quantisers on a real model; ours may not be worse.
    @Test func aRealModelLosesNoMoreThanWithLibggml() throws {
        let golden = try JSONDecoder().decode(
            [String: [String: Double]].self,
            from: Data(contentsOf: goldens("CheckpointsTests").appending(path: "quantized-errors.json")))
        #expect(golden.count == 6)
        let file = try GGUFFile(path: TestModel.path("smollm2-135m").path)
        for (name, errors) in golden {
            let values = try file.floats(named: name)
            for (type, theirs) in errors {
                let format = try #require(DType.allCases.first { $0.name == type })
                let ours = roundTripError(values, format)
                #expect(ours <= theirs * 1.005 + 1e-9, "\(name) as \(type): \(ours), theirs \(theirs)")
            }
        }
    }

    private func roundTripError(_ values: [Float], _ format: DType) -> Double {
        var blocks = [UInt8](repeating: 0, count: format.byteCount(elements: values.count) ?? 0)
        var back = [Float](repeating: 0, count: values.count)
        values.withUnsafeBufferPointer { values in
            blocks.withUnsafeMutableBytes { format.quantize(values, into: $0) }
        }
        blocks.withUnsafeBytes { blocks in
            back.withUnsafeMutableBufferPointer { format.dequantize(blocks, into: $0) }
        }
        let sum = zip(values, back).reduce(0.0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
        return (sum / Double(values.count)).squareRoot()
    }
}

extension GGUFFile {
    fileprivate func floats(named name: String) throws -> [Float] { try floats(of: #require(tensor(named: name))) }
}
