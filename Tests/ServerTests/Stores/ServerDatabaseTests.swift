import Foundation
import GRDB
import Testing
import TuttiServer

@Suite struct ServerDatabaseTests {
    @Test func whatIsCommittedIsFlushedAndKept() async throws {
        let folder = try TestServer.folder().appending(path: "new")
        let database = try ServerDatabase(folder: folder)
        // 2 is FULL.
        #expect(
            try await database.pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 2)
        #expect(try await database.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
        let mode = try FileManager.default.attributesOfItem(atPath: folder.path)[.posixPermissions] as? Int
        #expect(mode == 0o700)
        _ = try await KeyStore(database).create(name: "k", scopes: [.all])
        #expect(try await KeyStore(try ServerDatabase(folder: folder)).list().count == 1)
    }

    @Test func aFileOfANewerVersionIsRefused() async throws {
        let folder = try TestServer.folder()
        try await ServerDatabase(folder: folder).write {
            try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('of-tomorrow')")
        }
        let error = #expect(throws: ServerDatabaseError.self) { try ServerDatabase(folder: folder) }
        #expect("\(error!)".contains("was written by a newer version"))
    }

    @Test func whatIsNoDatabaseIsNamed() throws {
        let folder = try TestServer.folder()
        try Data(repeating: 7, count: 5000).write(to: folder.appending(path: "tutti.sqlite"))
        let error = #expect(throws: ServerDatabaseError.self) { try ServerDatabase(folder: folder) }
        #expect("\(error!)".contains("tutti.sqlite cannot be used as a database"))
    }

    @Test func twoServersDoNotShareAFolder() throws {
        let data = try TestServer.folder()
        let first = try TestServer.make { $0.dataFolder = data }
        let error = #expect(throws: ServerDatabaseError.self) { try TestServer.make { $0.dataFolder = data } }
        #expect("\(error!)".contains("another server uses this folder"))
        withExtendedLifetime(first) {}
    }
}
