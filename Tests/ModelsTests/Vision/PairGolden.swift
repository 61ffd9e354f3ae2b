import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiModels
import TuttiTensors

/// A small language model and a projector as llama.cpp's converters write them, and what `transformers` says of the
/// projector's numbers (scripts/goldens/make_pairs.py).
struct PairGolden {
    /// The golden of the Hugging Face folder that the pair was made of: pixels, prompt, places.
    let seeing: SeeingGolden
    let rows: [Float]
    let logits: [Float]
    let greedy: [Token]
    let model: String
    let projector: String

    private struct Facts: Decodable { let answers: [String: [Token]] }

    static let names = ["idefics3", "qwen2_vl", "qwen2_5_vl", "llava", "gemma3"]
    /// The same with projectors in other formats.
    static let variants = ["idefics3-f16", "idefics3-q8_0", "qwen2_5_vl-f16", "qwen2_5_vl-q8_0"]

    static let folder = goldens("ModelsTests").appending(path: "pairs")
    static func folder(_ name: String) -> URL { folder.appending(path: name) }

    init(_ name: String) throws {
        let family = String(name.prefix { $0 != "-" }), folder = PairGolden.folder(name)
        seeing = try SeeingGolden(family)
        let tensors = try SafetensorsGolden(PairGolden.folder.appending(path: "pairs.safetensors"))
        rows = try #require(tensors.floats("\(name).image_features"))
        logits = try #require(tensors.floats("\(name).logits"))
        let facts = try JSONDecoder().decode(
            Facts.self, from: Data(contentsOf: PairGolden.folder.appending(path: "pairs.json")))
        greedy = try #require(facts.answers[name])
        model = PairGolden.folder(family).appending(path: "\(family).gguf").path
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        projector = folder.appending(path: try #require(files.first { $0.contains("mmproj") })).path
    }
}

/// A projector whose metadata or tensors are changed.
struct ChangedProjector {
    var pairs: GGUFPairs
    var tensors: [(plan: TensorPlan, content: [UInt8])]

    init(_ path: String) throws {
        let file = try GGUFFile(path: path)
        pairs = GGUFPairs(file)
        tensors = try file.tensors.map { entry in
            let plan = TensorPlan(
                name: entry.name, dimensions: entry.dimensions, dtype: try #require(entry.dtype))
            let contents = try file.contents(of: entry)
            return (plan, contents.bytes.withUnsafeBytes { Array($0) })
        }
    }

    mutating func remove(_ tensor: String) { tensors.removeAll { $0.plan.name == tensor } }

    /// The same numbers in another shape, the fastest dimension first.
    mutating func reshape(_ tensor: String, _ dimensions: [Int]) throws {
        let index = try #require(tensors.firstIndex { $0.plan.name == tensor })
        tensors[index].plan = TensorPlan(name: tensor, dimensions: dimensions, dtype: tensors[index].plan.dtype)
        let count = try #require(tensors[index].plan.byteCount), old = tensors[index].content
        tensors[index].content = (0..<count).map { old[$0 % old.count] }
    }

    func write(_ path: String) throws {
        let writer = try GGUFFileWriter(path, pairs: pairs, tensors: tensors.map(\.plan))
        for tensor in tensors { try writer.append(tensor.content.span.bytes) }
        try writer.finish()
    }
}
