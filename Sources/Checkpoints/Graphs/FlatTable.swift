import TuttiTensors

/// A table in the encoding of FlatBuffers: its fields are found by number, in any order, or are left out.
///
/// Every place is checked against the file: whatever an offset says, no read leaves it.
/// - SeeAlso: FlatBuffers, "Internals".
struct FlatTable: ~Escapable {
    private let bytes: RawSpan
    let file: String
    private let start: Int
    /// Where the places of the fields stand, and how many bytes that takes.
    private let fields: Int
    private let fieldsByteCount: Int

    /// The table that the file begins with.
    @_lifetime(copy bytes)
    init(root bytes: RawSpan, file: String) throws(CheckpointError) {
        let start = try FlatTable.offset(bytes, at: 0, file)
        self = try FlatTable(bytes, at: start, file: file)
    }

    @_lifetime(copy bytes)
    private init(_ bytes: RawSpan, at start: Int, file: String) throws(CheckpointError) {
        let distance = Int(try FlatTable.number(Int32.self, bytes, at: start, file))
        let fields = start - distance
        guard fields >= 0 else {
            throw .malformed(file: file, "a table at byte \(start) has its fields before the file")
        }
        fieldsByteCount = Int(try FlatTable.number(UInt16.self, bytes, at: fields, file))
        (self.bytes, self.file, self.start, self.fields) = (bytes, file, start, fields)
    }

    private static func number<T: FixedWidthInteger & BitwiseCopyable>(
        _: T.Type, _ bytes: borrowing RawSpan, at place: Int, _ file: String
    ) throws(CheckpointError) -> T {
        guard place >= 0, place <= bytes.byteCount - MemoryLayout<T>.size else {
            throw .truncated(file: file, needs: place &+ MemoryLayout<T>.size, has: bytes.byteCount)
        }
        return unsafe T(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: place, as: T.self))
    }

    /// Where the thing lies whose distance stands at `place`.
    private static func offset(_ bytes: borrowing RawSpan, at place: Int, _ file: String) throws(CheckpointError) -> Int
    {
        place + Int(try number(UInt32.self, bytes, at: place, file))
    }

    /// Where field `slot` lies; nil if it is left out.
    private func place(_ slot: Int) throws(CheckpointError) -> Int? {
        let entry = 4 + 2 * slot
        guard entry + 2 <= fieldsByteCount else { return nil }
        let distance = Int(try FlatTable.number(UInt16.self, bytes, at: fields + entry, file))
        return distance == 0 ? nil : start + distance
    }

    /// A number; `otherwise` if the field is left out.
    func number<T: FixedWidthInteger & BitwiseCopyable>(
        _ slot: Int, _ otherwise: T = 0
    ) throws(CheckpointError) -> T {
        guard let place = try place(slot) else { return otherwise }
        return try FlatTable.number(T.self, bytes, at: place, file)
    }

    func text(_ slot: Int) throws(CheckpointError) -> String {
        guard let place = try place(slot) else { return "" }
        return try text(at: FlatTable.offset(bytes, at: place, file))
    }

    private func text(at place: Int) throws(CheckpointError) -> String {
        let range = try contents(at: place, atLeast: 1)
        let text = unsafe bytes.extracting(range).withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
        guard let text else { throw .malformed(file: file, "a name at byte \(place) is not UTF-8") }
        return text
    }

    /// Where the items of a vector lie, each of at least so many bytes.
    private func contents(at place: Int, atLeast size: Int) throws(CheckpointError) -> Range<Int> {
        let count = Int(try FlatTable.number(UInt32.self, bytes, at: place, file))
        guard count <= (bytes.byteCount - place - 4) / size else {
            throw .absurdCount(
                file: file, things: "items", count: UInt64(count), remaining: bytes.byteCount - place - 4)
        }
        return place + 4..<place + 4 + count * size
    }

    /// The bytes of a vector of numbers of `size` bytes; none if it is left out.
    func range(_ slot: Int, size: Int = 1) throws(CheckpointError) -> Range<Int> {
        guard let place = try place(slot) else { return 0..<0 }
        return try contents(at: FlatTable.offset(bytes, at: place, file), atLeast: size)
    }

    func numbers<T: FixedWidthInteger & BitwiseCopyable>(_ slot: Int, _: T.Type) throws(CheckpointError) -> [T] {
        let size = MemoryLayout<T>.size
        var result: [T] = []
        for place in stride(
            from: try range(slot, size: size).lowerBound, to: try range(slot, size: size).upperBound, by: size)
        {
            result.append(try FlatTable.number(T.self, bytes, at: place, file))
        }
        return result
    }

    func texts(_ slot: Int) throws(CheckpointError) -> [String] {
        let range = try range(slot, size: 4)
        var result: [String] = []
        for place in stride(from: range.lowerBound, to: range.upperBound, by: 4) {
            result.append(try text(at: FlatTable.offset(bytes, at: place, file)))
        }
        return result
    }

    /// The table that field `slot` leads to.
    @_lifetime(copy self)
    func table(_ slot: Int) throws(CheckpointError) -> FlatTable? {
        guard let place = try place(slot) else { return nil }
        return try FlatTable(bytes, at: FlatTable.offset(bytes, at: place, file), file: file)
    }

    /// How many tables a vector has.
    func count(_ slot: Int) throws(CheckpointError) -> Int { try range(slot, size: 4).count / 4 }

    @_lifetime(copy self)
    func table(_ slot: Int, _ index: Int) throws(CheckpointError) -> FlatTable {
        let place = try range(slot, size: 4).lowerBound + 4 * index
        return try FlatTable(bytes, at: FlatTable.offset(bytes, at: place, file), file: file)
    }
}
