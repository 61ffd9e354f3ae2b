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
        /// A variable whose numbers are of the kind with this code.
        mutating func append(_ name: String, _ shape: [UInt32], type: UInt8, _ contents: [UInt8]) {
            append(name)
            append(UInt8(shape.count))
            for dimension in shape { append(dimension) }
            append(type)
            append(UInt32(contents.count))
            bytes += contents
        }
    }

    private func file(version: UInt32 = 6, change: (inout Layout) -> Void = { _ in }) throws -> CTranslate2File {
        var layout = Layout()
        layout.append(version)
        layout.append("WhisperSpec")
        layout.append(UInt32(3))
        layout.append(UInt32(3))
        let halves = [Float16(0.5), -1, 2, 0.25].flatMap {
            [UInt8(truncatingIfNeeded: $0.bitPattern), UInt8($0.bitPattern >> 8)]
        }
        layout.append("encoder/scale", [2, 2], type: 4, halves)
        layout.append("encoder/num_heads", [], type: 2, [8, 0])
        layout.append("bytes", [3], type: 1, [1, 2, 255])
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

    /// Two rows of bytes, and what they were multiplied with.
    private func rounded(_ scales: [Float], rows: Range<Int> = 0..<2) throws -> (any Checkpoint, TensorEntry?) {
        var layout = Layout()
        layout.append(UInt32(6))
        layout.append("WhisperSpec")
        layout.append(UInt32(3))
        layout.append(UInt32(2))
        layout.append("weight", [2, 3], type: 1, [127, 0, 129, 64, 255, 1])
        layout.append(
            "weight_scale", [UInt32(scales.count)], type: 0,
            scales.flatMap { scale in withUnsafeBytes(of: scale.bitPattern.littleEndian) { Array($0) } })
        layout.append(UInt32(0))
        let path = FileManager.default.temporaryDirectory.appending(path: "tutti-ct2-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(layout.bytes).write(to: URL(filePath: path))
        let checkpoint = try CTranslate2File(path: path).checkpoint(
            Metadata(["general.architecture": .string("whisper")]), [TensorRule("weight", "w", .rows(rows))])
        return (checkpoint, checkpoint.tensor(named: "w"))
    }

    @Test func rowsOfBytesAreDividedByTheirScales() throws {
        let (checkpoint, entry) = try rounded([254, 128])
        let tensor = try #require(entry)
        #expect(tensor.shape == [2, 3] && tensor.byteCount == 24)
        #expect(try checkpoint.floats(of: tensor) == [0.5, 0, -0.5, 0.5, -1 / 128, 1 / 128])
        checkpoint.release(tensor)
        #expect(try checkpoint.floats(of: tensor).first == 0.5)
        let (other, second) = try rounded([254, 128], rows: 1..<2)
        #expect(try other.floats(of: try #require(second)) == [0.5, -1 / 128, 1 / 128])
        for scales: [Float] in [[254], [254, 0], [254, -1], [.nan, 1], [1, .infinity], []] {
            #expect(throws: CheckpointError.self, "\(scales)") { try rounded(scales) }
        }
    }
}
