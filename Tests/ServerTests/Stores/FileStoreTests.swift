import Foundation
import Testing
import TuttiCheckpoints
import TuttiOpenAI
import TuttiServer

@Suite struct FileStoreTests {
    private func add(_ stores: ScratchStores, _ bytes: [UInt8], lifetime: Int? = nil) async throws -> FileObject {
        try await stores.files.add(
            try await stores.stage(bytes), filename: "../a.txt", purpose: "user_data", lifetimeSeconds: lifetime)
    }

    @Test func aFileIsThereForTheNextProcess() async throws {
        let stores = try ScratchStores()
        let file = try await add(stores, [1, 2, 3, 4])
        let next = try ScratchStores(folder: stores.folder)
        #expect(try await next.files.file(file.id) == file)
        #expect(try await next.read(file.id) == [1, 2, 3, 4])
        // Its owner's name for it is no part of any path.
        #expect(try next.names("files") == [file.id])
        try await next.files.delete(file.id)
        #expect(try next.names("files").isEmpty)
        await #expect(throws: APIError.self) { try await next.files.file(file.id) }
    }

    @Test func whatIsNotFinishedLeavesNothing() async throws {
        let stores = try ScratchStores()
        do {
            let staged = try await stores.stage([1])
            #expect(try stores.names("staging").count == 1 && staged.byteCount == 1)
        }
        #expect(try stores.names("staging").isEmpty)
        // A process that was killed between the bytes and the database leaves bytes that nobody knows.
        let known = try await add(stores, [1])
        for name in ["file-orphan", known.id] {
            let path = stores.folder.appending(path: "files/\(name)").path
            if name != known.id { try Data([1]).write(to: URL(filePath: path)) }
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -9)], ofItemAtPath: path)
        }
        let next = try ScratchStores(folder: stores.folder)
        try await next.files.sweep()
        #expect(try next.names("files") == [known.id])
    }

    @Test func whatHasExpiredIsGone() async throws {
        let stores = try ScratchStores()
        let short = try await add(stores, [1], lifetime: -1), long = try await add(stores, [2], lifetime: 100)
        await #expect(throws: APIError.self) { try await stores.files.file(short.id) }
        #expect(try await stores.files.list(ListQuery(), purpose: nil).items == [long.json])
        try await stores.files.expire()
        #expect(try stores.names("files") == [long.id])
    }

    @Test func listsComeInPages() async throws {
        let stores = try ScratchStores()
        var ids: [String] = []
        for byte in 0..<5 { ids.append(try await add(stores, [UInt8(byte)]).id) }
        for isAscending in [true, false] {
            var query = ListQuery(limit: 2, isAscending: isAscending), found: [String] = []
            while true {
                let page = try await stores.files.list(query, purpose: "user_data")
                found += page.items.compactMap { $0["id"]?.string }
                guard page.hasMore else { break }
                query.after = found.last
            }
            #expect(found == (isAscending ? ids : ids.reversed()))
        }
        #expect(try await stores.files.list(ListQuery(), purpose: "batch").items.isEmpty)
        await #expect(throws: APIError.self) {
            try await stores.files.list(ListQuery(after: "file-none"), purpose: nil)
        }
    }

    @Test func anUploadIsAllOrNothing() async throws {
        let stores = try ScratchStores()
        let wanted = try UploadRequest(
            ["bytes": 5, "filename": "a", "mime_type": "x/y", "purpose": "batch"], maximumByteCount: 10)
        let upload = try await stores.uploads.create(wanted)
        let last = try await stores.uploads.add(try await stores.stage([4, 5]), to: upload)
        let first = try await stores.uploads.add(try await stores.stage([1, 2, 3]), to: upload)
        func complete(_ ids: [String], md5: String? = nil) async throws -> UploadObject {
            try await stores.uploads.complete(upload.id, parts: ids, md5: md5)
        }
        await #expect(throws: APIError.self) { try await complete([first.id]) }
        await #expect(throws: APIError.self) { try await complete([first.id, first.id]) }
        await #expect(throws: APIError.self) { try await complete([first.id, last.id], md5: "00") }
        #expect(try stores.names("files").isEmpty && stores.names("parts").count == 2)
        let done = try await complete([first.id, last.id], md5: "7CFDD07889B3295D6A550914AB35E068")
        #expect(done.status == .completed)
        #expect(try await stores.read(try #require(done.file?.id)) == [1, 2, 3, 4, 5])
        #expect(try stores.names("parts").isEmpty)
        await #expect(throws: APIError.self) { try await stores.uploads.pending(upload.id) }
        await #expect(throws: APIError.self) { try await stores.uploads.cancel(upload.id) }
    }
}
