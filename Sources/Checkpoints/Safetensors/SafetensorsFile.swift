import OrderedCollections
public import TuttiTensors

/// A safetensors file, opened by memory mapping: a JSON header, then the tensors one after the other.
///
/// Opening checks the header, so that whatever an entry says is inside the file, without holes or overlaps.
/// - SeeAlso: the safetensors format: a u64 header size, the header, little-endian data in row-major order.
public final class SafetensorsFile: Sendable {
    public let path: String
    /// What stands under `__metadata__`.
    public let metadata: [String: String]
    /// All tensors, in the order of their data.
    public let tensors: [SafetensorsEntry]
    private let mapping: MappedFile
    private let indices: [String: Int]

    /// The largest header that is read; the format's own library has the same bound.
    static let headerLimit = 100_000_000

    /// - Throws: `CheckpointError`.
    public init(path: String) throws {
        let mapping: MappedFile
        do { mapping = try MappedFile(path: path) } catch { throw CheckpointError.unreadable(error) }
        let header = try Self.header(mapping.bytes, file: path)
        (metadata, tensors) = (header.metadata, header.tensors)
        indices = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
        (self.path, self.mapping) = (path, mapping)
    }

    public var byteCount: Int { mapping.byteCount }

    public func tensor(named name: String) -> SafetensorsEntry? { indices[name].map { tensors[$0] } }

    /// The bytes of a tensor of this file.
    public func contents(of entry: SafetensorsEntry) throws -> TensorContents {
        try requireOwn(entry)
        return unsafe TensorContents(
            UnsafeRawBufferPointer(rebasing: mapping.unsafeBytes[entry.range]), owner: mapping)
    }

    /// Gives back the memory of a tensor's pages; its bytes stay readable.
    public func release(_ entry: SafetensorsEntry) {
        guard (try? requireOwn(entry)) != nil else { return }
        mapping.release(entry.range)
    }

    /// An entry of another file must not read outside this one.
    private func requireOwn(_ entry: SafetensorsEntry) throws {
        guard tensor(named: entry.name) == entry else {
            throw CheckpointError.missingTensor(file: path, name: entry.name)
        }
    }

    // MARK: The header

    private static func header(
        _ bytes: RawSpan, file: String
    ) throws -> (metadata: [String: String], tensors: [SafetensorsEntry]) {
        var reader = ByteReader(bytes, file: file)
        let size = try reader.nextCount(of: "bytes of header", atLeast: 1)
        guard size <= headerLimit else {
            throw CheckpointError.malformed(file: file, "its header of \(size) bytes is larger than \(headerLimit)")
        }
        let text = try reader.nextString(byteCount: size, "its header")
        let json: JSON
        do { json = try JSON(parsing: text) } catch {
            throw CheckpointError.malformed(file: file, "its header is no JSON: \(error)")
        }
        guard case .object(let object) = json else {
            throw CheckpointError.malformed(file: file, "its header is no JSON object")
        }
        let start = reader.offset, size8 = reader.remaining
        var metadata: [String: String] = [:], tensors: [SafetensorsEntry] = []
        for (key, value) in object {
            if key.text == "__metadata__" {
                metadata = value.members?.compactMapValues(\.string) ?? [:]
            } else {
                tensors.append(try SafetensorsEntry(key.text, value, start: start, byteCount: size8, file: file))
            }
        }
        // Keys that differ in their bytes alone are one string to Swift.
        guard Set(tensors.map(\.name)).count == tensors.count else {
            throw CheckpointError.malformed(file: file, "two tensors have one name")
        }
        tensors.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
        var end = start
        for tensor in tensors {
            guard tensor.range.lowerBound == end else {
                throw CheckpointError.malformed(
                    file: file, "the data of `\(tensor.name)` does not begin where the data before it ends")
            }
            end = tensor.range.upperBound
        }
        guard end == bytes.byteCount else {
            throw CheckpointError.malformed(
                file: file, "\(bytes.byteCount - end) bytes behind its tensors belong to none")
        }
        return (metadata, tensors)
    }
}

/// One tensor of a safetensors file.
public struct SafetensorsEntry: Sendable, Equatable {
    public let name: String
    /// The slowest dimension first.
    public let shape: [Int]
    /// The storage type as the file names it, such as `BF16`.
    public let typeName: String
    /// The type where it is one that is read here.
    public let dtype: DType?
    /// Where its bytes lie in the file.
    package let range: Range<Int>

    public var elementCount: Int { shape.reduce(1, *) }

    /// The types of the format and their sizes in bits.
    private static let types: [String: (dtype: DType?, bits: Int)] = [
        "F64": (.f64, 64), "F32": (.f32, 32), "F16": (.f16, 16), "BF16": (.bf16, 16), "I64": (.i64, 64),
        "I32": (.i32, 32), "I16": (.i16, 16), "I8": (.i8, 8), "U8": (nil, 8), "BOOL": (nil, 8), "U16": (nil, 16),
        "U32": (nil, 32), "U64": (nil, 64), "F8_E4M3": (nil, 8), "F8_E5M2": (nil, 8), "F8_E8M0": (nil, 8),
        "F4": (nil, 4), "C64": (nil, 64),
    ]

    init(_ name: String, _ json: JSON, start: Int, byteCount: Int, file: String) throws {
        func malformed(_ reason: String) -> CheckpointError {
            .malformed(file: file, "the tensor `\(name.prefix(200))` \(reason)")
        }
        guard let members = json.members, let typeName = members["dtype"]?.string,
            let shape = members["shape"]?.integers, let offsets = members["data_offsets"]?.integers, offsets.count == 2
        else { throw malformed("lacks a dtype, a shape or two data offsets") }
        guard let type = Self.types[typeName] else {
            throw malformed("is of the unknown type `\(typeName.prefix(40))`")
        }
        guard offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= byteCount else {
            throw CheckpointError.truncated(file: file, needs: start &+ (offsets.max() ?? 0), has: start + byteCount)
        }
        guard shape.count <= 8, shape.allSatisfy({ $0 >= 0 }) else { throw malformed("has an impossible shape") }
        var bits = type.bits
        for dimension in shape {
            let (product, overflow) = bits.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw malformed("is larger than any memory") }
            bits = product
        }
        guard bits % 8 == 0, bits / 8 == offsets[1] - offsets[0] else {
            throw malformed("has \(offsets[1] - offsets[0]) bytes, its shape needs \((bits + 7) / 8)")
        }
        (self.name, self.shape, self.typeName, dtype) = (name, shape, typeName, type.dtype)
        range = start + offsets[0]..<start + offsets[1]
    }
}

extension JSON {
    /// The integers of an array that holds nothing else.
    var integers: [Int]? {
        guard case .array(let items) = self else { return nil }
        let values = items.compactMap(\.int)
        return values.count == items.count ? values : nil
    }
}
