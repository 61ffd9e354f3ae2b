import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// A small random checkpoint and what `transformers` says of it (scripts/goldens/make_tiny.py).
struct TinyModel {
    let folder: URL
    let golden: SafetensorsGolden
    let prompt: [Token]
    let greedy: [Token]

    private struct Facts: Decodable { let greedy_ids: [Token] }

    /// The decoders among the committed ones.
    static let decoders = [
        "llama", "mistral", "mixtral", "qwen2", "qwen3", "qwen3_moe", "gemma3_text", "phi3", "smollm3", "granite",
        "olmo2", "gpt_oss",
    ]

    init(_ name: String) throws { try self.init(goldens("ModelsTests").appending(path: "tiny/\(name)")) }

    init(_ folder: URL) throws {
        self.folder = folder
        golden = try SafetensorsGolden(folder.appending(path: "golden.safetensors"))
        // Ids are stored as i64: every second word is zero.
        prompt = (golden.words("input_ids") ?? []).enumerated().filter { $0.offset % 2 == 0 }.map { Token($0.element) }
        let facts = try Data(contentsOf: folder.appending(path: "golden.json"))
        greedy = try JSONDecoder().decode(Facts.self, from: facts).greedy_ids
    }

    init(folder: URL, golden: SafetensorsGolden, prompt: [Token] = [], greedy: [Token] = []) {
        (self.folder, self.golden, self.prompt, self.greedy) = (folder, golden, prompt, greedy)
    }

    /// The largest distance between `logits`, the rows of the prompt one after the other, and the golden's.
    func distance(_ logits: [Float]) -> Float {
        let wanted = golden.floats("logits") ?? []
        guard wanted.count == logits.count, !wanted.isEmpty else { return .infinity }
        return zip(wanted, logits).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }

    /// The folder written as one GGUF file.
    func converted(into scratch: ScratchFolder) throws -> String {
        let folder = try Registry.open(try copy(config: "config.v4.json", into: scratch))
        let path = scratch.url.appending(path: "converted.gguf").path
        let plans = try folder.tensors.map {
            TensorPlan(name: $0.name, dimensions: $0.dimensions, dtype: try #require($0.dtype))
        }
        let writer = try GGUFFileWriter(path, pairs: GGUFPairs(folder.metadata), tensors: plans)
        for entry in folder.tensors {
            let contents = try folder.contents(of: entry)
            try writer.append(contents.bytes.bytes)
            withExtendedLifetime(contents.owner) {}
        }
        try writer.finish()
        return path
    }

    /// A folder of its own with this model's weights in another format.
    func copy(as dtype: DType, into scratch: ScratchFolder) throws -> String {
        let copied = try copy(config: "config.json", into: scratch)
        let path = scratch.url.appending(path: "model.safetensors")
        let file = try SafetensorsFile(path: folder.appending(path: "model.safetensors").path)
        let plans = file.tensors.map {
            TensorPlan(name: $0.name, dimensions: $0.shape.reversed(), dtype: dtype)
        }
        try FileManager.default.removeItem(at: path)
        let writer = try SafetensorsFileWriter(path.path, tensors: plans, metadata: ["format": "pt"])
        for entry in file.tensors {
            let contents = try file.contents(of: entry)
            var values = [Float](repeating: 0, count: entry.shape.reduce(1, *))
            try values.withUnsafeMutableBufferPointer {
                try #require(entry.dtype).dequantize(contents.bytes, into: $0)
            }
            try writer.append(values)
        }
        try writer.finish()
        return copied
    }

    /// A folder of its own with this model's weights and one of its two styles of config.json.
    func copy(config: String, into scratch: ScratchFolder) throws -> String {
        for (source, target) in [("model.safetensors", "model.safetensors"), (config, "config.json")] {
            try FileManager.default.copyItem(
                at: folder.appending(path: source), to: scratch.url.appending(path: target))
        }
        return scratch.url.path
    }
}

/// A decoder driven by hand: one sequence, float32 keys and values.
struct BareDecoder {
    let decoder: any Decoder
    let step: Step
    private let layout: KeyValueLayout
    private var tables: [PageTable]
    private var tokens: [Token] = []
    private var regime = 0

    /// Ids below this stand for padding, ends and places; the goldens never choose them.
    static let firstOrdinary = 16

    init(_ decoder: any Decoder, pool: ComputePool, exact: Bool = true) {
        self.decoder = decoder
        step = Step(pool: pool, exact: exact)
        layout = decoder.shape.layout(.f32)
        tables = layout.groups.map { _ in [] }
    }

    /// The logits of every one of `more`, which go on where the last call ended.
    mutating func logits(_ more: [Token]) -> [Float] {
        var start = tokens.count
        tokens += more
        // What was computed for another length does not go with this one.
        if decoder.shape.lengthDependence.regime(length: tokens.count) != regime { start = 0 }
        regime = decoder.shape.lengthDependence.regime(length: tokens.count)
        for group in layout.groups.indices {
            while tables[group].count * KeyValueLayout.pageTokens < tokens.count {
                tables[group].append(KeyValuePage(layout, group: group))
            }
        }
        step.reset()
        let rows = SequenceRows(rows: 0..<tokens.count - start, start: start, pages: tables)
        let outputs = Array(tokens.count - more.count - start..<tokens.count - start)
        let batch = Batch(sequences: [rows], outputs: outputs, layout: layout)
        let logits = decoder(decoder.embed(Array(tokens[start...]), step), batch, step)
        return outputs.indices.flatMap { logits.values(row: $0) }
    }

    /// Continues `prompt` by `count` tokens, each the likeliest that is ordinary.
    mutating func greedy(_ prompt: [Token], count: Int) -> [Token] {
        var next = prompt, chosen: [Token] = []
        for _ in 0..<count {
            let last = logits(next).suffix(decoder.shape.vocabulary)
            let best = last.enumerated().dropFirst(BareDecoder.firstOrdinary).max { $0.element < $1.element }
            guard let best else { return chosen }
            chosen.append(Token(best.offset))
            next = [Token(best.offset)]
        }
        return chosen
    }
}
