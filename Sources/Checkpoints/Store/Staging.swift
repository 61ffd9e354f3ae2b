internal import Foundation

/// The folder of a pull that is not over: `downloads/NAME`. Only the holder of the model's lock touches it.
struct Staging: Sendable {
    let folder: URL

    init(_ name: String, in downloads: URL) { folder = downloads.appending(path: name) }

    /// The model's file as far as it is joined.
    var partial: URL { folder.appending(path: "joined.partial") }
    /// A file that is being copied in from elsewhere.
    var copied: URL { folder.appending(path: "copied.partial") }
    /// What becomes the model's folder by one rename.
    var ready: URL { folder.appending(path: "ready") }
    private var record: URL { folder.appending(path: "progress.json") }

    /// How far an earlier pull came: parts that are in `partial` and on the disk.
    struct Progress: Codable, Equatable {
        /// What was being pulled from where; another catalog begins anew.
        let plan: String
        var partCount: Int
        var byteCount: Int
    }

    /// Makes the folder, and clears away what a killed pull left that is of no more use.
    func prepare(_ entry: CatalogEntry) throws {
        let files = FileManager.default
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        // Killed between the last two renames: the file is whole, and is checked and moved again.
        let finished = ready.appending(path: entry.file)
        if files.fileExists(atPath: finished.path) { try SystemFile.rename(finished.path, to: partial.path) }
        for name in try files.contentsOfDirectory(atPath: folder.path) where Self.isLeftover(name) {
            try? files.removeItem(at: folder.appending(path: name))
        }
    }

    private static func isLeftover(_ name: String) -> Bool {
        !(name == "joined.partial" || name == "progress.json" || name.hasPrefix("wheel-"))
    }

    func progress(of plan: String) -> Progress {
        let none = Progress(plan: plan, partCount: 0, byteCount: 0)
        guard let json = try? Data(contentsOf: record),
            let progress = try? JSONDecoder().decode(Progress.self, from: json),
            progress.plan == plan, progress.partCount >= 0, progress.byteCount >= 0,
            let byteCount = SystemFile.byteCount(partial.path), byteCount >= progress.byteCount
        else { return none }
        return progress
    }

    func save(_ progress: Progress) throws { try Self.write(progress, to: record) }

    /// Writes JSON so that the old or the new content is there, whatever happens.
    static func write(_ value: some Encodable, to file: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let json = try encoder.encode(value), temporary = file.path + ".new"
        let output = try SystemFile(temporary, .creating)
        try output.write(Array(json)[...])
        try output.synchronize()
        try SystemFile.rename(temporary, to: file.path)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }
}
