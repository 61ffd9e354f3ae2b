internal import Foundation
import OrderedCollections

/// A model's `config.json`, as releases of `transformers` before and since 5 write it.
///
/// Models of several senses keep the decoder's settings under `text_config`; they are read as if they stood outside.
public struct HuggingFaceConfig: Sendable {
    public let json: JSON
    /// What error messages call it.
    public let file: String
    /// The family, such as `llama`.
    public let modelType: String
    /// The family of the decoder within a model of several senses; the same as `modelType` of others.
    public let textModelType: String
    private let text: JSON
    /// What the decoder's family means by settings that are not there, of models that keep them under `text_config`.
    private let defaults: [String: JSON]
    /// What stands in for the other files of a folder where there is no folder.
    private let companions: [String: JSON]?

    /// - Parameter companions: Of settings that were read from elsewhere than a folder, its other files by their names; nil
    ///   for a folder's own.
    /// - Throws: `CheckpointError.malformed` where it does not say what model it is of.
    public init(_ json: JSON, file: String, companions: [String: JSON]? = nil) throws {
        guard let modelType = json["model_type"]?.string else {
            throw CheckpointError.malformed(file: file, "it has no `model_type`")
        }
        (self.json, self.file, self.modelType) = (json, file, modelType)
        text = json["text_config"] ?? json
        textModelType = json["text_config"]?["model_type"]?.string ?? modelType
        (defaults, self.companions) = ([:], companions)
    }

    private init(_ config: HuggingFaceConfig, defaults: [String: JSON]) {
        (json, file, modelType) = (config.json, config.file, config.modelType)
        (textModelType, text, companions) = (config.textModelType, config.text, config.companions)
        self.defaults = defaults
    }

    /// The same, where `defaults` stand for what `text_config` leaves out: models of several senses write there only what
    /// differs from what `transformers` takes for granted.
    public func filled(_ defaults: [String: JSON]) -> HuggingFaceConfig {
        json["text_config"] == nil ? self : HuggingFaceConfig(self, defaults: defaults)
    }

    /// A setting of the decoder; nil where it is absent or null.
    public subscript(key: String) -> JSON? {
        if let value = text[key], value != .null { return value }
        if let value = defaults[key] { return value }
        if let value = json[key], value != .null { return value }
        return nil
    }

    /// A whole number.
    /// - Throws: `CheckpointError.malformed` where it is there and something else.
    public func integer(_ key: String) throws -> Int? {
        guard let value = self[key] else { return nil }
        guard let number = value.int else { throw wrong(key, value, "a whole number") }
        return number
    }

    public func number(_ key: String) throws -> Double? {
        guard let value = self[key] else { return nil }
        guard let number = value.double else { throw wrong(key, value, "a number") }
        return number
    }

    public func bool(_ key: String) throws -> Bool? {
        guard let value = self[key] else { return nil }
        guard let bool = value.bool else { throw wrong(key, value, "true or false") }
        return bool
    }

    /// A list, one entry a layer as a rule.
    public func array(_ key: String) throws -> [JSON]? {
        guard let value = self[key] else { return nil }
        guard let array = value.array else { throw wrong(key, value, "a list") }
        return array
    }

    /// A size: a whole number from 1 to `limit`.
    /// - Throws: `CheckpointError.malformed` where it is there and something else.
    public func size(_ key: String, limit: Int = 1 << 24) throws -> Int? {
        guard let number = try integer(key) else { return nil }
        guard number >= 1, number <= limit else {
            throw wrong(key, .integer(Int128(number)), "a whole number from 1 to \(limit)")
        }
        return number
    }

    /// A size that has to be there.
    public func requiredSize(_ key: String, limit: Int = 1 << 24) throws -> Int {
        guard let value = try size(key, limit: limit) else {
            throw CheckpointError.malformed(file: file, "it has no `\(key)`")
        }
        return value
    }

    /// A whole number that has to be there.
    public func required(_ key: String) throws -> Int {
        guard let value = try integer(key) else {
            throw CheckpointError.malformed(file: file, "it has no `\(key)`")
        }
        return value
    }

