/// Cuts what is read into lines, without their ends (`\n` or `\r\n`).
public struct LineBuffer: Sendable {
    /// The longest line that is taken; what of a line is longer is dropped.
    public let limitByteCount: Int
    private var bytes: [UInt8] = []
    private var start = 0
    private var scanned = 0
    /// Whether the line being read was longer than the limit.
    private var isTooLong = false

    public enum Line: Sendable, Equatable {
        case text(String)
        case tooLong
    }

    public init(limitByteCount: Int = 16 << 20) { self.limitByteCount = limitByteCount }

    public mutating func append(_ more: ArraySlice<UInt8>) {
        if start > 0 {
            bytes.removeFirst(start)
            scanned -= start
            start = 0
        }
        bytes += more
    }

    /// The next whole line, if there is one.
    public mutating func next() -> Line? {
        if let end = bytes[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
            defer { (start, scanned, isTooLong) = (end + 1, end + 1, false) }
            return line(bytes[start..<end])
        }
        scanned = bytes.count
        if bytes.count - start > limitByteCount {
            isTooLong = true
            (bytes, start, scanned) = ([], 0, 0)
        }
        return nil
    }

    /// What is left at the end of the input, a line without its end.
    public mutating func last() -> Line? {
        if let line = next() { return line }
        guard start < bytes.count || isTooLong else { return nil }
        defer { (bytes, start, scanned, isTooLong) = ([], 0, 0, false) }
        return line(bytes[start...])
    }

    private func line(_ content: ArraySlice<UInt8>) -> Line {
        guard !isTooLong, content.count <= limitByteCount else { return .tooLong }
        let content = content.last == UInt8(ascii: "\r") ? content.dropLast() : content
        return .text(String(decoding: content, as: UTF8.self))
    }
}
