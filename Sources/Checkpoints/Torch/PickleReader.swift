/// Reads a pickle as a description, without doing what it says: no name of Python is looked up, and the few that are
/// allowed (``PickleGlobal``) stand for values of our own.
///
/// - SeeAlso: PEP 307 and the table of opcodes in Python's `pickletools`, protocol 2.
struct PickleReader {
    private var stack: [Item] = []
    /// Where on the stack marks stand.
    private var marks: [Int] = []
    /// What was kept for later. A list or dictionary is kept as it was then.
    private var memo: [Int: Item] = [:]
    /// How deep values may lie in each other, and how many there may be.
    private static let deepest = 32
    private static let mostOperations = 4_000_000

    /// A value, and how deep others lie in it: values are let go of by recursion, and may be shared many times over.
    private struct Item {
        let value: PickleValue
        let depth: Int
    }

    private init() {}

    /// Reads one pickle, up to where it ends.
    /// - Throws: `CheckpointError`, such as for a pickle that would run something.
    static func value(_ reader: inout ByteReader) throws -> PickleValue {
        var pickle = PickleReader(), count = 0
        while try pickle.step(&reader) {
            count += 1
            guard count < mostOperations else {
                throw CheckpointError.malformed(file: reader.file, "a pickle in it is longer than any model's")
            }
        }
        return try pickle.pop(reader)
    }

    /// Does one operation.
    /// - Returns: Whether there are more.
    private mutating func step(_ reader: inout ByteReader) throws -> Bool {
        let code = try reader.next(UInt8.self)
        switch code {
        case 0x80: try reader.advance(1)  // PROTO
        case 0x2e: return false  // STOP
        case 0x28: marks.append(stack.count)  // MARK
        case 0x30: _ = try pop(reader)  // POP
        case 0x4e: try push(.none, reader)
        case 0x88: try push(.bool(true), reader)
        case 0x89: try push(.bool(false), reader)
        case 0x4a: try push(.integer(Int(Int32(bitPattern: try reader.next(UInt32.self)))), reader)  // BININT
        case 0x4b: try push(.integer(Int(try reader.next(UInt8.self))), reader)  // BININT1
        case 0x4d: try push(.integer(Int(try reader.next(UInt16.self))), reader)  // BININT2
        case 0x8a: try push(wide(&reader), reader)  // LONG1
        case 0x58:  // BINUNICODE
            let count = Int(try reader.next(UInt32.self))
            try push(.text(reader.nextString(byteCount: count, "a text of a pickle")), reader)
        case 0x29: try push(.tuple([]), reader)  // EMPTY_TUPLE
        case 0x85: try pushTuple(1, reader)  // TUPLE1
        case 0x86: try pushTuple(2, reader)
        case 0x87: try pushTuple(3, reader)
        case 0x74: try pushTuple(nil, reader)  // TUPLE
        case 0x5d: try push(.list([]), reader)  // EMPTY_LIST
        case 0x7d: try push(.dictionary([]), reader)  // EMPTY_DICT
        case 0x61: try append(1, reader)  // APPEND
        case 0x65: try append(nil, reader)  // APPENDS
        case 0x73: try set(2, reader)  // SETITEM
        case 0x75: try set(nil, reader)  // SETITEMS
        case 0x71: try keep(Int(try reader.next(UInt8.self)), reader)  // BINPUT
        case 0x72: try keep(Int(try reader.next(UInt32.self)), reader)  // LONG_BINPUT
        case 0x68: try recall(Int(try reader.next(UInt8.self)), reader)  // BINGET
        case 0x6a: try recall(Int(try reader.next(UInt32.self)), reader)  // LONG_BINGET
        case 0x63: try push(.global(global(&reader)), reader)  // GLOBAL
        case 0x52: try reduce(reader)  // REDUCE
        case 0x51: try push(.storage(storage(pop(reader), reader)), reader)  // BINPERSID
        case 0x62: _ = try pop(reader)  // BUILD: what else an object holds, which weights have no use for
        default:
            throw CheckpointError.unsupported(
                file: reader.file,
                "at byte \(reader.offset - 1) its pickle has the operation \(code), which files of weights do not need")
        }
        return true
    }

    // MARK: The stack

    private func malformed(_ reason: String, _ reader: borrowing ByteReader) -> CheckpointError {
        .malformed(file: reader.file, "a pickle in it \(reason) before byte \(reader.offset)")
    }

    private mutating func push(_ value: PickleValue, depth: Int = 0, _ reader: borrowing ByteReader) throws {
        guard depth <= Self.deepest else { throw malformed("nests too deep", reader) }
        stack.append(Item(value: value, depth: depth))
    }

    private mutating func pop(_ reader: borrowing ByteReader) throws -> PickleValue { try popItem(reader).value }

    private mutating func popItem(_ reader: borrowing ByteReader) throws -> Item {
        guard stack.count > marks.last ?? 0, let item = stack.popLast() else {
            throw malformed("takes what is not there", reader)
        }
        return item
    }

