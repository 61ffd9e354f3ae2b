public import Foundation

/// Writes GGUF files, also such as no honest program would.
public struct GGUFWriter: Sendable {
    public var magic = Array("GGUF".utf8), version: UInt32 = 3
    public var pairs: [(key: String, value: Value)] = []
    public var tensors: [Tensor] = []
    public var alignment = 32
    /// What the header claims, where that is not the truth.
    public var claimedPairs: UInt64?, claimedTensors: UInt64?

    public indirect enum Value: Sendable {
        case u8(UInt8), i8(Int8), u16(UInt16), i16(Int16), u32(UInt32), i32(Int32), f32(Float), bool(UInt8)
        case string(String), u64(UInt64), i64(Int64), f64(Double)
        case array(UInt32, [Value])
        /// An array of which the header claims more than there is.
        case claimedArray(UInt32, UInt64)
        case raw(UInt32, [UInt8])
    }

    public struct Tensor: Sendable {
        public var name: String, dimensions: [UInt64], type: UInt32, offset: UInt64?, content: [UInt8]
        public init(_ name: String, _ dimensions: [UInt64], _ type: UInt32 = 0, offset: UInt64? = nil, content: [UInt8])
        {
            (self.name, self.dimensions, self.type, self.offset, self.content) = (
                name, dimensions, type, offset, content
            )
        }
    }

    public init() {}

    /// A small model: metadata of every kind and four tensors.
    public static var example: GGUFWriter {
        var file = GGUFWriter()
        file.pairs = [
            ("general.architecture", .string("llama")), ("u8", .u8(200)), ("i8", .i8(-3)), ("u16", .u16(60_000)),
            ("i16", .i16(-300)), ("u32", .u32(4_000_000_000)), ("i32", .i32(-7)), ("f32", .f32(0.1)), ("yes", .bool(1)),
            ("u64", .u64(.max)), ("i64", .i64(-1 << 60)), ("f64", .f64(0.1)),
            ("tokens", .array(8, [.string("a"), .string(""), .string("žluť")])),
            ("scores", .array(6, [.f32(-1), .f32(2.5)])), ("types", .array(5, [.i32(1), .i32(-3)])),
            ("bools", .array(7, [.bool(0), .bool(1)])), ("none", .array(8, [])),
            ("nested", .array(9, [.array(4, [.u32(1), .u32(2)]), .array(8, [.string("x")]), .array(4, [])])),
        ]
        file.tensors = [
            Tensor("norm", [4], content: [1, 2, 3, 4].flatMap { (x: Float) in bytes(x.bitPattern) }),
            Tensor("weight", [64, 3], 2, content: (0..<108).map { UInt8($0) }),
            Tensor("half", [2, 2, 2], 1, content: [UInt8](repeating: 0x3c, count: 16)),
            Tensor("odd", [256], 16, content: [UInt8](repeating: 9, count: 66)),
        ]
        return file
    }

    public func encoded() -> [UInt8] {
        var out = magic + bytes(version) + bytes(claimedTensors ?? UInt64(tensors.count))
        out += bytes(claimedPairs ?? UInt64(pairs.count))
        for (key, value) in pairs { out += string(key) + bytes(type(value)) + content(value) }
        var content: [UInt8] = []
        for tensor in tensors {
            content += [UInt8](repeating: 0, count: padding(content.count))
            out += string(tensor.name) + bytes(UInt32(tensor.dimensions.count))
            for dimension in tensor.dimensions { out += bytes(dimension) }
            out += bytes(tensor.type) + bytes(tensor.offset ?? UInt64(content.count))
            content += tensor.content
        }
        return tensors.isEmpty ? out : out + [UInt8](repeating: 0, count: padding(out.count)) + content
    }

    /// How many bytes of `encoded()` come before the tensors' contents.
    public var headerByteCount: Int {
        var bare = self
        bare.tensors = tensors.map { Tensor($0.name, $0.dimensions, $0.type, offset: $0.offset ?? 0, content: []) }
        return bare.encoded().count
    }

    private func padding(_ count: Int) -> Int { (alignment - count % alignment) % alignment }
    private func string(_ text: String) -> [UInt8] { bytes(UInt64(text.utf8.count)) + Array(text.utf8) }

    private func type(_ value: Value) -> UInt32 {
        switch value {
        case .u8: 0
        case .i8: 1
        case .u16: 2
        case .i16: 3
        case .u32: 4
        case .i32: 5
        case .f32: 6
        case .bool: 7
        case .string: 8
        case .array, .claimedArray: 9
        case .u64: 10
        case .i64: 11
        case .f64: 12
        case .raw(let type, _): type
        }
    }

    private func content(_ value: Value) -> [UInt8] {
        switch value {
        case .u8(let x), .bool(let x): [x]
        case .i8(let x): bytes(x)
        case .u16(let x): bytes(x)
        case .i16(let x): bytes(x)
        case .u32(let x): bytes(x)
        case .i32(let x): bytes(x)
        case .f32(let x): bytes(x.bitPattern)
        case .u64(let x): bytes(x)
        case .i64(let x): bytes(x)
        case .f64(let x): bytes(x.bitPattern)
        case .string(let text): string(text)
        case .array(let element, let values):
            bytes(element) + bytes(UInt64(values.count)) + values.flatMap(content)
        case .claimedArray(let element, let count): bytes(element) + bytes(count)
        case .raw(_, let content): content
        }
    }
}

public func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }

/// A folder that is gone when the test is over.
public final class ScratchFolder: Sendable {
    public let url: URL

    public init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "tutti-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    public func write(_ bytes: [UInt8], _ name: String = "model.gguf") throws -> String {
        let file = url.appending(path: name)
        try Data(bytes).write(to: file)
        return file.path
    }
}
