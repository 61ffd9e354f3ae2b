import Foundation
import Synchronization
import TestSupport
import TuttiCheckpoints

/// A store in a scratch folder, a model in twelve parts, and an index of packages that is a shell script, `Programs/python3`.
///
/// The script stands in for `python3` on `PATH`: it copies wheels as `pip download` does, notes each pin that it was
/// asked for, and misbehaves at the pin and in the way that the environment says.
final class ToyPackages: Sendable {
    let scratch: ScratchFolder
    let content: [UInt8]
    let home: URL
    static let parts = 12
    static let name = "toy"

    init(sha256: String? = nil, sources: [String] = [], partByteCount: Int = 999) async throws {
        let scratch = try ScratchFolder()
        self.scratch = scratch
        home = scratch.url.appending(path: "home")
        let folders = ["home", "index", "bin", "wheel"].map { scratch.url.appending(path: $0) }
        for folder in folders { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
        var content: [UInt8] = [], packages: [[String: Any]] = []
        for number in 1...Self.parts {
            let part = (0..<partByteCount + number).map { UInt8(truncatingIfNeeded: $0 * number) }
            let path = "toy_part\(number)/data/part\(number).bin"
            let wheel = scratch.url.appending(path: "index/toy-part\(number)-1.0.whl")
            // Beside the part lies what an unpacker would put elsewhere, or run.
            let zip = Zip.stored([
                ("toy_part\(number)/__init__.py", Array("exit(1)".utf8)), ("../../evil", [1]),
                (scratch.url.path + "/evil", [1]), (path, part),
            ])
            try Data(zip).write(to: wheel)
            packages.append([
                "package": "toy-part\(number)", "wheelByteCount": zip.count,
                "wheelSHA256": try await Hashing.sha256(wheel.path),
                "parts": [["path": path, "byteCount": part.count]],
            ])
            content += part
        }
        self.content = content
        let whole = try scratch.write(content, "whole.gguf"), digest = try await Hashing.sha256(whole)
        let source: [String: Any] = ["kind": "python-packages", "version": "1.0", "packages": packages]
        let model: [String: Any] = [
            "name": Self.name, "licence": "none",
            "files": [["file": "toy.gguf", "byteCount": content.count, "sha256": sha256 ?? digest]],
            "sources": try sources.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) } + [source],
        ]
        try JSONSerialization.data(withJSONObject: ["models": [model]]).write(to: home.appending(path: "catalog.json"))
        try link("python3")
    }

    /// Puts a program of the folder `Programs` on `PATH`. Linked, not written: a file that a starting child of another
    /// test still holds open for writing cannot be run.
    func link(_ program: String) throws {
        let name = URL(filePath: program).lastPathComponent
        try FileManager.default.createSymbolicLink(
            at: scratch.url.appending(path: "bin/\(name)"),
            withDestinationURL: repository.appending(path: "Tests/CheckpointsTests/Programs/\(program)")
        )
    }

    /// The store, with an index that does `fault` when it is asked for `part`.
    func store(_ fault: String = "none", at part: Int = 5, path: String? = nil) throws -> ModelStore {
        let bin = scratch.url.appending(path: "bin").path
        return try ModelStore(
            home: home,
            environment: [
                "PATH": path ?? "\(bin):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")",
                "TOY": scratch.url.path, "TOY_FAULT": fault, "TOY_PIN": "toy-part\(part)==1.0",
            ]
        )
    }

    /// The numbers of the parts that the index was asked for so far.
    var asked: [Int] {
        let log = (try? String(contentsOf: scratch.url.appending(path: "log"), encoding: .utf8)) ?? ""
        return log.split(separator: "\n").compactMap { Int($0.dropFirst("toy-part".count).dropLast("==1.0".count)) }
    }

    var stored: [UInt8]? {
        (try? Data(contentsOf: home.appending(path: "models/toy/toy.gguf"))).map { [UInt8]($0) }
    }

    /// What lies in the folder of unfinished pulls.
    var left: [String] {
        let folder = home.appending(path: "downloads/toy").path
        return (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? []
    }
}

/// Collects what a pull reports.
final class Events: Sendable {
    private let events = Mutex<[PullEvent]>([])
    func append(_ event: PullEvent) { events.withLock { $0.append(event) } }
    var all: [PullEvent] { events.withLock { $0 } }
}

/// A zip archive without compression.
enum Zip {
    static func stored(_ files: [(name: String, content: [UInt8])]) -> [UInt8] {
        var out: [UInt8] = [], directory: [UInt8] = []
        for (name, content) in files {
            // Version 2.0, no flags, stored, a fixed date.
            var shared: [UInt8] = [20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x5a]
            shared += bytes(crc32(content))
            shared += bytes(UInt32(content.count)) + bytes(UInt32(content.count))
            shared += bytes(UInt16(name.utf8.count)) + [0, 0]
            directory += Array("PK".utf8) + [1, 2, 20, 3] + shared
            directory += [UInt8](repeating: 0, count: 10) + bytes(UInt32(out.count)) + Array(name.utf8)
            out += Array("PK".utf8) + [3, 4] + shared + Array(name.utf8) + content
        }
        var end: [UInt8] = Array("PK".utf8) + [5, 6, 0, 0, 0, 0]
        end += bytes(UInt16(files.count)) + bytes(UInt16(files.count))
        end += bytes(UInt32(directory.count)) + bytes(UInt32(out.count)) + [0, 0]
        return out + directory + end
    }

    private static func crc32(_ content: [UInt8]) -> UInt32 {
        var crc: UInt32 = ~0
        for byte in content {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
        }
        return ~crc
    }
}
