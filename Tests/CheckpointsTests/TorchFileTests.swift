import Foundation
import TestSupport
import Testing
import TuttiCheckpoints

/// Files that PyTorch wrote (scripts/goldens/make_torch.py), and bent ones.
@Suite struct TorchFileTests {
    static let folder = goldens("CheckpointsTests").appending(path: "torch")

    struct Expected: Decodable {
        let shape: [Int]
        let values: [Float]
    }

    private func file(_ name: String) throws -> TorchFile {
        try TorchFile(path: Self.folder.appending(path: name).path)
    }

    /// Opens `bytes` as a file.
    private func open(_ bytes: [UInt8]) throws -> TorchFile {
        let path = FileManager.default.temporaryDirectory.appending(path: "tutti-torch-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: path) }
        try Data(bytes).write(to: path)
        return try TorchFile(path: path.path)
    }

    @Test func tensorsAreAsPyTorchHasThemWhateverTheirStrides() throws {
        let file = try file("state.pth")
        let expected = try JSONDecoder().decode(
            [String: Expected].self, from: Data(contentsOf: Self.folder.appending(path: "state.json")))
        #expect(file.names == expected.keys.sorted())
        for (name, tensor) in expected {
            #expect(file.shape(of: name) == tensor.shape)
            guard name != "count" else { continue }
            #expect(try file.floats(name, shape: tensor.shape) == tensor.values, "\(name)")
        }
        #expect(throws: CheckpointError.self) { try file.floats("count", shape: []) }
        #expect(throws: CheckpointError.self) { try file.floats("plain", shape: [3, 2]) }
        #expect(throws: CheckpointError.self) { try file.floats("none", shape: [1]) }
    }

    @Test func aModulesOwnNotesArePassedOver() throws {
        let file = try file("module.pth")
        #expect(file.names.contains("1.running_var") && file.shape(of: "0.weight") == [2, 1, 3, 3])
        #expect(try file.floats("1.running_var", shape: [2]) == [1, 1])
    }

    @Test func whatWouldRunSomethingIsRefusedByItsName() throws {
        let error = #expect(throws: CheckpointError.self) { try file("trap.pth") }
        #expect(error.map { "\($0)" }?.contains("print`") == true)
    }

    @Test func otherContainersAreNamed() throws {
        let error = #expect(throws: CheckpointError.self) { try file("zip.pth") }
        #expect(error.map { "\($0)" }?.contains("zip archive") == true)
        #expect(throws: CheckpointError.self) { try open([]) }
        #expect(throws: CheckpointError.self) { try open(Array("GGUF".utf8)) }
    }

    @Test func noPrefixIsTakenForTheWhole() throws {
        let bytes = [UInt8](try Data(contentsOf: Self.folder.appending(path: "state.pth")))
        for count in stride(from: 0, to: bytes.count - 1, by: 7) {
            #expect(throws: CheckpointError.self, "\(count) bytes") { try open(Array(bytes[..<count])) }
        }
    }

    @Test func whatNestsWithoutEndIsRefused() throws {
        let bytes = [UInt8](try Data(contentsOf: Self.folder.appending(path: "state.pth")))
        // The magic number and the version, then a hundred thousand tuples in each other.
        let head = Array(bytes[..<21])
        let nested: [UInt8] = [0x80, 2, 0x29] + [UInt8](repeating: 0x85, count: 100_000) + [0x2e]
        let error = #expect(throws: CheckpointError.self) { try open(head + nested) }
        #expect(error.map { "\($0)" }?.contains("nests too deep") == true)
        // A tuple of the one before, twice, again and again: small on the disk, and 2^31 values to whoever counts them.
        let twice: [UInt8] = [0x71, 0, 0x68, 0, 0x86]
        let doubled: [UInt8] = [0x80, 2, 0x29] + (0..<30).flatMap { _ in twice } + [0x2e]
        #expect(throws: CheckpointError.self) { try open(head + doubled) }
    }
}
