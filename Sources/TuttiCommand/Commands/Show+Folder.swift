import Foundation
import Tutti

/// A model that is a folder of safetensors, as `tutti show` shows it: what is there and where it came from.
struct ShownFolder {
    private let name: String
    private let folder: URL
    private let stored: StoredModel?

    /// Nil for a model that is a file.
    /// - Throws: `StoreError` when there is no such model here.
    init?(_ store: ModelStore, _ model: String) throws {
        switch try store.locate(model) {
        case .stored(let found): (folder, stored) = (found.location, found)
        case .known(let entry): throw StoreError.notPulled(entry.name)
        case .file(let file): (folder, stored) = (file, nil)
        }
        guard folder.hasDirectoryPath || Self.isFolder(folder) else { return nil }
        name = stored?.name ?? model
    }

    private static func isFolder(_ url: URL) -> Bool {
        (try? FileManager.default.attributesOfItem(atPath: url.path)[.type] as? FileAttributeType) == .typeDirectory
    }

    private var files: [(path: String, byteCount: Int)] {
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []
        return paths.sorted().compactMap { path in
            let attributes = try? FileManager.default.attributesOfItem(atPath: folder.appending(path: path).path)
            guard attributes?[.type] as? FileAttributeType == .typeRegular else { return nil }
            return (path, attributes?[.size] as? Int ?? 0)
        }
    }

    private var sources: [String] {
        if let origin = stored?.origin { return ["\(origin.repository) on the hub, commit \(origin.commit)"] }
        return Show.sources(stored?.entry)
    }

    func show(isJSON: Bool) throws {
        if isJSON {
            return try Output.document([
                "name": .string(name), "description": stored?.entry.map { .string($0.description) } ?? .null,
                "folder": .string(folder.path),
                "files": .array(files.map { ["file": .string($0.path), "bytes": JSON($0.byteCount)] }),
                "licence": stored?.entry.map { .string($0.licence) } ?? .null,
                "licence_note": stored?.entry?.licenceNote.map { .string($0) } ?? .null,
                "sources": .array(sources.map { .string($0) }),
            ])
        }
        var lines = [("model", name)]
        if let description = stored?.entry?.description { lines.append(("", description)) }
        lines.append(("folder", folder.path))
        lines += files.map { ("", "\($0.path), \(ByteText($0.byteCount))") }
        if let entry = stored?.entry { lines.append(("licence", entry.licence)) }
        if let note = stored?.entry?.licenceNote { lines.append(("", note)) }
        lines.append(("source", sources.joined(separator: "; ")))
        try Output.line(
            lines.map { $0.padding(toLength: 13, withPad: " ", startingAt: 0) + $1 }.joined(separator: "\n"))
    }
}
