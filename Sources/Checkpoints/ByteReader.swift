/// Reads little-endian values one after the other out of a file that may lie: whatever a header says, no read leaves it.
struct ByteReader: ~Escapable {
    private let bytes: RawSpan
    /// What error messages call the file.
    let file: String
    private(set) var offset = 0

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, file: String) {
        self.bytes = bytes
        self.file = file
    }

    var byteCount: Int { bytes.byteCount }
    var remaining: Int { bytes.byteCount - offset }

    /// Reads one number and moves on.
    @_lifetime(self: copy self)
    mutating func next<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) throws(CheckpointError) -> T {
        let start = try advance(MemoryLayout<T>.size)
        return unsafe T(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start, as: T.self))
    }

    /// Reads a 64-bit count of things that take at least `atLeast` bytes each, and checks that the file has them.
    ///
    /// Only a count that came through here may size a reservation.
    @_lifetime(self: copy self)
    mutating func nextCount(of things: String, atLeast byteCount: Int) throws(CheckpointError) -> Int {
        let count = try next(UInt64.self)
        guard count <= UInt64(remaining / byteCount) else {
            throw .absurdCount(file: file, things: things, count: count, remaining: remaining)
        }
        return Int(count)
    }

    /// Reads `byteCount` bytes as UTF-8.
    @_lifetime(self: copy self)
    mutating func nextString(byteCount: Int, _ what: String) throws(CheckpointError) -> String {
        let start = try advance(byteCount)
        let text = unsafe bytes.extracting(start..<start + byteCount).withUnsafeBytes {
            unsafe String(validating: $0, as: UTF8.self)
        }
        guard let text else { throw .malformed(file: file, "\(what) at byte \(start) is not UTF-8") }
        return text
    }

    /// Copies `byteCount` bytes.
    @_lifetime(self: copy self)
    mutating func nextBytes(_ byteCount: Int) throws(CheckpointError) -> [UInt8] {
        let start = try advance(byteCount)
        return unsafe bytes.extracting(start..<start + byteCount).withUnsafeBytes { unsafe Array($0) }
    }

    /// Moves `byteCount` bytes on; returns where they start.
    @_lifetime(self: copy self)
    @discardableResult
    mutating func advance(_ byteCount: Int) throws(CheckpointError) -> Int {
        let start = offset
        let (end, overflow) = start.addingReportingOverflow(byteCount)
        guard byteCount >= 0, !overflow, end <= bytes.byteCount else {
            throw .truncated(file: file, needs: overflow ? .max : end, has: bytes.byteCount)
        }
        offset = end
        return start
    }

    /// The bytes of a range that has been read already.
    @_lifetime(copy self)
    func bytes(in range: Range<Int>) -> RawSpan { bytes.extracting(range) }
}
