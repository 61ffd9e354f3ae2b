import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiTensors

@Suite struct GGUFFileTests {
    @Test(arguments: [2, 3])
    func everyKindOfMetadataIsRead(version: UInt32) throws {
        let scratch = try ScratchFolder()
        var writer = GGUFWriter.example
        writer.version = version
        let file = try GGUFFile(path: scratch.write(writer.encoded()))
        let expected: [String: MetadataValue] = [
            "general.architecture": .string("llama"), "u8": .integer(200), "i8": .integer(-3), "u16": .integer(60_000),
            "i16": .integer(-300), "u32": .integer(4_000_000_000), "i32": .integer(-7),
            "f32": .float(Double(Float(0.1))),
            "yes": .bool(true), "u64": .unsigned(.max), "i64": .integer(-1 << 60), "f64": .float(0.1),
            "tokens": .strings(StringTable(["a", "", "žluť"])), "scores": .floats([-1, 2.5]),
            "types": .integers([1, -3]),
            "bools": .bools([false, true]), "none": .strings(StringTable()),
            "nested": .arrays([.integers([1, 2]), .strings(StringTable(["x"])), .integers([])]),
        ]
        #expect(file.version == Int(version))
        #expect(file.metadata == Metadata(expected))
    }

    @Test func tensorsAreFoundByNameAndShape() throws {
        let scratch = try ScratchFolder()
        let file = try GGUFFile(path: scratch.write(GGUFWriter.example.encoded()))
        #expect(file.tensors.map(\.name) == ["norm", "weight", "half", "odd"])
        let weight = try file.tensor(named: "weight", shape: [3, 64])
        #expect(weight.dimensions == [64, 3] && weight.dtype == .q4_0 && weight.byteCount == 108)
        #expect(try file.bytes(of: weight).withUnsafeBytes { Array($0) } == (0..<108).map { UInt8($0) })
        #expect(try file.floats(of: file.tensor(named: "norm", shape: [4])) == [1, 2, 3, 4])
        #expect(
            throws: CheckpointError.wrongShape(file: file.path, name: "weight", shape: [3, 64], expected: [64, 3])
        ) {
            try file.tensor(named: "weight", shape: [64, 3])
        }
        #expect(throws: CheckpointError.missingTensor(file: file.path, name: "bias")) {
            try file.tensor(named: "bias", shape: [3])
        }
    }

    @Test func anUnknownTypeIsShownButNotRead() throws {
        let scratch = try ScratchFolder()
        var writer = GGUFWriter.example
        writer.tensors.append(.init("new", [10], 999, content: [0]))
        let file = try GGUFFile(path: scratch.write(writer.encoded()))
        let odd = try #require(file.tensor(named: "odd")), new = try #require(file.tensor(named: "new"))
        #expect(odd.dtype == nil && odd.typeName == "IQ2_XXS" && odd.byteCount == 66)
        #expect(new.dtype == nil && new.typeName == "type 999" && new.byteCount == 0)
        #expect(throws: CheckpointError.unsupportedType(file: file.path, name: "odd", type: "IQ2_XXS")) {
            _ = try file.bytes(of: odd)
        }
        #expect(throws: CheckpointError.unsupportedType(file: file.path, name: "new", type: "type 999")) {
            _ = try file.tensor(named: "new", shape: [10])
        }
    }

    @Test func anEntryOfAnotherModelIsRefused() throws {
        let scratch = try ScratchFolder()
        var writer = GGUFWriter.example
        writer.tensors[1] = .init("weight", [64, 300], 2, content: [UInt8](repeating: 1, count: 10_800))
        let larger = try GGUFFile(path: scratch.write(writer.encoded(), "larger.gguf"))
        let file = try GGUFFile(path: scratch.write(GGUFWriter.example.encoded()))
        let entry = try #require(larger.tensor(named: "weight"))
        #expect(throws: CheckpointError.self) { _ = try file.bytes(of: entry) }
        file.release(entry)
    }

    @Test(arguments: [8, 64, 4096])
    func anotherAlignmentIsHonoured(alignment: Int) throws {
        let scratch = try ScratchFolder()
        var writer = GGUFWriter.example
        writer.alignment = alignment
        writer.pairs.append(("general.alignment", .u32(UInt32(alignment))))
        let file = try GGUFFile(path: scratch.write(writer.encoded()))
        #expect(try file.floats(of: file.tensor(named: "norm", shape: [4])) == [1, 2, 3, 4])
    }

    @Test func releasedTensorsCanBeReadAgain() throws {
        let scratch = try ScratchFolder()
        let file = try GGUFFile(path: scratch.write(GGUFWriter.example.encoded()))
        let weight = try file.tensor(named: "weight", shape: [3, 64])
        file.willNeed(weight)
        file.release(weight)
        #expect(try file.bytes(of: weight).withUnsafeBytes { Array($0) } == (0..<108).map { UInt8($0) })
    }

    @Test func aRealModelOpens() throws {
        let path = try TestModel.path("smollm2-135m").path
        let file = try GGUFFile(path: path)
        #expect(file.metadata.string("general.architecture") == "llama")
        #expect(file.metadata.integer("llama.block_count") == 30)
        #expect(file.metadata.strings("tokenizer.ggml.tokens")?.count == 49152)
        #expect(file.tensors.count == 272)
        #expect(file.tensors.filter { $0.dtype == .q4_1 }.count == 210)
        let embedding = try file.tensor(named: "token_embd.weight", shape: [49152, 576])
        #expect(embedding.dtype == .q8_0 && embedding.byteCount == 49152 * 576 / 32 * 34)
        let last = try #require(file.tensors.max { $0.offset < $1.offset })
        #expect(last.offset + last.byteCount <= file.byteCount)
    }

    static let models = ["smollm2-135m"] + (TestModel.isFull ? ["qwen2.5-coder-0.5b", "gemma3-270m"] : [])

    /// Every value of a real model, bit for bit.
    @Test(arguments: models)
    func aRealModelsValuesAreThoseOfTheGGUFPackage(name: String) throws {
        let file = try GGUFFile(path: TestModel.path(name).path)
        let golden = goldens("CheckpointsTests").appending(path: "\(name)-tensors.json")
        let sums = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: golden)) as? [String: [Any]])
        #expect(Set(file.tensors.map(\.name)) == Set(sums.keys))
        for tensor in file.tensors {
            let (sum, weighted) = bitSums(try file.floats(of: tensor))
            let expected = try #require(sums[tensor.name])
            #expect(expected[0] as? String == tensor.typeName)
            #expect(expected[1] as? [Int] == tensor.shape)
            #expect(expected[2] as? String == "\(sum)" && expected[3] as? String == "\(weighted)", "\(tensor.name)")
        }
    }

    /// The sums over the bits of `values` that the golden's script takes.
    private func bitSums(_ values: [Float]) -> (sum: UInt64, weighted: UInt64) {
        var sum: UInt64 = 0, weighted: UInt64 = 0
        for i in values.indices {
            let word = UInt64(values[i].bitPattern)
            sum &+= word
            weighted &+= word &* UInt64(i)
        }
        return (sum, weighted)
    }
}
