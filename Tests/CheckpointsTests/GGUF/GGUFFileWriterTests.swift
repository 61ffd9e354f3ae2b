import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiTensors

@Suite struct GGUFFileWriterTests {
    private let plans = [
        TensorPlan(name: "a", dimensions: [3], dtype: .f32), TensorPlan(name: "b", dimensions: [32, 2], dtype: .q8_0),
        TensorPlan(name: "c", dimensions: [1], dtype: .f16),
    ]

    private func content(_ plan: TensorPlan) throws -> [UInt8] {
        (0..<(try #require(plan.byteCount))).map { UInt8(truncatingIfNeeded: $0 + plan.name.utf8.count) }
    }

    private func append(_ bytes: ArraySlice<UInt8>, to writer: GGUFFileWriter) throws {
        try writer.append(bytes.span.bytes)
    }

    @Test(arguments: [1, 7, 1000])
    func whatIsWrittenIsRead(piece: Int) throws {
        let scratch = try ScratchFolder(), path = scratch.url.appending(path: "out.gguf").path
        var pairs = GGUFPairs()
        pairs.set("general.architecture", .string("llama"))
        let writer = try GGUFFileWriter(path, pairs: pairs, tensors: plans)
        for plan in plans {
            let bytes = try content(plan)
            for start in stride(from: 0, to: bytes.count, by: piece) {
                try append(bytes[start..<min(bytes.count, start + piece)], to: writer)
            }
        }
        #expect(!FileManager.default.fileExists(atPath: path))
        try writer.finish()
        let file = try GGUFFile(path: path)
        #expect(file.tensors.map(\.name) == ["a", "b", "c"])
        #expect(file.tensors.map(\.dimensions) == plans.map(\.dimensions))
        for plan in plans {
            let entry = try #require(file.tensor(named: plan.name))
            #expect(entry.dtype == plan.dtype)
            #expect(try file.bytes(of: entry).withUnsafeBytes { Array($0) } == content(plan))
        }
    }

    @Test func pairsOfAnotherFileComeOutByteForByte() throws {
        let scratch = try ScratchFolder(), path = scratch.url.appending(path: "out.gguf").path
        var example = GGUFWriter.example
        example.alignment = 64
        example.pairs.insert(("general.alignment", .u32(64)), at: 3)
        let source = try GGUFFile(path: scratch.write(example.encoded()))
        try GGUFFileWriter(path, pairs: GGUFPairs(source), tensors: []).finish()
        example.pairs.remove(at: 3)
        example.tensors = []
        // The tensors' place is padded for, even if there are none.
        let written = try Array(Data(contentsOf: URL(filePath: path)))
        #expect(Array(written.prefix(example.encoded().count)) == example.encoded())
        #expect(try GGUFFile(path: path).metadata == GGUFFile(path: scratch.write(example.encoded())).metadata)
    }

    @Test func metadataFromElsewhereGetsUsualTypes() throws {
        let values: [String: MetadataValue] = [
            "general.architecture": .string("llama"), "size": .integer(4_000_000_000), "below": .integer(-5),
            "far": .integer(-1 << 40), "huge": .unsigned(.max), "part": .float(0.5), "yes": .bool(true),
            "words": .strings(StringTable(["a", "", "žluť"])), "kinds": .integers([1, -3]),
            "long": .integers([1, 1 << 40]), "scores": .floats([-1, 2.5]), "bools": .bools([true, false]),
            "nested": .arrays([.integers([1]), .strings(StringTable(["x"]))]),
        ]
        let scratch = try ScratchFolder(), path = scratch.url.appending(path: "out.gguf").path
        try GGUFFileWriter(path, pairs: GGUFPairs(Metadata(values)), tensors: []).finish()
        #expect(try GGUFFile(path: path).metadata == Metadata(values))
    }

    @Test func whatIsNotAsAnnouncedIsRefused() throws {
        let scratch = try ScratchFolder(), path = scratch.url.appending(path: "out.gguf").path
        let long = String(repeating: "x", count: 64)
        for bad in [
            [TensorPlan(name: "a", dimensions: [33], dtype: .q8_0)], [plans[0], plans[0]],
            [TensorPlan(name: "", dimensions: [1], dtype: .f32)],
            [TensorPlan(name: long, dimensions: [1], dtype: .f32)],
            [TensorPlan(name: "a", dimensions: [1, 1, 1, 1, 1], dtype: .f32)],
        ] {
            #expect(throws: CheckpointWriteError.self) { try GGUFFileWriter(path, pairs: GGUFPairs(), tensors: bad) }
        }
        do {
            let writer = try GGUFFileWriter(path, pairs: GGUFPairs(), tensors: plans)
            #expect(throws: CheckpointWriteError.self) {
                try append([UInt8](repeating: 0, count: 13)[...], to: writer)
            }
            try append([UInt8](repeating: 0, count: 12)[...], to: writer)
            #expect(throws: CheckpointWriteError.self) { try writer.finish() }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).isEmpty)
    }

    @Test func aFolderThatIsNotThereIsNamed() {
        let error = #expect(throws: CheckpointWriteError.self) {
            try GGUFFileWriter("/no/such/folder/out.gguf", pairs: GGUFPairs(), tensors: [])
        }
        #expect("\(error as Any)".contains("/no/such/folder/out.gguf"))
    }

    @Test func aFullDiskIsSaid() {
        let full = StoreError.diskFull(path: "out.gguf.partial", needs: nil, free: nil)
        #expect(CheckpointWriteError(full, "out.gguf") == .diskFull(path: "out.gguf"))
    }

    /// Whoever may write in the folder could otherwise lead the file elsewhere.
    @Test func aLinkInTheWayIsNotFollowed() throws {
        let scratch = try ScratchFolder(), path = scratch.url.appending(path: "out.gguf").path
        let other = try scratch.write(Array("precious".utf8), "other")
        try FileManager.default.createSymbolicLink(atPath: path + ".partial", withDestinationPath: other)
        #expect(throws: CheckpointWriteError.self) { try GGUFFileWriter(path, pairs: GGUFPairs(), tensors: plans) }
        #expect(try String(contentsOfFile: other, encoding: .utf8) == "precious")
    }
}