    /// The last values.
    /// - Parameter count: nil for those since the last mark, which is gone then.
    private mutating func take(_ count: Int?, _ reader: borrowing ByteReader) throws -> (
        values: [PickleValue], depth: Int
    ) {
        let start: Int
        if let count {
            start = stack.count - count
            guard start >= marks.last ?? 0 else { throw malformed("takes what is not there", reader) }
        } else {
            guard let mark = marks.popLast() else { throw malformed("has no mark", reader) }
            start = mark
        }
        let taken = stack[start...]
        let result = (taken.map(\.value), taken.reduce(0) { max($0, $1.depth) })
        stack.removeLast(stack.count - start)
        return result
    }

    private mutating func pushTuple(_ count: Int?, _ reader: borrowing ByteReader) throws {
        let (values, depth) = try take(count, reader)
        try push(.tuple(values), depth: depth + 1, reader)
    }

    private mutating func append(_ count: Int?, _ reader: borrowing ByteReader) throws {
        let (values, depth) = try take(count, reader), item = try popItem(reader)
        guard case .list(var all) = item.value else { throw malformed("appends to what is no list", reader) }
        all += values
        try push(.list(all), depth: max(item.depth, depth + 1), reader)
    }

    private mutating func set(_ count: Int?, _ reader: borrowing ByteReader) throws {
        let (values, depth) = try take(count, reader), item = try popItem(reader)
        guard case .dictionary(var all) = item.value, values.count % 2 == 0 else {
            throw malformed("sets entries of what is no dictionary", reader)
        }
        for place in stride(from: 0, to: values.count, by: 2) { all.append((values[place], values[place + 1])) }
        try push(.dictionary(all), depth: max(item.depth, depth + 1), reader)
    }

    private mutating func keep(_ place: Int, _ reader: borrowing ByteReader) throws {
        guard let item = stack.last else { throw malformed("keeps what is not there", reader) }
        memo[place] = item
    }

    private mutating func recall(_ place: Int, _ reader: borrowing ByteReader) throws {
        guard let item = memo[place] else { throw malformed("recalls what it did not keep", reader) }
        stack.append(item)
    }

    // MARK: Values

    private func wide(_ reader: inout ByteReader) throws -> PickleValue {
        let bytes = try reader.nextBytes(Int(try reader.next(UInt8.self)))
        guard bytes.count <= 8 else { return .wide(bytes) }
        let bits = bytes.enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
        let unused = 64 - 8 * bytes.count
        return .integer(
            unused == 64 ? 0 : Int(truncatingIfNeeded: Int64(bitPattern: bits << UInt64(unused)) >> Int64(unused)))
    }

    /// Two lines: a module and a name in it.
    private func global(_ reader: inout ByteReader) throws -> PickleGlobal {
        func line(_ reader: inout ByteReader) throws -> String {
            var bytes: [UInt8] = []
            while true {
                let byte = try reader.next(UInt8.self)
                if byte == 0x0a { return String(decoding: bytes, as: UTF8.self) }
                bytes.append(byte)
                guard bytes.count <= 200 else { throw malformed("names what is too long for a name", reader) }
            }
        }
        let name = "\(try line(&reader)) \(try line(&reader))"
        guard let global = PickleGlobal(rawValue: name) else {
            throw CheckpointError.unsupported(
                file: reader.file,
                "its pickle asks for Python's `\(name.replacing(" ", with: "."))`. Only tensors and dictionaries are taken "
                    + "from pickles, for a pickle can run whatever it names: save the weights as safetensors instead")
        }
        return global
    }

    private mutating func reduce(_ reader: borrowing ByteReader) throws {
        let arguments = try pop(reader), function = try pop(reader)
        switch (function, arguments) {
        case (.global(.orderedDictionary), .tuple(let all)) where all.isEmpty: try push(.dictionary([]), reader)
        case (.global(.rebuildTensor), .tuple(let all)): try push(.tensor(tensor(all, reader)), reader)
        default: throw malformed("calls what cannot be called so", reader)
        }
    }

    /// `('storage', class, key, device, count, …)`.
    private func storage(_ value: PickleValue, _ reader: borrowing ByteReader) throws -> TorchStorage {
        guard case .tuple(let all) = value, all.count >= 5, case .text("storage") = all[0],
            case .global(let type) = all[1], let element = type.element, case .text(let key) = all[2],
            case .integer(let count) = all[4], count >= 0
        else { throw malformed("refers to what is no storage", reader) }
        // A part of another storage, as very old files have it.
        if all.count > 5, case .none = all[5] {
        } else if all.count > 5 {
            throw CheckpointError.unsupported(file: reader.file, "its tensors lie in parts of storages")
        }
        return TorchStorage(key: key, element: element, count: count)
    }

    /// `(storage, offset, size, stride, …)`.
    private func tensor(_ all: [PickleValue], _ reader: borrowing ByteReader) throws -> TorchView {
        func sizes(_ value: PickleValue) -> [Int]? {
            guard case .tuple(let all) = value, all.count <= 16 else { return nil }
            let sizes = all.compactMap { if case .integer(let size) = $0, size >= 0 { size } else { nil } }
            return sizes.count == all.count ? sizes : nil
        }
        guard all.count >= 4, case .storage(let storage) = all[0], case .integer(let offset) = all[1], offset >= 0,
            let shape = sizes(all[2]), let strides = sizes(all[3]), shape.count == strides.count
        else { throw malformed("has a tensor that makes no sense", reader) }
        return TorchView(storage: storage, offset: offset, shape: shape, strides: strides)
    }
}
