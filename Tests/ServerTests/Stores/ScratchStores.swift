import Foundation
import TestSupport
import TuttiOpenAI
import TuttiServer

/// A database and files in a folder of their own, as an earlier process may have left them.
struct ScratchStores {
    let folder: URL
    let database: ServerDatabase
    let contents: FileContents
    var project = Project.standard

    init(folder: URL? = nil) throws {
        self.folder =
            folder ?? FileManager.default.temporaryDirectory.appending(path: "tutti-stores-\(UUID().uuidString)")
        database = try ServerDatabase(folder: self.folder)
        contents = try FileContents(folder: self.folder)
    }

    var files: FileStore { FileStore(database: database, contents: contents, project: project) }
    var uploads: UploadStore { UploadStore(files: files) }
    var conversations: ConversationStore { ConversationStore(database: database, project: project) }
    var responses: ResponseStore { ResponseStore(database: database, project: project) }
    var batches: BatchStore { BatchStore(database: database, project: project) }

    func stage(_ bytes: [UInt8]) async throws -> StagedFile {
        let staged = try await contents.stage()
        try await staged.write(bytes)
        return staged
    }

    func read(_ id: String) async throws -> [UInt8] {
        let bytes = try await contents.open(id, .files)
        var all: [UInt8] = []
        while let piece = try await bytes.next(byteCount: 3) { all += piece }
        return all
    }

    /// The names of everything that lies in the folder of files.
    func names(_ kind: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: kind).path)
    }

    static func said(_ text: String, id: String) -> ResponseItem {
        .message(.init(id: id, role: .user, parts: [.inputText(text)]))
    }
}
