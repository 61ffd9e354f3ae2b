public import Foundation
import TuttiCheckpoints

/// The files of a Hugging Face folder that say how text becomes tokens: `tokenizer.json`, `tokenizer_config.json`,
/// `special_tokens_map.json`, `generation_config.json`, `chat_template.jinja`, `chat_template.json`.
public struct TokenizerFolder: Sendable {
    public let configuration: TokenizerConfiguration
    /// The bytes of `tokenizer.json`.
    public let tokenizerJSON: [UInt8]
    private static let mostConfigurationBytes = 16 << 20

    /// Reads the files; only `tokenizer.json` must be there.
    /// - Parameter url: The folder, or its `tokenizer.json`.
    /// - Throws: `TokenizerFileError.missing` where there is no `tokenizer.json`; other cases where a file is damaged.
    public init(_ url: URL) throws {
        let path = url.resolvingSymlinksInPath().path
        let kind = (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
        let isFile = kind == .typeRegular
        let folder = isFile ? url.deletingLastPathComponent() : url
        let file = isFile ? url : url.appending(path: "tokenizer.json")
        guard let bytes = try Self.bytes(file, limit: TokenizerParts.mostBytes) else {
            throw TokenizerFileError.missing(folder: url.path)
        }
        tokenizerJSON = bytes
        var configuration = try TokenizerConfiguration(
            tokenizerConfig: Self.json(folder, "tokenizer_config.json"),
            specialTokensMap: Self.json(folder, "special_tokens_map.json"),
            generationConfig: Self.json(folder, "generation_config.json"))
        // The processors of models that see once kept theirs so.
        if let template = try Self.json(folder, "chat_template.json")?["chat_template"]?.string {
            configuration.chatTemplate = template
        }
        let template = folder.appending(path: "chat_template.jinja")
        if let bytes = try Self.bytes(template, limit: Self.mostConfigurationBytes) {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw TokenizerFileError.unreadable(file: template.path, reason: "it is not UTF-8")
            }
            configuration.chatTemplate = text
        }
        self.configuration = configuration
    }

    /// The chat template: `chat_template.jinja`, or `chat_template.json`, or else what `tokenizer_config.json` has.
    public var chatTemplate: String? { configuration.chatTemplate }

    /// Builds the tokenizer.
    /// - Throws: `TokenizerFileError`.
    public func tokenizer() throws -> Tokenizer {
        try Tokenizer(tokenizerJSON: tokenizerJSON, configuration: configuration)
    }

    private static func json(_ folder: URL, _ name: String) throws -> JSON? {
        let file = folder.appending(path: name)
        guard let bytes = try bytes(file, limit: mostConfigurationBytes) else { return nil }
        do {
            return try JSON(parsing: bytes, depth: 64)
        } catch {
            throw TokenizerFileError.unreadable(file: file.path, reason: "\(error)")
        }
    }

    /// The bytes of a file; nothing where there is none.
    private static func bytes(_ file: URL, limit: Int) throws -> [UInt8]? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file.resolvingSymlinksInPath().path)
        guard let attributes else { return nil }
        guard attributes[.type] as? FileAttributeType == .typeRegular else {
            throw TokenizerFileError.unreadable(file: file.path, reason: "it is no plain file")
        }
        let count = (attributes[.size] as? NSNumber)?.intValue ?? 0
        guard count <= limit else {
            throw TokenizerFileError.unreadable(
                file: file.path, reason: "it has \(count) bytes, at most \(limit) are read")
        }
        do {
            return [UInt8](try Data(contentsOf: file))
        } catch {
            throw TokenizerFileError.unreadable(file: file.path, reason: error.localizedDescription)
        }
    }
}

extension Tokenizer {
    /// Builds the tokenizer of a Hugging Face folder.
    /// - Parameter folder: A folder with a `tokenizer.json`, or that file.
    /// - Throws: `TokenizerFileError.missing` where the folder has none; other cases of it where something is wrong.
    public convenience init(folder: URL) throws {
        let files = try TokenizerFolder(folder)
        try self.init(tokenizerJSON: files.tokenizerJSON, configuration: files.configuration)
    }
}
