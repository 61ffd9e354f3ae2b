public import Foundation

/// The tensors of a committed safetensors file: just enough of the format for goldens, which are ours.
///
/// - SeeAlso: the safetensors format: a u64 header size, a JSON header, raw little-endian data.
public struct SafetensorsGolden: Sendable {
    private let bytes: Data
    private let ranges: [String: Range<Int>]
    private let shapes: [String: [Int]]

    public init(_ file: URL) throws {
        let whole = try Data(contentsOf: file)
        let headerSize = whole.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        let header = try JSONSerialization.jsonObject(with: whole[8..<8 + headerSize]) as? [String: Any] ?? [:]
        bytes = Data(whole.dropFirst(8 + headerSize))
        ranges = header.compactMapValues { entry in
            guard let offsets = (entry as? [String: Any])?["data_offsets"] as? [Int] else { return nil }
            return offsets[0]..<offsets[1]
        }
        shapes = header.compactMapValues { ($0 as? [String: Any])?["shape"] as? [Int] }
    }

    public var names: [String] { ranges.keys.sorted() }

    /// The sizes of tensor `name`; nil where there is none.
    public func shape(_ name: String) -> [Int]? { shapes[name] }

    /// The raw bytes of tensor `name`; nil where there is none.
    public func bytes(_ name: String) -> [UInt8]? { ranges[name].map { [UInt8](bytes[$0]) } }

    /// Tensor `name` as 32-bit words, whether they stand for integers or floats.
    public func words(_ name: String) -> [UInt32]? {
        guard let bytes = bytes(name) else { return nil }
        return bytes.withUnsafeBytes { raw in
            (0..<raw.count / 4).map { UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)) }
        }
    }

    /// Tensor `name` as f32.
    public func floats(_ name: String) -> [Float]? { words(name)?.map(Float.init(bitPattern:)) }
}
