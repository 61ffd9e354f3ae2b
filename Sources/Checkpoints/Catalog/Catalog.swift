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
