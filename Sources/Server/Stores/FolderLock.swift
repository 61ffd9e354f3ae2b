import Foundation
import TuttiCheckpoints

/// Sees to it that one server at a time uses a data folder: two would do the same batches.
final class FolderLock: Sendable {
    private let lock: StoreLock

    /// - Throws: ``ServerDatabaseError/unusable(file:reason:)`` while another server uses the folder.
    init(_ folder: URL) throws {
        let path = folder.appending(path: "server.lock").path
        guard let lock = try StoreLock.ifFree(path) else {
            throw ServerDatabaseError.unusable(
                file: folder.path, reason: "another server uses this folder (give each its own with --data)")
        }
        self.lock = lock
    }
}
