import Foundation
import TestSupport
import Testing
import TuttiCheckpoints

/// Files that the `onnx` package and ONNX Runtime wrote: scripts/goldens/make_graphs.py.
@Suite struct GraphFileTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Goldens/graphs")

    private func file(_ name: String) throws -> GraphFile {
        try GraphFile(path: Self.folder.appending(path: name).path)
    }

    @Test func everyWayOfWritingNumbersIsRead() throws {
        let file = try file("numbers.onnx")
        func floats(_ name: String) throws -> [Float] {
            try file.floats(of: try #require(file.graph.initializers[name]))
        }
        func integers(_ name: String) throws -> [Int] {
            try file.integers(of: try #require(file.graph.initializers[name]))
        }
        #expect(try floats("raw") == [0.5, -1.25, 3, 1e-3, 2, -7])
        #expect(file.graph.initializers["raw"]?.shape == [2, 3])
        #expect(try floats("floats") == [0.25, -0.5, 8])
        #expect(try floats("doubles") == [1.5, -2.5])
        #expect(try floats("halves") == [0.5, -2])
        #expect(try integers("longs") == [1, -2, 3])
        #expect(try integers("longs_one_by_one") == [-(1 << 40), 5])
        #expect(try integers("bytes") == [0, 128, 255])
        #expect(try integers("signed_bytes") == [-128, 127])
        #expect(try integers("flag") == [1] && file.graph.initializers["flag"]?.shape == [])
        #expect(throws: CheckpointError.self) { try floats("longs") }
        #expect(throws: CheckpointError.self) { try integers("raw") }
    }

    @Test func nodesAttributesAndGraphsInThem() throws {
        let file = try file("numbers.onnx"), graph = file.graph
        #expect(graph.inputs == ["x"] && graph.outputs == ["z"])
        #expect(file.metadata == ["character": "a\nb\nč", "kind": "golden"])
        #expect(graph.nodes.map(\.operation) == ["If", "LeakyRelu", "Transpose"])
        #expect(graph.nodes.map(\.name) == ["choice", "leaky", "turned"])
        guard case .float(0.1) = graph.nodes[1].attributes["alpha"] else {
            Issue.record("alpha is \(String(describing: graph.nodes[1].attributes["alpha"]))")
            return
        }
        guard case .integers([1, 0]) = graph.nodes[2].attributes["perm"] else {
            Issue.record("perm is \(String(describing: graph.nodes[2].attributes["perm"]))")
            return
        }
        guard case .graph(let branch) = graph.nodes[0].attributes["then_branch"] else {
            Issue.record("there is no then_branch")
            return
        }
        #expect(branch.nodes.map(\.operation) == ["Constant", "Mul"] && branch.outputs == ["then_y"])
        guard case .tensor(let two) = branch.nodes[0].attributes["value"] else {
            Issue.record("the constant has no value")
            return
        }
        #expect(try file.floats(of: two) == [2])
    }

    /// The runtime fuses Conv and Relu and lays convolutions out for itself; what is in the file is what is read.
    @Test func aRuntimesFileIsRead() throws {
        let runtime = try file("small.ort"), plain = try file("small.onnx")
        #expect(plain.graph.nodes.map(\.operation) == ["Conv", "Relu", "MatMul"])
        #expect(runtime.graph.nodes.map(\.operation) == ["FusedConv", "MatMul"])
        #expect(runtime.graph.inputs == ["x"] && runtime.graph.outputs == ["y"])
        for name in ["w", "b", "m"] {
            let own = try #require(runtime.graph.initializers[name]),
                other = try #require(plain.graph.initializers[name])
            #expect(own.shape == other.shape)
            #expect(try runtime.floats(of: own) == plain.floats(of: other))
        }
        guard case .integers([1, 0]) = runtime.graph.nodes[0].attributes["pads"] else {
            Issue.record("pads are \(String(describing: runtime.graph.nodes[0].attributes["pads"]))")
            return
        }
    }

    /// Bytes that are bent or cut off end in an error, not in a crash.
    @Test(arguments: ["numbers.onnx", "small.ort"])
    func bentFilesAreRefusedOrRead(name: String) throws {
        let whole = try Data(contentsOf: Self.folder.appending(path: name))
        let path = FileManager.default.temporaryDirectory.appending(path: "tutti-graph-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var random = Random(seed: 11), refused = 0
        for round in 0..<2_000 {
            var bytes = whole
            if round % 4 == 0 {
                bytes = bytes.prefix(Int(random.next() % UInt64(whole.count)))
            } else {
                for _ in 0..<1 + random.next() % 4 {
                    bytes[Int(random.next() % UInt64(whole.count))] = UInt8(truncatingIfNeeded: random.next())
                }
            }
            try bytes.write(to: URL(filePath: path))
            do {
                let file = try GraphFile(path: path)
                for tensor in file.graph.initializers.values { _ = try? file.floats(of: tensor) }
            } catch is CheckpointError {
                refused += 1
            }
        }
        #expect(refused > 500)
    }

    @Test func whatIsNoGraphIsSaidSo() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "tutti-graph-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        for text in ["", "no graph", "GGUF"] {
            try Data(text.utf8).write(to: URL(filePath: path))
            #expect(throws: CheckpointError.self) { try GraphFile(path: path) }
        }
    }
}
