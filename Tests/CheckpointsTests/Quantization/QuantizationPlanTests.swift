import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiTensors

/// Models of many shapes, and the type that llama-quantize gave each tensor of them.
private struct TypesGolden: Decodable {
    enum Member: Decodable {
        case name(String)
        case shape([Int])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            self = try (try? container.decode(String.self)).map { .name($0) } ?? .shape(container.decode([Int].self))
        }
    }

    /// Pairs of a name and a shape, the slowest dimension first.
    let tensors: [[Member]]
    let types: [String: [String]]

    static func load() throws -> [String: TypesGolden] {
        let file = goldens("CheckpointsTests").appending(path: "quantize-types.json")
        return try JSONDecoder().decode([String: TypesGolden].self, from: Data(contentsOf: file))
    }

    func named() -> [(name: String, shape: [Int])] {
        tensors.compactMap { pair in
            guard case .name(let name) = pair[0], case .shape(let shape) = pair[1] else { return nil }
            return (name, shape)
        }
    }
}

@Suite struct QuantizationPlanTests {
    @Test(arguments: QuantizationType.allCases)
    func everyTensorGetsTheTypeThatLlamaQuantizeGivesIt(type: QuantizationType) throws {
        let golden = try TypesGolden.load()
        #expect(golden.count == 7)
        for (model, entry) in golden {
            let tensors = entry.named(), expected = try #require(entry.types[type.rawValue])
            let layers = tensors.count { $0.name.hasSuffix("attn_norm.weight") }
            let plan = QuantizationPlan(
                type, layers: layers, experts: model == "experts-8" ? 8 : model == "experts-4" ? 4 : 0,
                hasOwnHead: tensors.contains { $0.name == "output.weight" })
            for (tensor, theirs) in zip(tensors, expected) {
                let ours = plan.dtype(of: tensor.name, dimensions: tensor.shape.reversed())
                #expect(ours.name == theirs, "\(model): \(tensor.name) as \(type.rawValue)")
            }
        }
    }

    @Test func namesAreReadInAnyCase() {
        #expect(QuantizationType(name: "q4_k_m") == .q4KM && QuantizationType(name: "Q4_k") == .q4KM)
        #expect(QuantizationType(name: "bf16") == .bf16 && QuantizationType(name: "iq4_nl") == .iq4NL)
        #expect(QuantizationType(name: "q3_k") == nil && QuantizationType(name: "") == nil)
        for type in QuantizationType.allCases { #expect(QuantizationType(name: type.rawValue) == type) }
    }

    @Test func everyFormatOfAPlanCanBeWritten() {
        for type in QuantizationType.allCases { #expect(type.dtype.canQuantize) }
    }
}
