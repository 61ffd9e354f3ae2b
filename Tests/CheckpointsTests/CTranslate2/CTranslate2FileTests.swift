import Foundation
import TestSupport
import Testing
import TuttiCheckpoints

/// Files laid out as CTranslate2 writes them.
@Suite struct CTranslate2FileTests {
    private struct Layout {
        var bytes: [UInt8] = []
        mutating func append<T: FixedWidthInteger>(_ value: T) {
            withUnsafeBytes(of: value.littleEndian) { bytes += Array($0) }
        }
        mutating func append(_ text: String) {
            append(UInt16(text.utf8.count + 1))
            bytes += Array(text.utf8) + [0]
        }
    }

    private func file(version: UInt32 = 6, change: (inout Layout) -> Void = { _ in }) throws -> CTranslate2File {
        var layout = Layout()
        layout.append(version)
        layout.append("WhisperSpec")
        layout.append(UInt32(3))
        layout.append(UInt32(3))
        layout.append("encoder/scale")
        layout.append(UInt8(2))
        layout.append(UInt32(2))
        layout.append(UInt32(2))
        layout.append(UInt8(4))
        layout.append(UInt32(8))
        for half in [Float16(0.5), -1, 2, 0.25] { layout.append(half.bitPattern) }
        layout.append("encoder/num_heads")
        layout.append(UInt8(0))
        layout.append(UInt8(2))
        layout.append(UInt32(2))
        layout.append(Int16(8))
        layout.append("bytes")
        layout.append(UInt8(1))
        layout.append(UInt32(3))
        layout.append(UInt8(1))
        layout.append(UInt32(3))
        layout.bytes += [1, 2, 255]
        layout.append(UInt32(1))
        layout.append("decoder/scale")
        layout.append("encoder/scale")
        change(&layout)
        let path = FileManager.default.temporaryDirectory.appending(path: "tutti-ct2-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(layout.bytes).write(to: URL(filePath: path))
        return try CTranslate2File(path: path)
    }

    @Test func variablesAndNamesForThem() throws {
        let file = try file()
        #expect(file.specification == "WhisperSpec")
        #expect(file.names == ["bytes", "decoder/scale", "encoder/num_heads", "encoder/scale"])
        #expect(try file.floats("encoder/scale", shape: [2, 2]) == [0.5, -1, 2, 0.25])
        #expect(try file.floats("decoder/scale", shape: [2, 2]) == [0.5, -1, 2, 0.25])
        #expect(try file.integer("encoder/num_heads") == 8)
        #expect(file.shape(of: "bytes") == [3] && file.shape(of: "none") == nil)
    }

    @Test func whatIsWrongIsSaid() throws {
        let file = try file()
        #expect(throws: CheckpointError.self) { try file.floats("none", shape: [1]) }
        #expect(throws: CheckpointError.self) { try file.floats("encoder/scale", shape: [4]) }
        #expect(throws: CheckpointError.self) { try file.floats("bytes", shape: [3]) }
        #expect(throws: CheckpointError.self) { try file.integer("bytes") }
        #expect(throws: CheckpointError.self) { try self.file(version: 5) }
        for count in [0, 3, 10, 30, 60, 100] {
            #expect(throws: CheckpointError.self) {
                try self.file { $0.bytes.removeLast(min(count + 1, $0.bytes.count)) }
            }
        }
    }
}
