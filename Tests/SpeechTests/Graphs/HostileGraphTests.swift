import Foundation
import Testing
import TuttiCheckpoints
import TuttiModels
import TuttiTensors

/// ONNX's encoding of small graphs.
private struct GraphBytes {
    private var bytes: [UInt8] = []

    private static func varint(_ value: Int) -> [UInt8] {
        var rest = UInt64(bitPattern: Int64(value)), all: [UInt8] = []
        repeat {
            all.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return all
    }

    private static func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
        varint(number << 3 | 2) + varint(content.count) + content
    }

    private static func text(_ number: Int, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

    private static func number(_ number: Int, _ value: Int) -> [UInt8] { varint(number << 3) + varint(value) }

    mutating func node(
        _ operation: String, _ inputs: [String], _ outputs: [String] = ["y"], _ attributes: [String: [Int]] = [:],
        texts: [String: String] = [:]
    ) {
        var node = inputs.flatMap { Self.text(1, $0) } + outputs.flatMap { Self.text(2, $0) }
        node += Self.text(3, "node \(operation)") + Self.text(4, operation)
        for (name, values) in attributes {
            let single = values.count == 1 && !["pads", "strides", "dilations", "perm", "kernel_shape"].contains(name)
            node += Self.field(
                5,
                Self.text(1, name) + (single ? Self.number(3, values[0]) : values.flatMap { Self.number(8, $0) })
                    + Self.number(20, single ? 2 : 7))
        }
        for (name, value) in texts {
            node += Self.field(5, Self.text(1, name) + Self.text(4, value) + Self.number(20, 3))
        }
        bytes += Self.field(1, node)
    }

    private mutating func tensor(_ name: String, _ shape: [Int], _ code: Int, _ raw: [UInt8]) {
        bytes += Self.field(
            5, shape.flatMap { Self.number(1, $0) } + Self.number(2, code) + Self.text(8, name) + Self.field(9, raw))
    }

    mutating func integers(_ name: String, _ values: [Int], _ shape: [Int]? = nil) {
        tensor(
            name, shape ?? [values.count], 7, values.flatMap { withUnsafeBytes(of: Int64($0).littleEndian, Array.init) }
        )
    }

    mutating func floats(_ name: String, _ shape: [Int], code: Int = 1) {
        let count = shape.reduce(1, *)
        tensor(name, shape, code, [UInt8](repeating: 0, count: count * (code == 1 ? 4 : code == 11 ? 8 : 1)))
    }

    mutating func ends(inputs: [String] = ["x"], outputs: [String] = ["y"]) {
        bytes +=
            inputs.flatMap { Self.field(11, Self.text(1, $0)) } + outputs.flatMap { Self.field(12, Self.text(1, $0)) }
    }

    /// Writes the file, reads it and runs it.
    func run(_ given: [String: GraphValue], memoryLimit: Int = 1 << 24) throws -> [GraphValue] {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).onnx")
        defer { try? FileManager.default.removeItem(at: path) }
        let version = Self.field(8, Self.number(2, 20))
        try Data(Self.number(1, 9) + version + Self.field(7, bytes)).write(to: path)
        let program = try GraphProgram(
            GraphFile(path: path.path), memoryLimit: memoryLimit, pool: OperatorTests.pool)
        return try program.run(given, Step(pool: OperatorTests.pool))
    }
}

/// Graphs that are wrong, and sizes out of all proportion: errors, never traps, and no memory taken before.
@Suite struct HostileGraphTests {
    private static let six = GraphValue([Float](repeating: 1, count: 6), [2, 3])

    /// A node that reads `x`, of shape [2, 3] unless told otherwise, and integers or floats known beforehand.
    struct Case: Sendable, CustomTestStringConvertible {
        let operation: String
        var integers: [[Int]] = []
        var floats: [[Int]] = []
        var shape = [2, 3]
        var attributes: [String: [Int]] = [:]
        var texts: [String: String] = [:]
        var outputs = ["y"]
        /// Whether `x` comes after what is known.
        var isLast = false

        var testDescription: String { "\(operation) \(integers)\(floats)\(attributes)" }
    }

