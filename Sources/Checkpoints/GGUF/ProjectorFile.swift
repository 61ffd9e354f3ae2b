internal import Foundation

/// Which files are projectors: llama.cpp keeps what a model sees with, a vision encoder and what leads from it into the
/// language model, in a GGUF file of its own, whose name has `mmproj` in it.
public enum ProjectorFile {
    /// What `general.architecture` says of one.
    public static let architecture = "clip"
    private static let mark = "mmproj"

    /// What is taken where there are several: half the size of float32 and as good, then smaller, then others.
    static let preferred = ["F16", "Q8_0", "BF16", "F32"]

    /// Whether a file of this name is one.
    public static func isOne(_ name: String) -> Bool {
        let name = name.lowercased()
        return name.hasSuffix(".gguf") && name.contains(mark)
    }

    /// The projector that lies beside the GGUF model at `path` and belongs to it; nil where there is none.
    /// - Throws: `CheckpointError.unsupported` where several do.
    public static func beside(_ path: String) throws -> String? {
        let url = URL(filePath: path), folder = url.deletingLastPathComponent().path
        guard path.lowercased().hasSuffix(".gguf"), !isOne(url.lastPathComponent) else { return nil }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        let found = names.filter { isOne($0) }
        guard !found.isEmpty else { return nil }
        let models = names.filter { $0.lowercased().hasSuffix(".gguf") && !isOne($0) }
        let fitting = fitting(url.lastPathComponent, found, models: models)
        guard fitting.count <= 1 else {
            throw CheckpointError.unsupported(
                file: path,
                "beside it lie several projectors, \(fitting.joined(separator: ", ")): keep the one that belongs to it, or name "
                    + "it with --mmproj")
        }
        return fitting.first.map { folder + "/" + $0 }
    }

    /// Those of `projectors` that may belong to `model`: those that are called after it; else those that are called after
    /// nothing; where there is no other model, any.
    /// - Parameters:
    ///   - model: A file's name, as all are.
    ///   - models: All models that are there.
    static func fitting(_ model: String, _ projectors: [String], models: [String]) -> [String] {
        let stem = stem(model)
        let own = projectors.filter { !Self.stem($0).isEmpty && Self.stem($0) == stem }
        if !own.isEmpty { return own }
        let plain = projectors.filter { Self.stem($0).isEmpty }
        if !plain.isEmpty { return plain }
        return Set(models.map(Self.stem)) == [stem] ? projectors : []
    }

    /// A file's name without what it is stored in, which part it is, and `mmproj`: what its model is called. Projectors that
    /// are called `mmproj-model-f16.gguf`, as older ones are, are called after nothing.
    private static func stem(_ name: String) -> String {
        var stem = name.lowercased().replacing(/\.gguf$/, with: "").replacing(/-\d{5}-of-\d{5}$/, with: "")
        if let quantization = QuantizationName.find(in: stem)?.lowercased() {
            for word in [quantization, quantization.replacing(/^f(16|32)$/) { "fp\($0.1)" }] {
                guard let range = stem.range(of: word, options: .backwards) else { continue }
                stem.removeSubrange(range)
            }
        }
        let words = stem.split { "-._ ".contains($0) }.filter { $0 != mark }
        return words == ["model"] && isOne(name) ? "" : words.joined(separator: "-")
    }
}
