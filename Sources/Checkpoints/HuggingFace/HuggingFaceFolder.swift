internal import Foundation
import OrderedCollections

/// A model as `transformers` saves it: `config.json`, and its tensors in one safetensors file or several.
///
/// Other files of the folder (`tokenizer.json`, …) are read by whoever needs them; pickles are never touched.
public final class HuggingFaceFolder: Sendable {
    /// The folder.
    public let path: String
    public let config: HuggingFaceConfig
    let files: [SafetensorsFile]
    /// Which file holds a tensor, and its entry there.
    private let places: [String: (file: Int, entry: SafetensorsEntry)]
    /// Nil where a decoder's tensors have their plain names.
    private let decoderPrefix: String?

    /// The largest `config.json` or index that is read, in bytes.
    static let jsonLimit = 64 << 20

    /// Whether a folder looks like one: it has a `config.json` beside safetensors.
    public static func isOne(_ path: String) -> Bool {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.contains("config.json") && names.contains { $0.hasSuffix(".safetensors") }
    }

    /// - Throws: `CheckpointError`.
    public init(path: String) throws {
        config = try HuggingFaceConfig(Self.json("config.json", in: path), file: path + "/config.json")
        files = try Self.shards(in: path).map { try SafetensorsFile(path: "\(path)/\($0)") }
        var places: [String: (file: Int, entry: SafetensorsEntry)] = [:]
        for (index, file) in files.enumerated() {
            for entry in file.tensors where places.updateValue((index, entry), forKey: entry.name) != nil {
                throw CheckpointError.malformed(file: file.path, "another file of the folder holds `\(entry.name)` too")
            }
        }
        (self.path, self.places) = (path, places)
        let first = "embed_tokens.weight"
        decoderPrefix =
            places["model.\(first)"] != nil ? nil : Self.decoderPrefixes.first { places[$0 + first] != nil }
    }

    /// The names of all tensors, ascending.
    public var names: [String] { places.keys.sorted() }
    public var paths: [String] { files.map(\.path) }
    public var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }

    public func tensor(named name: String) -> SafetensorsEntry? { places[name]?.entry }

    /// What stands in place of `model.` before the names of a decoder's tensors in folders of models of several senses, as
    /// the releases of `transformers` and the families have it.
    private static let decoderPrefixes = [
        "model.language_model.", "language_model.model.", "model.text_model.", "language_model.",
    ]

    /// The folder's name of what a decoder by itself calls `name`.
    func decoderName(_ name: String) -> String {
        if name.hasPrefix("lm_head."), places[name] == nil, places["language_model.\(name)"] != nil {
            return "language_model.\(name)"
        }
        // What has the name itself is meant: encoders' tensors begin with `model.` too.
        guard let decoderPrefix, name.hasPrefix("model."), places[name] == nil else { return name }
        return decoderPrefix + name.dropFirst("model.".count)
    }

    func contents(of name: String) throws -> TensorContents {
        guard let place = places[name] else { throw CheckpointError.missingTensor(file: path, name: name) }
        return try files[place.file].contents(of: place.entry)
    }

    func release(_ name: String) {
        if let place = places[name] { files[place.file].release(place.entry) }
    }

    /// The safetensors files in question: those of the index, or the one that there is.
    private static func shards(in path: String) throws -> [String] {
        let index = "model.safetensors.index.json"
        if FileManager.default.fileExists(atPath: "\(path)/\(index)") {
            guard let map = try json(index, in: path)["weight_map"]?.object else {
                throw CheckpointError.malformed(file: "\(path)/\(index)", "it has no `weight_map`")
            }
            let names = try Set(map.values.map { try shard($0, in: "\(path)/\(index)") }).sorted()
            guard !names.isEmpty else {
                throw CheckpointError.malformed(file: "\(path)/\(index)", "its `weight_map` is empty")
            }
            return names
        }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
            .filter { $0.hasSuffix(".safetensors") }.sorted()
        if names.contains("model.safetensors") { return ["model.safetensors"] }
        guard names.count == 1 else {
            throw CheckpointError.unsupported(
                file: path,
                names.isEmpty
                    ? "it has no .safetensors file (pickles such as pytorch_model.bin are not read)"
                    : "it has several .safetensors files and no \(index) that says how they belong together")
        }
        return names
    }

    /// A name of the index must be that of a file in the folder and of nothing outside it.
    private static func shard(_ value: JSON, in index: String) throws -> String {
        guard let name = value.string, name.hasSuffix(".safetensors"), !name.contains("/"), !name.contains("\\"),
            !name.contains("\0"), !name.hasPrefix(".")
        else { throw CheckpointError.malformed(file: index, "its `weight_map` names `\(value.text().prefix(80))`") }
        return name
    }

    /// Reads a JSON file of the folder.
    static func json(_ name: String, in folder: String) throws -> JSON {
        let file = "\(folder)/\(name)"
        guard let bytes = try? Data(contentsOf: URL(filePath: file)) else {
            throw CheckpointError.unsupported(file: file, "it is not there, or may not be read")
        }
        do { return try JSON(parsing: bytes, byteCount: jsonLimit) } catch {
            throw CheckpointError.malformed(file: file, "it is no JSON: \(error)")
        }
    }
}