    static let cases: [Case] = [
        Case(operation: "Reshape", integers: [[7, -1]]), Case(operation: "Reshape", integers: [[1 << 40, 1 << 40]]),
        Case(operation: "Reshape", integers: [[-1, -1]]), Case(operation: "Reshape", integers: [[-5, -6]]),
        Case(operation: "Reshape", integers: [[0, 0, 0]]), Case(operation: "Reshape", integers: [[.min, .max]]),
        Case(operation: "Expand", integers: [[1 << 30, 2, 3]]), Case(operation: "Expand", integers: [[-1, 3]]),
        Case(operation: "Expand", integers: [[4, 3]]), Case(operation: "Expand", integers: [[1 << 62, 1 << 62, 2, 3]]),
        Case(operation: "Gather", integers: [[2]]), Case(operation: "Gather", integers: [[-3]]),
        Case(operation: "Gather", integers: [[.min]]),
        Case(operation: "Gather", integers: [[0]], attributes: ["axis": [5]]),
        Case(operation: "Gather", integers: [[0]], attributes: ["axis": [.min]]),
        Case(operation: "Slice", integers: [[0], [1], [7]]), Case(operation: "Slice", integers: [[0], [1], [0], [0]]),
        Case(operation: "Slice", integers: [[0, 1], [1], [0]]),
        Case(operation: "Slice", integers: [[0], [9], [0], [.min]]),
        Case(operation: "Slice", integers: [[0, 0], [1, 1], [0, -2]]),
        Case(operation: "Transpose", attributes: ["perm": [0, 0]]),
        Case(operation: "Transpose", attributes: ["perm": [1, 2]]),
        Case(operation: "Transpose", attributes: ["perm": [0]]), Case(operation: "Squeeze", integers: [[0]]),
        Case(operation: "Squeeze", integers: [[.min]]), Case(operation: "Unsqueeze", integers: [[0, 0]]),
        Case(operation: "Unsqueeze", integers: [[40]]), Case(operation: "Unsqueeze", integers: [Array(0..<40)]),
        Case(operation: "Split", integers: [[1, 2]]),
        Case(operation: "Split", integers: [[-1, 3]], outputs: ["y", "z"]),
        Case(operation: "Split", integers: [[.max, 3]], outputs: ["y", "z"]),
        Case(operation: "Concat", floats: [[2, 4]], attributes: ["axis": [0]]),
        Case(operation: "Concat", floats: [[3]], attributes: ["axis": [0]]),
        Case(operation: "Concat", integers: [[3, 4]], shape: [2], attributes: ["axis": [0]]),
        Case(operation: "Pad", integers: [[1 << 50, 0, 0, 0]]), Case(operation: "Pad", integers: [[.min, 0, 0, 0]]),
        Case(operation: "Pad", integers: [[-4, 0, 0, 0]]), Case(operation: "Pad", integers: [[1, 1]]),
        Case(operation: "Pad", integers: [[9, 0, 0, 0]], texts: ["mode": "reflect"]),
        Case(operation: "Pad", integers: [[1, 0, 0, 0]], texts: ["mode": "wrap"]),
        Case(operation: "MatMul", floats: [[4, 2]]), Case(operation: "MatMul", floats: [[]]),
        Case(operation: "MatMul", floats: [[3, 0, 5]]), Case(operation: "Add", floats: [[4]]),
        Case(operation: "Add", integers: [[4]]),
        Case(operation: "ReduceSum", integers: [[4]]), Case(operation: "ReduceSum", integers: [[0, 0]]),
        Case(operation: "ReduceMax", integers: [[0]], shape: [0, 3]),
        Case(operation: "Softmax", attributes: ["axis": [9]]),
        Case(operation: "CumSum", integers: [[3]]), Case(operation: "ArgMax", shape: [0, 3]),
        Case(operation: "LayerNormalization", floats: [[4]]),
        Case(operation: "LayerNormalization", floats: [[3]], shape: []),
        Case(operation: "Conv", floats: [[4, 3, 3]]), Case(operation: "Conv", floats: [[4, 3, 3]], shape: [1, 2, 9]),
        Case(operation: "Conv", floats: [[4, 3, 0]], shape: [1, 3, 9]),
        Case(operation: "Conv", floats: [[4, 3, 3]], shape: [1, 3, 9], attributes: ["strides": [0]]),
        Case(operation: "Conv", floats: [[4, 3, 3]], shape: [1, 3, 9], attributes: ["strides": [.max]]),
        Case(operation: "Conv", floats: [[4, 3, 3]], shape: [1, 3, 9], attributes: ["pads": [-1, 4]]),
        Case(operation: "Conv", floats: [[4, 3, 3]], shape: [1, 3, 9], attributes: ["pads": [1 << 20, 1 << 20]]),
        Case(operation: "Conv", floats: [[4, 3, 3]], shape: [1, 3, 9], attributes: ["group": [0]]),
        Case(operation: "Conv", floats: [[4, 3, 3]], shape: [1, 9, 9], attributes: ["group": [3]]),
        Case(operation: "Conv", floats: [[4, 3, 3, 3]], shape: [1, 2, 9, 9]),
        Case(operation: "Conv", floats: [[4, 3, 3, 3]], shape: [1, 3, 9]),
        Case(operation: "Conv", floats: [[4, 3, 3, 3, 3]], shape: [1, 3, 9, 9, 9]),
        Case(operation: "Conv", floats: [[4, 3, 0, 3]], shape: [1, 3, 9, 9]),
        Case(operation: "Conv", floats: [[4, 3, 3, 3], [3]], shape: [1, 3, 9, 9]),
        Case(operation: "Conv", floats: [[4, 3, 3, 3]], shape: [1, 3, 9, 9], attributes: ["strides": [1, 0]]),
        Case(operation: "Conv", floats: [[4, 3, 3, 3]], shape: [1, 3, 9, 9], attributes: ["dilations": [.max, 1]]),
        Case(operation: "Conv", floats: [[4, 3, 3, 3]], shape: [1, 3, 9, 9], attributes: ["kernel_shape": [3, 2]]),
        Case(operation: "Conv", floats: [[4, 3, 3, 3]], shape: [1, 3, 9, 9], attributes: ["pads": [0, 0, -1, 0]]),
        Case(operation: "Conv", floats: [[4, 3, 3, 3]], shape: [1, 3, 9, 9], attributes: ["pads": [1, 1]]),
        Case(
            operation: "Conv", floats: [[4, 3, 3, 3]], shape: [1, 3, 9, 9],
            attributes: ["pads": [1 << 20, 1 << 20, 1 << 20, 1 << 20]]),
        Case(operation: "Conv", floats: [[4, 3, 3, 3]], shape: [1, 3, 9, 9], attributes: ["group": [.max]]),
        Case(operation: "Conv", floats: [[4, 3, 3, 3]], shape: [1, 9, 9, 9], attributes: ["group": [3]]),
        Case(
            operation: "Conv", floats: [[4, 3, 3, 3]], shape: [1, 3, 9, 9], texts: ["auto_pad": "SAME"]),
        Case(operation: "ConvTranspose", floats: [[3, 4, 2, 2]], shape: [1, 3, 9, 9]),
        Case(
            operation: "ConvTranspose", floats: [[3, 4, 2, 2]], shape: [1, 2, 9, 9], attributes: ["strides": [2, 2]]),
        Case(
            operation: "ConvTranspose", floats: [[3, 4, 2, 2]], shape: [1, 3, 9, 9],
            attributes: ["strides": [2, 2], "output_padding": [1, 0]]),
        Case(operation: "MaxPool", shape: [1, 3, 9, 9]),
        Case(operation: "MaxPool", attributes: ["kernel_shape": [2, 2]]),
        Case(operation: "MaxPool", shape: [1, 3, 9], attributes: ["kernel_shape": [2]]),
        Case(
            operation: "MaxPool", shape: [1, 3, 9, 9],
            attributes: ["kernel_shape": [2, 2], "pads": [1 << 20, 1 << 20, 1 << 20, 1 << 20]]),
        Case(operation: "MaxPool", shape: [1, 3, 9, 9], attributes: ["kernel_shape": [2, 2]], outputs: ["y", "z"]),
        Case(operation: "AveragePool", shape: [1, 3, 9, 9], attributes: ["kernel_shape": [0, 2]]),
        Case(
            operation: "ConvTranspose", floats: [[3, 4, 3]], shape: [1, 3, 1 << 14], attributes: ["strides": [1 << 12]]),
        Case(
            operation: "ConvTranspose", floats: [[64, 64, 3]], shape: [1, 64, 2], attributes: ["strides": [1 << 16]]),
        Case(operation: "ConvTranspose", floats: [[4, 4, 3]], shape: [1, 4, 2], attributes: ["group": [2]]),
        Case(operation: "MatMulInteger", floats: [[3, 2]]), Case(operation: "DequantizeLinear", floats: [[3]]),
        Case(operation: "LSTM", floats: [[1, 4, 3], [1, 4, 1]], shape: [2, 3], attributes: ["hidden_size": [1]]),
        Case(operation: "LSTM", floats: [[1, 4, 3], [1, 4, 1]], shape: [2, 1, 4], attributes: ["hidden_size": [1]]),
        Case(
            operation: "LSTM", floats: [[1, 4, 3], [1, 4, 2]], shape: [2, 1, 3], attributes: ["hidden_size": [.max]]),
        Case(operation: "STFT", integers: [[0]]), Case(operation: "STFT", integers: [[.max], [.max]]),
        Case(operation: "Cast", attributes: ["to": [11]]), Case(operation: "Clip", floats: [[2]]),
        Case(operation: "NonZero", shape: [2, 3], outputs: ["z", "y"]),
        Case(operation: "ScatterND", integers: [[5]], floats: [[3]]),
        Case(operation: "ConstantOfShape", integers: [[1 << 40, 1 << 40]], isLast: true),
        Case(operation: "ConstantOfShape", integers: [[-1]], isLast: true),
        Case(operation: "Range", integers: [[0], [.max], [1]], isLast: true),
        Case(operation: "Range", integers: [[.min], [.max], [1]], isLast: true),
        Case(operation: "Range", integers: [[0], [5], [0]], isLast: true),
        Case(operation: "Flatten", attributes: ["axis": [.max]]), Case(operation: "Where", floats: [[2]]),
        Case(operation: "Add"), Case(operation: "Gather"), Case(operation: "Conv"), Case(operation: "Slice"),
    ]

