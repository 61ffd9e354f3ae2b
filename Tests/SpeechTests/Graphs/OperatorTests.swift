import Foundation
import Testing
import TuttiCheckpoints
import TuttiModels
import TuttiTensors

/// What ONNX Runtime makes of random numbers in every operator (scripts/goldens/make_operators.py).
struct OperatorGolden: Decodable, Sendable, CustomTestStringConvertible {
    struct Value: Decodable, Sendable {
        let kind: String
        let shape: [Int]
        let values: [Double]

        var value: GraphValue {
            let numbers: GraphNumbers =
                switch kind {
                case "float32": .floats(values.map(Float.init))
                case "int64": .integers(values.map { Int(exactly: $0) ?? ($0 < 0 ? .min : .max) })
                case "int32": .words(values.map(Int32.init))
                case "bool": .bools(values.map { $0 != 0 })
                case "uint8": .bytes(values.map(UInt8.init))
                default: .signedBytes(values.map(Int8.init))
                }
            return GraphValue(numbers, shape)
        }
    }

    let graph: String
    let name: String
    let inputs: [String: Value]
    let outputs: [String: Value]

    var testDescription: String { name }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Goldens/operators")

    static let all = cases("cases.json") + pictures

    /// Those with windows over pictures, and what is fused with them.
    static let pictures = cases("pictures.json")

    private static func cases(_ name: String) -> [OperatorGolden] {
        struct File: Decodable { let cases: [OperatorGolden] }
        let data = try? Data(contentsOf: folder.appending(path: name))
        return data.flatMap { try? JSONDecoder().decode(File.self, from: $0) }?.cases ?? []
    }

    static func file(_ name: String) throws -> GraphFile { try GraphFile(path: folder.appending(path: name).path) }
}

@Suite struct OperatorTests {
    static let pool = ComputePool(threads: 2)

    @Test func thereAreCases() {
        #expect(OperatorGolden.all.count > 260)
        #expect(OperatorGolden.pictures.count > 55)
    }

    @Test(arguments: OperatorGolden.all)
    func agreesWithONNXRuntime(golden: OperatorGolden) throws {
        let names = golden.outputs.keys.sorted()
        let program = try GraphProgram(OperatorGolden.file(golden.graph), outputs: names, pool: Self.pool)
        // The graph has inputs for all its other nodes too, which nobody reads here.
        var given: [String: GraphValue] = [:]
        for name in program.inputs { given[name] = golden.inputs[name]?.value ?? GraphValue([Float(0)], []) }
        let results = try program.run(given, Step(pool: Self.pool))
        for (name, result) in zip(names, results) {
            let expected = try #require(golden.outputs[name]).value
            #expect(result.shape == expected.shape)
            guard let floats = expected.floats else {
                #expect(result.numbers == expected.numbers)
                continue
            }
            let ours = try #require(result.floats)
            // Relative to the largest number where that is above 1.
            let size = max(1, floats.map(abs).max() ?? 0)
            #expect((zip(ours, floats).map { abs($0 - $1) }.max() ?? 0) < 1e-5 * size, "\(name)")
        }
    }

    /// What may be fused is: nothing of it is left.
    @Test func fusesProductsAndChains() throws {
        func operations(_ output: String) throws -> [String: Int] {
            try GraphProgram(OperatorGolden.file("operators-20.onnx"), outputs: [output], pool: Self.pool)
                .operationCounts
        }
        // The sum after a product of matrices is left by itself.
        #expect(
            try operations("fused-product.y") == ["DynamicQuantizeLinear": 1, "Mul": 1, "MatMulInteger": 1, "Add": 1])
        #expect(try operations("fused-conv.y") == ["DynamicQuantizeLinear": 1, "Mul": 1, "ConvInteger": 1])
        #expect(try operations("fused-chain.y") == ["Add": 1])
        // The five nodes of a GELU.
        #expect(try operations("fused-gelu.y") == ["Mul": 1])
        #expect(try operations("folded.kk") == [:])
    }

    /// So it is with what follows a convolution of pictures.
    @Test(arguments: [
        ("relu.y", ["Conv": 1]), ("normalised.y", ["Conv": 1]), ("gelu-alone.g", ["Conv": 1]),
        ("hard-swish.y", ["Conv": 1]), ("hard-sigmoid.y", ["Conv": 1]), ("silu.y", ["Conv": 1]),
        ("clip.y", ["Conv": 1]),
        ("transposed.y", ["Conv": 1, "ConvTranspose": 1]), ("residual.y", ["Conv": 2]),
        ("residual-late.y", ["Conv": 2]),
        ("squeeze-residual.y", ["Conv": 4, "GlobalAveragePool": 1, "Mul": 1]),
        // The number before the activation is read twice: it stays.
        ("gelu.y", ["Conv": 1, "Mul": 1, "Add": 1]),
    ])
    func fusesPictures(output: String, counts: [String: Int]) throws {
        let program = try GraphProgram(
            OperatorGolden.file("operators-17.onnx"), outputs: ["picture-\(output)"], pool: Self.pool)
        #expect(program.operationCounts == counts)
    }
}
