import OrderedCollections

extension HuggingFaceConfig {
    /// The settings of another part of the model, such as `vision_config`, read as if they stood alone; none where there is
    /// no such part.
    /// - Throws: `CheckpointError.malformed` where it is there and no object.
    public func part(_ key: String) throws -> HuggingFaceConfig {
        let part = json[key] ?? .object([:])
        guard var settings = part.object else { throw wrong(key, part, "an object") }
        if settings["model_type"]?.string == nil { settings["model_type"] = .string(modelType) }
        return try HuggingFaceConfig(.object(settings), file: file)
    }
}