    @Test(arguments: cases)
    func isRefused(bad: Case) throws {
        var graph = GraphBytes(), names: [String] = []
        for (index, values) in bad.integers.enumerated() {
            // Ranges are of single numbers.
            graph.integers("i\(index)", values, bad.operation == "Range" ? [] : nil)
            names.append("i\(index)")
        }
        for (index, shape) in bad.floats.enumerated() {
            graph.floats("f\(index)", shape)
            names.append("f\(index)")
        }
        graph.node(bad.operation, bad.isLast ? names : ["x"] + names, bad.outputs, bad.attributes, texts: bad.texts)
        graph.ends()
        let x = GraphValue([Float](repeating: 1, count: bad.shape.reduce(1, *)), bad.shape)
        #expect(throws: GraphError.self) { try graph.run(["x": x]) }
    }

    @Test func namesUnknownOperators() {
        var graph = GraphBytes()
        graph.node("Frobnicate", ["x"], ["a"])
        graph.node("If", ["a"], ["b"])
        graph.node("Frobnicate", ["b"])
        graph.ends()
        #expect(throws: GraphError.unknownOperators(["Frobnicate", "If"])) { try graph.run(["x": Self.six]) }
    }

    @Test func refusesCirclesAndLooseEnds() {
        var circle = GraphBytes()
        circle.node("Add", ["x", "b"], ["a"])
        circle.node("Relu", ["a"], ["b"])
        circle.node("Relu", ["b"])
        circle.ends()
        #expect(throws: GraphError.malformed("some nodes wait for each other in a circle")) {
            try circle.run(["x": Self.six])
        }
        var loose = GraphBytes()
        loose.node("Add", ["x", "nowhere"])
        loose.ends()
        #expect(throws: GraphError.self) { try loose.run(["x": Self.six]) }
        var twice = GraphBytes()
        twice.node("Relu", ["x"])
        twice.node("Sqrt", ["x"])
        twice.ends()
        #expect(throws: GraphError.self) { try twice.run(["x": Self.six]) }
        var none = GraphBytes()
        none.node("Relu", ["x"], ["z"])
        none.ends()
        #expect(throws: GraphError.self) { try none.run(["x": Self.six]) }
        var same = GraphBytes()
        same.node("Relu", ["x"], ["x"])
        same.ends(outputs: ["x"])
        #expect(throws: GraphError.self) { try same.run(["x": Self.six]) }
    }

    @Test func refusesWrongInputs() {
        var graph = GraphBytes()
        graph.node("Relu", ["x"])
        graph.ends()
        #expect(throws: GraphError.self) { try graph.run([:]) }
        #expect(throws: GraphError.self) { try graph.run(["x": GraphValue([1, 2], [2])]) }
    }

    /// Nodes in any order are put in theirs.
    @Test func sortsNodes() throws {
        var graph = GraphBytes()
        graph.node("Sqrt", ["a"])
        graph.node("Relu", ["x"], ["a"])
        graph.ends()
        #expect(try graph.run(["x": Self.six]) == [Self.six])
    }

    /// Many small values may be too much together.
    @Test func countsMemory() throws {
        var graph = GraphBytes()
        graph.integers("shape", [1 << 18])
        for index in 0..<20 { graph.node("Expand", ["x", "shape"], ["e\(index)"]) }
        graph.node("Concat", (0..<20).map { "e\($0)" }, ["y"], ["axis": [0]])
        graph.ends()
        let one = GraphValue([Float(1)], [1])
        #expect(throws: GraphError.self) { try graph.run(["x": one]) }
        #expect(try graph.run(["x": one], memoryLimit: 1 << 28)[0].count == 20 << 18)
    }

    /// A file whose float tensors are of a kind that is not computed with.
    @Test func namesUnusableTypes() {
        var graph = GraphBytes()
        graph.floats("w", [3], code: 11)
        graph.node("Add", ["x", "w"])
        graph.ends()
        #expect(throws: GraphError.unusableType(tensor: "w", type: "float64")) { try graph.run(["x": Self.six]) }
    }
}
