import TuttiTensors

/// Walks through a message in Protocol Buffers' encoding, field by field, without copying.
///
/// Values inside of a message are ranges of the file: a message in a message is read by a reader over its range.
/// - SeeAlso: Protocol Buffers, "Encoding".
struct ProtobufReader: ~Escapable {
    /// What a field holds.
    enum Value {
        /// An integer, a flag, an enumeration.
        case number(UInt64)
        /// Four bytes or eight.
        case bits32(UInt32)
        case bits64(UInt64)
        /// Text, bytes, a message, or numbers one after the other.
        case range(Range<Int>)
    }

    private let bytes: RawSpan
    let file: String
    private(set) var offset: Int
    private let end: Int

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, _ range: Range<Int>, file: String) {
        self.bytes = bytes
        self.file = file
        offset = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { offset >= end }

    /// The next field's number and value.
    @_lifetime(self: copy self)
    mutating func next() throws(CheckpointError) -> (field: Int, value: Value) {
        let key = try varint()
        guard key >> 3 > 0, key >> 3 < 1 << 29 else {
            throw .malformed(file: file, "there is no field with the number \(key >> 3) at byte \(offset)")
        }
        let field = Int(key >> 3)
        switch key & 7 {
        case 0: return (field, .number(try varint()))
        case 1: return (field, .bits64(try fixed(UInt64.self)))
        case 2:
            let count = try varint()
            guard count <= UInt64(end - offset) else {
                throw .truncated(file: file, needs: offset &+ Int(clamping: count), has: end)
            }
            defer { offset += Int(count) }
            return (field, .range(offset..<offset + Int(count)))
        case 5: return (field, .bits32(try fixed(UInt32.self)))
        default: throw .malformed(file: file, "a field of the unknown kind \(key & 7) stands at byte \(offset)")
        }
    }

    /// A number in groups of seven bits, the lowest first.
    @_lifetime(self: copy self)
    mutating func varint() throws(CheckpointError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            let byte = try fixed(UInt8.self)
            value |= UInt64(byte & 0x7F) << UInt64(min(shift, 63))
            if byte & 0x80 == 0 { return value }
        }
        throw .malformed(file: file, "a number of more than 64 bits stands before byte \(offset)")
    }

    @_lifetime(self: copy self)
    mutating func fixed<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) throws(CheckpointError) -> T {
        let start = offset
        guard start + MemoryLayout<T>.size <= end else {
            throw .truncated(file: file, needs: start + MemoryLayout<T>.size, has: end)
        }
        offset = start + MemoryLayout<T>.size
        return unsafe T(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start, as: T.self))
    }

    /// The text in a range of the file.
    func text(_ range: Range<Int>) throws(CheckpointError) -> String {
        let text = unsafe bytes.extracting(range).withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
        guard let text else { throw .malformed(file: file, "a name at byte \(range.lowerBound) is not UTF-8") }
        return text
    }

    /// A reader over a message in this one.
    @_lifetime(copy self)
    func message(_ range: Range<Int>) -> ProtobufReader { ProtobufReader(bytes, range, file: file) }
}
