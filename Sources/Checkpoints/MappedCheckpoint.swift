import TuttiTensors

/// A checkpoint in a file of another format than GGUF: its tensors lie in the mapped file as they are, some of them
/// parts of larger ones, under the names that its family's table gives them.
public final class MappedCheckpoint: Checkpoint {
    public let metadata: Metadata
    public let tensors: [TensorEntry]
    private let mapping: MappedFile
    private let indices: [String: Int]
    /// Tensors that are made of signed bytes when they are asked for.
    private let rounded: [String: Rounded]

    /// A tensor as its file has it.
    struct Source {
        var shape: [Int]
        var dtype: DType?
        var typeName: String
        /// The file's bytes.
        var range: Range<Int>
        /// Of a tensor of signed bytes, which is given as float32: what those of each row are divided by.
        var divisors: [Float] = []
    }

    private struct Rounded: Sendable {
        /// The file's bytes.
        let range: Range<Int>
        let divisors: [Float]
    }

    /// - Parameters:
    ///   - rules: Names in both worlds, with `.none` or `.rows`; those of tensors that are not there are passed over.
    ///   - source: What the file has under a name.
    /// - Throws: `CheckpointError.malformed` where a part of a tensor is asked for that it does not have.
    init(_ mapping: MappedFile, _ metadata: Metadata, _ rules: [TensorRule], source: (String) throws -> Source?) throws
    {
        var tensors: [TensorEntry] = [], rounded: [String: Rounded] = [:]
        for rule in rules {
            guard let source = try source(rule.source) else { continue }
            var shape = source.shape, range = source.range, divisors = source.divisors
            switch rule.change {
            case .none: break
            case .rows(let rows):
                guard let count = shape.first, count > 0, rows.lowerBound >= 0, rows.upperBound <= count,
                    range.count % count == 0
                else {
                    throw CheckpointError.malformed(
                        file: mapping.path,
                        "the tensor `\(rule.source)` has the shape \(shape); it must have \(rows.upperBound) rows")
                }
                let rowBytes = range.count / count
                shape[0] = rows.count
                range = range.lowerBound + rows.lowerBound * rowBytes..<range.lowerBound + rows.upperBound * rowBytes
                if !divisors.isEmpty { divisors = Array(divisors[rows]) }
            default: preconditionFailure("\(rule.change) moves numbers, and these lie in a file")
            }
            tensors.append(
                TensorEntry(
                    name: rule.name, dimensions: shape.reversed(), dtype: source.dtype, typeName: source.typeName,
                    byteCount: range.count * (divisors.isEmpty ? 1 : MemoryLayout<Float>.size), part: 0,
                    offset: range.lowerBound))
            if !divisors.isEmpty { rounded[rule.name] = Rounded(range: range, divisors: divisors) }
        }
        (self.mapping, self.metadata, self.tensors, self.rounded) = (mapping, metadata, tensors, rounded)
        indices = Dictionary(tensors.enumerated().map { ($1.name, $0) }) { first, _ in first }
    }

    public var path: String { mapping.path }
    public var paths: [String] { [mapping.path] }
    public var byteCount: Int { mapping.byteCount }

    public func tensor(named name: String) -> TensorEntry? { indices[name].map { tensors[$0] } }

    public func contents(of entry: TensorEntry) throws -> TensorContents {
        guard tensor(named: entry.name) == entry else {
            throw CheckpointError.missingTensor(file: path, name: entry.name)
        }
        guard entry.dtype != nil else {
            throw CheckpointError.unsupportedType(file: path, name: entry.name, type: entry.typeName)
        }
        if let rounded = rounded[entry.name] { return floats(of: rounded) }
        return unsafe TensorContents(
            UnsafeRawBufferPointer(rebasing: mapping.unsafeBytes[entry.offset..<entry.offset + entry.byteCount]),
            owner: mapping)
    }

    public func release(_ entry: TensorEntry) {
        guard tensor(named: entry.name) == entry else { return }
        mapping.release(rounded[entry.name]?.range ?? entry.offset..<entry.offset + entry.byteCount)
    }

    private func floats(of rounded: Rounded) -> TensorContents {
        let count = rounded.range.count, width = count / rounded.divisors.count
        let memory = AlignedMemory(byteCount: count * MemoryLayout<Float>.size)
        let bytes = unsafe UnsafeMutableRawBufferPointer(
            start: memory.base, count: count * MemoryLayout<Float>.size)
        let values = unsafe bytes.bindMemory(to: Float.self), source = unsafe mapping.unsafeBytes[rounded.range]
        for (row, divisor) in rounded.divisors.enumerated() {
            for place in row * width..<(row + 1) * width {
                unsafe values[place] = Float(Int8(bitPattern: source[rounded.range.lowerBound + place])) / divisor
            }
        }
        return unsafe TensorContents(UnsafeRawBufferPointer(bytes), owner: memory)
    }
}
