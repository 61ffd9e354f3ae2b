import Foundation
import Synchronization
import TestSupport
import TuttiCheckpoints

/// A hub of its own for a test, served by `Programs/hub.py` under the same paths, and a store that pulls from it.
final class ToyHub: Sendable {
    /// What the hub was asked, and what it gave.
    struct Request {
        /// `hub`, `blob` (the second host) or `proxy`.
        let at: String
        let path: String
        let range: String?
        let token: String?
        let sentByteCount: Int
        /// Whether it was answered with silence.
        let stalls: Bool
    }

    private let scratch: ScratchFolder
    /// The folder of this hub, which is its name in URLs too; the store lies in it.
    let folder: URL
    let home: URL
    let port: Int
    let blobPort: Int
    let proxyPort: Int
    static let name = "Owner/Toy-GGUF"
    static let reference = "hf:\(name)"
    static let commit = String(repeating: "c", count: 40)

    private let state: Mutex<[String: Data]>

    init() async throws {
        let server = try await Self.server.value
        let ports = server.ports
        scratch = server.root
        folder = scratch.url.appending(path: UUID().uuidString)
        home = folder.appending(path: "home")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        state = Mutex(["repositories": Data("{}".utf8), "faults": Data("[]".utf8)])
        (port, blobPort, proxyPort) = (ports[0], ports[1], ports[2])
        try change { _ in }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// One program serves all tests; it ends with them, when its input does.
    private struct Server: Sendable {
        let root: ScratchFolder
        let ports: [Int]
        let input: Pipe
    }

    private static let server = Task {
        let root = try ScratchFolder(), input = Pipe(), process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", repository.appending(path: "Tests/CheckpointsTests/Programs/hub.py").path, root.url.path,
        ]
        process.standardInput = input
        try process.run()
        let file = root.url.appending(path: "ports")
        var ports: [Int] = []
        while ports.count < 3 {
            try await Task.sleep(for: .milliseconds(5))
            let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
            ports = text.split(separator: " ").compactMap { Int($0) }
            if !process.isRunning { throw NotStarted() }
        }
        return Server(root: root, ports: ports, input: input)
    }

    struct NotStarted: Error {}

    // MARK: What it serves

    /// A file of the repository.
    struct File {
        var content: [UInt8]
        /// Whether it lies on the second host and is known by its SHA-256.
        var isLarge = true
        /// What the list says of it in place of the truth.
        var listed: [String: Any] = [:]
        var tag: String?
    }

    /// Pseudo-random bytes that no range of which is like another.
    static func content(_ byteCount: Int, seed: UInt64 = 1) -> [UInt8] {
        var state = seed &* 0x9e37_79b9_7f4a_7c15
        return (0..<byteCount).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
    }

    func serve(
        _ files: [String: File], name: String = ToyHub.name, commit: String = ToyHub.commit, token: String? = nil
    ) throws {
        var entries: [String: Any] = [:]
        for (path, file) in files {
            let place = "content-\(UUID().uuidString)"
            try Data(file.content).write(to: folder.appending(path: place))
            var entry: [String: Any] = ["content": place, "large": file.isLarge, "listed": file.listed]
            entry["tag"] = file.tag
            entries[path] = entry
        }
        var repository: [String: Any] = ["commit": commit, "files": entries]
        repository["token"] = token
        let data = try JSONSerialization.data(withJSONObject: [name: repository])
        try change { $0["repositories"] = data }
    }

    /// Makes requests go wrong from now on; see the program for the kinds.
    func misbehave(_ faults: [String: Any]...) throws { try misbehave(faults) }

    func misbehave(_ faults: [[String: Any]]) throws {
        let data = try JSONSerialization.data(
            withJSONObject: faults.map { $0.merging(["id": UUID().uuidString]) { old, _ in old } })
        try change { $0["faults"] = data }
    }

    private func change(_ body: (inout [String: Data]) -> Void) throws {
        try state.withLock { state in
            body(&state)
            let all = state.map { "\"\($0)\": \(String(decoding: $1, as: UTF8.self))" }.joined(separator: ", ")
            try Data("{\(all)}".utf8).write(to: folder.appending(path: "state.json"), options: .atomic)
        }
    }

    // MARK: What happened

    var requests: [Request] {
        let log = (try? String(contentsOf: folder.appending(path: "log"), encoding: .utf8)) ?? ""
        return log.split(separator: "\n").compactMap { line in
            guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
                return nil
            }
            return Request(
                at: object["at"] as? String ?? "", path: object["path"] as? String ?? "",
                range: object["range"] as? String, token: object["token"] as? String,
                sentByteCount: object["sent"] as? Int ?? 0, stalls: object["stalls"] as? Bool ?? false)
        }
    }

    /// The bytes of large files that were sent so far.
    var sentByteCount: Int { requests.filter { $0.at == "blob" }.reduce(0) { $0 + $1.sentByteCount } }

    func forget() { try? FileManager.default.removeItem(at: folder.appending(path: "log")) }

    // MARK: The store

    /// A store that pulls from this hub, in ranges of 64 KiB and without long pauses.
    func store(_ environment: [String: String] = [:]) throws -> ModelStore {
        try Self.store(home: home, endpoint: endpoint(), environment)
    }

    /// Its address, by the name of this machine or another one that only the proxy knows.
    func endpoint(_ host: String = "127.0.0.1") -> String { "http://\(host):\(port)/\(folder.lastPathComponent)" }

    static func store(home: URL, endpoint: String, _ environment: [String: String] = [:]) throws -> ModelStore {
        let own = ["HF_ENDPOINT": endpoint, "HOME": home.path, "PATH": "/usr/bin:/bin"]
        var store = try ModelStore(home: home, environment: own.merging(environment) { $1 })
        store.retries.firstPauseSeconds = 0.001
        store.retries.longestPauseSeconds = 0.01
        store.retries.rangeByteCount = 1 << 16
        return store
    }

    /// The content of a file of a pulled model.
    func stored(_ path: String, of folder: String = "hf--owner--toy-gguf--q4_k_m") -> [UInt8]? {
        (try? Data(contentsOf: home.appending(path: "models/\(folder)/\(path)"))).map { [UInt8]($0) }
    }

    /// What lies in the store besides locks and the log of nothing.
    var leftovers: [String] {
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: home.appending(path: "downloads").path)) ?? []
        return paths.filter { !$0.hasSuffix(".lock") }.sorted()
    }
}
