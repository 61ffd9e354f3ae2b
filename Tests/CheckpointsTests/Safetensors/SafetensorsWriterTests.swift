import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiTensors

@Suite struct SafetensorsWriterTests {
    private let plans = [
        TensorPlan(name: "model.norm.weight", dimensions: [3], dtype: .f32),
        TensorPlan(name: "quote\"\\é", dimensions: [4, 2], dtype: .f16),
        TensorPlan(name: "empty", dimensions: [0], dtype: .f32),
        TensorPlan(name: "b", dimensions: [2, 3, 5], dtype: .bf16),
    ]

    private func values(_ plan: TensorPlan) -> [Float] { (0..<plan.elementCount).map { Float($0) - 2.5 } }

    @Test func whatIsWrittenIsRead() throws {
        let scratch = try ScratchFolder(), path = scratch.url.appending(path: "model.safetensors").path
        let writer = try SafetensorsFileWriter(path, tensors: plans, metadata: ["format": "pt", "made": "by \"us\""])
        for plan in plans { try writer.append(values(plan)) }
        #expect(writer.isComplete)
        try writer.finish()
        let bytes = try Data(contentsOf: URL(filePath: path))
        #expect(bytes[0] % 8 == 0)
        let file = try SafetensorsFile(path: path)
        #expect(file.metadata == ["format": "pt", "made": "by \"us\""])
        for plan in plans {
            let entry = try #require(file.tensor(named: plan.name))
            #expect(entry.shape == plan.dimensions.reversed() && entry.dtype == plan.dtype)
            let contents = try file.contents(of: entry)
            var read = [Float](repeating: 0, count: plan.elementCount)
            read.withUnsafeMutableBufferPointer { plan.dtype.dequantize(contents.bytes, into: $0) }
            #expect(read == values(plan))
        }
    }

    @Test func otherTypesAreRefused() throws {
        let scratch = try ScratchFolder(), path = scratch.url.appending(path: "model.safetensors").path
        for bad in [
            [TensorPlan(name: "a", dimensions: [32], dtype: .q8_0)], [plans[0], plans[0]],
            [TensorPlan(name: "__metadata__", dimensions: [1], dtype: .f32)],
        ] {
            #expect(throws: CheckpointWriteError.self) { try SafetensorsFileWriter(path, tensors: bad) }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).isEmpty)
    }

    @Test(arguments: [(1, 4), (30, 2), (5_000_000_000, 1)])
    func shardsReadAsOneModel(shardBytes: Int, count: Int) throws {
        let scratch = try ScratchFolder(), folder = scratch.url.path
        let writer = try SafetensorsFolderWriter(folder, tensors: plans, shardBytes: shardBytes)
        for plan in plans where plan.elementCount > 0 { try writer.append(values(plan)) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy { $0.hasSuffix(".partial") })
        try writer.finish()
        try Data("{\"model_type\":\"llama\"}".utf8).write(to: scratch.url.appending(path: "config.json"))
        let model = try HuggingFaceFolder(path: folder)
        #expect(model.names == plans.map(\.name).sorted())
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".safetensors") }
        #expect(files.sorted() == writer.names)
        #expect(files.count <= count)
        for plan in plans { #expect(model.tensor(named: plan.name)?.shape == plan.dimensions.reversed()) }
    }

    @Test func anUnfinishedFolderStaysEmpty() throws {
        let scratch = try ScratchFolder()
        do {
            let writer = try SafetensorsFolderWriter(scratch.url.path, tensors: plans, shardBytes: 1)
            try writer.append(values(plans[0]))
            #expect(throws: CheckpointWriteError.self) { try writer.finish() }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).isEmpty)
    }
}
