import TuttiTensors

/// A `ggml-….bin` of whisper.cpp, opened by memory mapping: sizes, mel filters, the vocabulary's bytes, then tensors one
/// after the other.
///
/// - SeeAlso: whisper.cpp's `convert-pt-to-ggml.py`, which writes it. Tensors have the names of OpenAI's own code.
public final class WhisperGGMLFile: Sendable {
    public let path: String
    public let sizes: Sizes
    /// The bytes that each token stands for, by its id; special tokens are not among them.
    public let pieces: [[UInt8]]
    private let tensors: [String: MappedCheckpoint.Source]
    private let mapping: MappedFile

    /// The file's sizes, in its order.
    public struct Sizes: Sendable, Equatable {
        public var vocabulary: Int
        public var audioPositions: Int
        public var audioWidth: Int
        public var audioHeads: Int
        public var audioLayers: Int
        public var textPositions: Int
        public var textWidth: Int
        public var textHeads: Int
        public var textLayers: Int
        public var bands: Int
    }

    /// `ggml`, read as a number.
    private static let magic: UInt32 = 0x6767_6d6c

    /// Whether a file begins as one.
    public static func isOne(_ path: String) -> Bool {
        guard let mapping = try? MappedFile(path: path) else { return false }
        var reader = ByteReader(mapping.bytes, file: path)
        return (try? reader.next(UInt32.self)) == magic
    }

    /// - Throws: `CheckpointError`.
    public init(path: String) throws {
        let mapping: MappedFile
        do { mapping = try MappedFile(path: path) } catch { throw CheckpointError.unreadable(error) }
        var reader = ByteReader(mapping.bytes, file: path)
        guard try reader.next(UInt32.self) == Self.magic else {
            throw CheckpointError.unsupported(file: path, "it does not begin as a file of whisper.cpp")
        }
        var numbers: [Int] = []
        for _ in 0..<10 { numbers.append(try Self.count(&reader, "a size", atMost: 1 << 24)) }
        sizes = Sizes(
            vocabulary: numbers[0], audioPositions: numbers[1], audioWidth: numbers[2], audioHeads: numbers[3],
            audioLayers: numbers[4], textPositions: numbers[5], textWidth: numbers[6], textHeads: numbers[7],
            textLayers: numbers[8], bands: numbers[9])
        _ = try reader.next(Int32.self)  // Which type most tensors have; each tensor says its own.

        // The filters are the ones that everybody computes.
        let filters = try Self.count(&reader, "a count of filters", atMost: 1 << 24)
        let bins = try Self.count(&reader, "a count of bins", atMost: 1 << 24)
        try reader.advance(filters * bins * MemoryLayout<Float>.size)

        let count = try Self.count(&reader, "a count of tokens", atMost: reader.remaining / 4)
        var pieces: [[UInt8]] = []
        for _ in 0..<count {
            let length = try Self.count(&reader, "a token's length", atMost: reader.remaining)
            pieces.append(try reader.nextBytes(length))
        }
        self.pieces = pieces

        var tensors: [String: MappedCheckpoint.Source] = [:]
        while reader.remaining > 0 {
            let (name, tensor) = try Self.tensor(&reader)
            guard tensors.updateValue(tensor, forKey: name) == nil else {
                throw CheckpointError.malformed(file: path, "two tensors are called `\(name)`")
            }
        }
        (self.path, self.tensors, self.mapping) = (path, tensors, mapping)
    }

    /// The slowest dimension first; nil for a name that is not there.
    public func shape(of name: String) -> [Int]? { tensors[name]?.shape }

    /// The file as a checkpoint of a family: its tensors under that family's names, `rules`' sources being the file's.
    public func checkpoint(_ metadata: Metadata, _ rules: [TensorRule]) throws -> MappedCheckpoint {
        try MappedCheckpoint(mapping, metadata, rules) { tensors[$0] }
    }

    /// A number that says how much of something there is.
    private static func count(_ reader: inout ByteReader, _ what: String, atMost limit: Int) throws -> Int {
        let value = Int(try reader.next(Int32.self))
        guard value >= 0, value <= limit else {
            throw CheckpointError.malformed(file: reader.file, "\(what) at byte \(reader.offset - 4) is \(value)")
        }
        return value
    }

    private static func tensor(_ reader: inout ByteReader) throws -> (String, MappedCheckpoint.Source) {
        let rank = try count(&reader, "a tensor's rank", atMost: 4)
        let length = try count(&reader, "the length of a tensor's name", atMost: 1024)
        let type = StorageType(try reader.next(UInt32.self))
        var dimensions: [Int] = []
        for _ in 0..<rank { dimensions.append(try count(&reader, "a tensor's size", atMost: 1 << 30)) }
        let name = try reader.nextString(byteCount: length, "a tensor's name")
        guard let block = type.block else {
            throw CheckpointError.unsupportedType(file: reader.file, name: name, type: type.name)
        }
        var elements = 1
        for dimension in dimensions {
            let (product, overflow) = elements.multipliedReportingOverflow(by: dimension)
            guard !overflow else {
                throw CheckpointError.malformed(file: reader.file, "the tensor `\(name)` is larger than any memory")
            }
            elements = product
        }
        guard (dimensions.first ?? 1).isMultiple(of: block.elements) else {
            throw CheckpointError.malformed(
                file: reader.file, "the rows of the tensor `\(name)` do not divide into blocks of \(type.name)")
        }
        let (byteCount, overflow) = (elements / block.elements).multipliedReportingOverflow(by: block.bytes)
        guard !overflow else {
            throw CheckpointError.malformed(file: reader.file, "the tensor `\(name)` is larger than any memory")
        }
        let start = try reader.advance(byteCount)
        // Biases of convolutions are written as columns.
        var shape = Array(dimensions.reversed())
        while shape.count > 1, shape.last == 1 { shape.removeLast() }
        return (
            name,
            MappedCheckpoint.Source(
                shape: shape, dtype: type.dtype, typeName: type.name, range: start..<start + byteCount)
        )
    }
}
