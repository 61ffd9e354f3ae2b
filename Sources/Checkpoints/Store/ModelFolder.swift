internal import Foundation

/// Finds the model that a file or folder of the user's is.
enum ModelFolder {
    private static let config = "config.json"
    private static let index = "model.safetensors.index.json"
    private static let whole = "model.safetensors"

    /// What to open for a path that exists: the GGUF file, or the folder of safetensors.
    /// - Throws: `StoreError.unusableFolder` where a folder holds no model or several; `.unusableFile` for safetensors
    ///   that cannot be used by themselves.
    static func model(at path: String) throws -> URL {
        guard SystemFile.isFolder(path) else {
            let file = URL(filePath: path)
            return isSafetensors(path) ? try folder(of: file) : file
        }
        let folder = URL(filePath: path), names = names(in: path)
        // What a model sees with lies beside it and is none itself.
        let ggufs = names.filter { $0.lowercased().hasSuffix(".gguf") && !ProjectorFile.isOne($0) }
        var models = ggufs.filter { $0.firstMatch(of: /-\d{5}-of-\d{5}\.gguf$/) == nil || $0.contains("-00001-of-") }
        let weights = weights(names)
        if !weights.isEmpty, names.contains(config) { models.append(weights[0]) }
        if models.isEmpty, isOfASense(names) { return folder }
        guard models.count == 1 else { throw StoreError.unusableFolder(path, files: models) }
        return isSafetensors(models[0]) ? folder : folder.appending(path: models[0])
    }

    /// Whether files of these names are a model that hears or speaks, in the form of ONNX Runtime, CTranslate2, Piper or
    /// Kokoro, or one that looks at pictures: PP-OCR's three graphs, or PyTorch's weights with the names of their classes.
    private static func isOfASense(_ names: [String]) -> Bool {
        let names = Set(names)
        func isThere(_ part: String) -> Bool { names.contains { $0.hasSuffix(".onnx") && $0.contains("_\(part)") } }
        return names.isSuperset(of: ["encoder_model.ort", "decoder_model_merged.ort"])
            || names.isSuperset(of: ["model.bin", config])
            || names.contains { $0.hasSuffix(".onnx") && names.contains($0 + ".json") }
            || names.contains("vocab.json") && names.contains { $0.hasSuffix(".onnx") }
            || isThere("det") && isThere("cls") && isThere("rec")
            || names.contains { $0.hasSuffix(".pth") } && names.contains { $0.hasSuffix("names.json") }
    }

    /// The bytes of the file, or of the files that a folder's model is read from.
    static func byteCount(at location: URL) -> Int {
        if let byteCount = SystemFile.byteCount(location.path) { return byteCount }
        let names = names(in: location.path), weights = names.filter(isSafetensors)
        return (weights.isEmpty ? names : weights)
            .reduce(0) { $0 + (SystemFile.byteCount(location.appending(path: $1).path) ?? 0) }
    }

    /// The folder that a file of safetensors stands for.
    private static func folder(of file: URL) throws -> URL {
        let folder = file.deletingLastPathComponent(), names = names(in: folder.path)
        guard names.contains(config) else {
            throw StoreError.unusableFile(
                file.path, reason: "there is no config.json beside it, which says what the numbers mean")
        }
        let weights = weights(names)
        guard weights.contains(file.lastPathComponent) else {
            throw StoreError.unusableFile(
                file.path, reason: "the weights of its folder are \(weights.joined(separator: ", "))")
        }
        return folder
    }

    /// The files that a folder's weights are in: `model.safetensors`, those of the index, or all there are.
    private static func weights(_ names: [String]) -> [String] {
        let files = names.filter(isSafetensors)
        if files.contains(whole) { return [whole] }
        guard names.contains(index) else { return files }
        let shards = files.filter { $0.firstMatch(of: /-\d{5}-of-\d{5}\.safetensors$/) != nil }
        return shards.isEmpty ? files : shards
    }

    private static func isSafetensors(_ name: String) -> Bool { name.lowercased().hasSuffix(".safetensors") }

    private static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }
}
