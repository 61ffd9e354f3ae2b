/// One model of the catalog.
public struct CatalogEntry: Sendable, Equatable, Decodable {
    /// What people type, such as `smollm2-135m`: lower-case letters, digits, `.`, `-` and `_`.
    public let name: String
    public let task: ModelTask
    public let description: String
    public let licence: String
    public let licenceURL: String?
    /// What else its user should know about the licence.
    public let licenceNote: String?
    /// Names of models that it cannot do without, which are pulled with it.
    public let needs: [String]
    /// Where on the hub it is, as `hf:OWNER/NAME`, for a model whose files and their hashes are the hub's to say.
    public let reference: String?
    /// The files that it consists of: one GGUF file, the parts of one, or what a Hugging Face folder holds. None where
    /// there is a ``reference``.
    public let files: [ModelFile]
    /// Where they can come from, tried in this order.
    public let sources: [ModelSource]

    /// The bytes of all files together.
    public var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }

    /// How many bytes a pull fetches by the first source that can be used.
    public var downloadByteCount: Int {
        for case .pythonPackages(let source) in sources { return source.downloadByteCount }
        return byteCount
    }

    private enum Keys: String, CodingKey {
        case name, task, description, licence, licenceURL, licenceNote, needs, reference, files, sources
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        // Names become paths, so what could lead out of the store's folder is refused.
        name = try container.checked(.name, "a name like `smollm2-135m`", CatalogChecks.isName)
        task = try container.decodeIfPresent(ModelTask.self, forKey: .task) ?? .language
        description = try container.decodeIfPresent(String.self, forKey: .description) ?? ""
        licence = try container.decode(String.self, forKey: .licence)
        licenceURL = try container.decodeIfPresent(String.self, forKey: .licenceURL)
        licenceNote = try container.decodeIfPresent(String.self, forKey: .licenceNote)
        needs = try container.decodeIfPresent([String].self, forKey: .needs) ?? []
        func refuse(_ key: Keys, _ reason: String) -> DecodingError {
            DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: reason)
        }
        reference = try container.decodeIfPresent(String.self, forKey: .reference)
        if let reference {
            guard (try? HubReference(reference)) != nil else { throw refuse(.reference, "it is no `hf:OWNER/NAME`") }
            (files, sources) = ([], [])
            return
        }
        let files = try container.decode([ModelFile].self, forKey: .files)
        if let reason = SafePath.conflict(among: files.map(\.file)) { throw refuse(.files, reason) }
        sources = try container.decode([ModelSource].self, forKey: .sources)
        for case .pythonPackages(let source) in sources {
            if let reason = source.mismatch(with: files) { throw refuse(.sources, reason) }
        }
        self.files = files
    }
}

/// What a model is for.
public enum ModelTask: String, Sendable, Equatable, Decodable {
    /// It writes; what a catalog says nothing else of.
    case language
    /// It turns texts into vectors.
    case embedding
    /// It hears what is said.
    case hearing
    /// It speaks.
    case speaking
    /// It tells whether anybody speaks.
    case voiceActivity = "voice-activity"
    /// It reads what is written in pictures.
    case reading
    /// It names what a picture shows.
    case naming
}

/// A file of a model, and how it is known to be the right one.
public struct ModelFile: Sendable, Equatable, Codable {
    /// Where it lies in the model's folder: a name, or a path such as `1_Pooling/config.json`.
    public let file: String
    public let byteCount: Int
    /// 64 lower-case hexadecimal digits.
    public let sha256: String

    init(file: String, byteCount: Int, sha256: String) {
        (self.file, self.byteCount, self.sha256) = (file, byteCount, sha256)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        file = try container.checked(.file, "a path inside the model's folder", SafePath.isSafe)
        byteCount = try container.checked(.byteCount, "a size in bytes", CatalogChecks.isByteCount)
        sha256 = try container.checked(.sha256, "64 lower-case hexadecimal digits", CatalogChecks.isSHA256)
    }
}
