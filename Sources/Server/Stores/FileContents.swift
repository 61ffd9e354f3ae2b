package import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TuttiCheckpoints
import TuttiOpenAI

/// The bytes of files, on the disk, under names that the server made.
///
/// A file is written under a name of its own, brought to the disk, and then moved to its place: what is there is whole.
package struct FileContents: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        /// Files that clients see.
        case files
        /// Parts of uploads.
        case parts
    }

    private let folder: URL
    private let openedAt = Date()
    private var staging: URL { folder.appending(path: "staging") }

    /// - Parameter folder: Where everything lies; made if it is not there. What an earlier process had not finished is
    ///   removed.
    package init(folder: URL) throws {
        self.folder = folder
        let files = FileManager.default
        try? files.removeItem(at: folder.appending(path: "staging"))
        for name in Kind.allCases.map(\.rawValue) + ["staging"] {
            try files.createDirectory(at: folder.appending(path: name), withIntermediateDirectories: true)
        }
    }

    private func path(_ id: String, _ kind: Kind) -> String { folder.appending(path: "\(kind.rawValue)/\(id)").path }

    /// A new, empty file without a name yet.
    package func stage() async throws -> StagedFile {
        let path = staging.appending(path: Identifier.make("staged-")).path
        return try await offPool { StagedFile(try SystemFile(path, .creating)) }
    }

    /// Gives a staged file its name, once all of it is on the disk.
    package func place(_ staged: StagedFile, as id: String, _ kind: Kind) async throws {
        let target = path(id, kind), parent = folder.appending(path: kind.rawValue).path
        try await offPool {
            try staged.place(at: target)
            SystemFile.synchronizeFolder(parent)
        }
    }

    /// Where a file's bytes lie.
    package func location(_ id: String, _ kind: Kind) -> String { path(id, kind) }

    package func open(_ id: String, _ kind: Kind) async throws -> StoredBytes {
        let path = path(id, kind)
        return try await offPool { try StoredBytes(try SystemFile(path, .reading)) }
    }

    /// Removes what is there; nothing if it is gone.
    package func remove(_ ids: [String], _ kind: Kind) async {
        let paths = ids.map { path($0, kind) }
        try? await offPool { for path in paths { SystemFile.remove(path) } }
    }

    /// The names of all that was there before this process came: what it may look through for what nobody knows.
    package func earlierNames(_ kind: Kind) -> [String] {
        let entries = try? FileManager.default.contentsOfDirectory(
            at: folder.appending(path: kind.rawValue), includingPropertiesForKeys: [.contentModificationDateKey])
        return (entries ?? []).filter { entry in
            let date = try? entry.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
            return date.map { $0 < openedAt } ?? false
        }.map(\.lastPathComponent)
    }
}

/// Runs what waits for a disk, or computes for long, on threads that may.
func offPool<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    do {
        return try await NIOThreadPool.singleton.runIfActive(body)
    } catch let error as StoreError {
        guard case .diskFull = error else { throw error }
        throw APIError(
            status: 507, message: "The server's disk is full; nothing was stored. Delete files, or make room on it.",
            type: "server_error", code: "disk_full")
    }
}

/// A file that is being written and has no name yet; let go before it has one, it is removed.
package final class StagedFile: Sendable {
    private let file: SystemFile
    private let count = Mutex(0)
    private let isPlaced = Mutex(false)

    fileprivate init(_ file: consuming SystemFile) { self.file = file }

    deinit {
        if !isPlaced.withLock({ $0 }) { SystemFile.remove(file.path) }
    }

    package var byteCount: Int { count.withLock { $0 } }
    /// Where it is being written: for those who read it before it has a name.
    package var path: String { file.path }

    package func write(_ bytes: [UInt8]) async throws {
        try await offPool { try self.file.write(bytes[...]) }
        count.withLock { $0 += bytes.count }
    }

    fileprivate func place(at target: String) throws {
        try file.synchronize()
        try SystemFile.rename(file.path, to: target)
        isPlaced.withLock { $0 = true }
    }
}

/// A stored file's bytes, read from the beginning, piece by piece.
package final class StoredBytes: Sendable {
    private let file: SystemFile
    package let byteCount: Int

    fileprivate init(_ file: consuming SystemFile) throws {
        byteCount = try file.byteCount
        self.file = file
    }

    /// The next piece; nil at the end.
    package func next(byteCount: Int = 256 << 10) async throws -> [UInt8]? {
        try await offPool {
            var buffer = [UInt8](repeating: 0, count: byteCount)
            let count = try self.file.read(into: &buffer)
            buffer.removeLast(buffer.count - count)
            return count == 0 ? nil : buffer
        }
    }
}
