import Foundation
import Testing
import TuttiTensors

@Suite struct MappedFileTests {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "mapped-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func write(_ bytes: [UInt8], _ name: String = "file") throws -> String {
        let url = folder.appending(path: name)
        try Data(bytes).write(to: url)
        return url.path
    }

    @Test func bytesAreTheFiles() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let file = try MappedFile(path: write(content))
        #expect(file.byteCount == content.count)
        #expect(file.bytes.withUnsafeBytes { Array($0) } == content)
    }

    @Test func releasedPagesCanBeReadAgain() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let file = try MappedFile(path: write(content))
        file.willNeed(0..<content.count)
        for range in [0..<content.count, 5..<9000, 4096..<8192, 90_000..<200_000, 3..<3, -9..<70_000] {
            file.release(range)
            #expect(file.bytes.withUnsafeBytes { Array($0) } == content)
        }
    }

    @Test func anEmptyFileHasNoBytes() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = try MappedFile(path: write([]))
        #expect(file.byteCount == 0 && file.bytes.isEmpty)
        file.release(0..<10)
    }

    @Test func whatIsNoFileIsRefused() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let missing = folder.appending(path: "missing").path, pipe = folder.appending(path: "pipe").path
        #expect(throws: MappedFileError.failed(path: missing, action: "open", code: ENOENT)) {
            _ = try MappedFile(path: missing)
        }
        #expect(throws: MappedFileError.notAFile(path: folder.path, kind: "a folder")) {
            _ = try MappedFile(path: folder.path)
        }
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(throws: MappedFileError.notAFile(path: pipe, kind: "a pipe")) { _ = try MappedFile(path: pipe) }
        #expect(throws: MappedFileError.notAFile(path: "/dev/null", kind: "a device")) {
            _ = try MappedFile(path: "/dev/null")
        }
        #expect(
            "\(MappedFileError.failed(path: "x", action: "open", code: ENOENT))"
                == "cannot open x: No such file or directory")
    }
}