    /// How rotary positions turn: `rope_parameters` since release 5, `rope_theta` and `rope_scaling` before.
    /// - Parameter layers: The kind of layers meant where kinds differ, such as `full_attention`.
    /// - Returns: The settings of one kind, `rope_type` and `rope_theta` among them where they are given.
    public func rope(_ layers: String = "full_attention") throws -> HuggingFaceRope {
        if let parameters = self["rope_parameters"] {
            guard parameters.object != nil else { throw wrong("rope_parameters", parameters, "an object") }
            return HuggingFaceRope(parameters[layers] ?? parameters, config: self)
        }
        if let scaling = self["rope_scaling"], scaling.object == nil {
            throw wrong("rope_scaling", scaling, "an object")
        }
        var settings = self["rope_scaling"]?.object ?? [:]
        if let theta = self["rope_theta"] { settings["rope_theta"] = theta }
        if settings["rope_type"] == nil, let type = settings["type"] { settings["rope_type"] = type }
        return HuggingFaceRope(.object(settings), config: self)
    }

    /// Another JSON file of the folder, such as `modules.json`; nil where there is none.
    /// - Parameter path: Within the folder; what leads out of it is not read.
    public func companion(_ path: String) throws -> JSON? {
        if let companions { return companions[path] }
        guard !path.hasPrefix("/"), !path.split(separator: "/").contains("..") else { return nil }
        let folder = String(file.dropLast("/config.json".count))
        guard FileManager.default.fileExists(atPath: "\(folder)/\(path)") else { return nil }
        return try HuggingFaceFolder.json(path, in: folder)
    }

    /// What is said of a value that makes no sense.
    public func wrong(_ key: String, _ value: JSON, _ wants: String) -> CheckpointError {
        .malformed(file: file, "`\(key)` is \(value.text().prefix(80)), and ought to be \(wants)")
    }
}

/// The rotary positions of one kind of layers.
public struct HuggingFaceRope: Sendable {
    private let settings: JSON
    private let config: HuggingFaceConfig

    init(_ settings: JSON, config: HuggingFaceConfig) { (self.settings, self.config) = (settings, config) }

    /// `default`, `linear`, `dynamic`, `yarn`, `longrope` or `llama3`.
    public var type: String {
        let name = settings["rope_type"]?.string ?? settings["type"]?.string ?? "default"
        return switch name {
        case "su": "longrope"  // Phi 3's first releases
        case "mrope": "default"  // Qwen2-VL's: the parts of its positions are told by `mrope_section`
        default: name
        }
    }

    public func number(_ key: String) throws -> Double? {
        guard let value = settings[key], value != .null else { return nil }
        guard let number = value.double else { throw config.wrong(key, value, "a number") }
        return number
    }

    /// A whole number, such as `original_max_position_embeddings`.
    public func integer(_ key: String) throws -> Int? {
        guard let value = settings[key], value != .null else { return nil }
        guard let number = value.int else { throw config.wrong(key, value, "a whole number") }
        return number
    }

    public func bool(_ key: String) throws -> Bool? {
        guard let value = settings[key], value != .null else { return nil }
        guard let bool = value.bool else { throw config.wrong(key, value, "true or false") }
        return bool
    }

    /// A positive, finite number as float32.
    public func positive(_ key: String) throws -> Float? {
        guard let number = try number(key) else { return nil }
        guard Float(number).isFinite, Float(number) > 0 else {
            throw config.wrong(key, .number(number), "a positive number")
        }
        return Float(number)
    }

    public func requiredPositive(_ key: String) throws -> Float {
        guard let number = try positive(key) else {
            throw CheckpointError.malformed(file: config.file, "its rope of type \(type) has no `\(key)`")
        }
        return number
    }

    /// A list of numbers, such as `long_factor`.
    public func numbers(_ key: String) throws -> [Float]? {
        guard let value = settings[key], value != .null else { return nil }
        guard let items = value.array,
            items.allSatisfy({ $0.double.map { Float($0).isFinite && Float($0) > 0 } ?? false })
        else { throw config.wrong(key, value, "a list of positive numbers") }
        return items.compactMap { $0.double.map { Float($0) } }
    }
}
