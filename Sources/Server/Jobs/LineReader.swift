/// The lines of a stored file, one after the other, without holding all of it.
package struct LineReader {
    private let bytes: StoredBytes
    private let maximumByteCount: Int
    private var buffer: [UInt8] = []
    private var start = 0
    private var isOver = false
    /// The number of the last line, from 1.
    package private(set) var number = 0

    /// A line that is longer than any request may be.
    package struct TooLong: Error {
        package let line: Int
        package let limit: Int
    }

    package init(_ bytes: StoredBytes, maximumByteCount: Int) {
        self.bytes = bytes
        self.maximumByteCount = maximumByteCount
    }

    /// The next line that is not blank, without its end; nil after the last.
    package mutating func next() async throws -> [UInt8]? {
        while let line = try await line() {
            number += 1
            if line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0d }) { return line }
        }
        return nil
    }

    private mutating func line() async throws -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0a) {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            guard buffer.count - start <= maximumByteCount else {
                throw TooLong(line: number + 1, limit: maximumByteCount)
            }
            buffer.removeFirst(start)
            start = 0
            searched = buffer.count
            if isOver {
                defer { buffer = [] }
                return buffer.isEmpty ? nil : buffer
            }
            guard let piece = try await bytes.next() else {
                isOver = true
                continue
            }
            buffer += piece
        }
    }
}
