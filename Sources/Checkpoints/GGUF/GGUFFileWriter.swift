public import TuttiTensors

/// What a tensor will be in a file that is being written.
public struct TensorPlan: Sendable, Equatable {
    public let name: String
    /// The fastest dimension (a row's length) first.
    public let dimensions: [Int]
    public let dtype: DType

    public init(name: String, dimensions: [Int], dtype: DType) {
        self.name = name
        self.dimensions = dimensions
        self.dtype = dtype
    }

    public var elementCount: Int { dimensions.reduce(1, *) }

    /// The size of the stored numbers; nil where rows do not divide into the dtype's blocks.
    public var byteCount: Int? {
        guard (dimensions.first ?? 1).isMultiple(of: dtype.blockElements) else { return nil }
        return dtype.byteCount(elements: elementCount)
    }
}

/// Writes a GGUF file of version 3: the whole header first, then tensor after tensor as its bytes come.
///
///     let writer = try GGUFFileWriter(path, pairs: GGUFPairs(file), tensors: plans)
///     for plan in plans { try writer.append(bytes(of: plan)) }
///     try writer.finish()
///
/// Until `finish` the file has another name; a writer that is let go before that leaves nothing.
///
/// - SeeAlso: the GGUF specification, version 3.
public final class GGUFFileWriter {
    /// Tensors begin at multiples of this, which is what readers expect unless a file says otherwise.
    private static let alignment = 32

    private let output: OutputFile
    private var remaining: ArraySlice<TensorPlan>
    /// The bytes of the tensor in hand that are still to come.
    private var owed = 0

    /// Writes everything before the tensors.
    /// - Throws: ``CheckpointWriteError``, also for names and shapes that the format cannot hold.
    public init(_ path: String, pairs: GGUFPairs, tensors: [TensorPlan]) throws {
        var header = Array("GGUF".utf8), offset = 0, names: Set<String> = []
        GGUFBytes.append(UInt32(3), to: &header)
        GGUFBytes.append(UInt64(tensors.count), to: &header)
        GGUFBytes.append(UInt64(pairs.count), to: &header)
        header += pairs.encoded
        for tensor in tensors {
            guard let byteCount = tensor.byteCount else {
                throw CheckpointWriteError.refused(
                    path: path,
                    "rows of `\(tensor.name)`, \(tensor.dimensions), do not divide into \(tensor.dtype.name)")
            }
            guard tensor.dimensions.count <= 4, (1...63).contains(tensor.name.utf8.count),
                names.insert(tensor.name).inserted
            else {
                throw CheckpointWriteError.refused(
                    path: path, "`\(tensor.name)` is too long a name, there twice, or has more than 4 dimensions")
            }
            GGUFBytes.append(tensor.name, to: &header)
            GGUFBytes.append(UInt32(tensor.dimensions.count), to: &header)
            for dimension in tensor.dimensions { GGUFBytes.append(UInt64(dimension), to: &header) }
            GGUFBytes.append(tensor.dtype.rawValue, to: &header)
            GGUFBytes.append(UInt64(offset), to: &header)
            offset += (byteCount + Self.alignment - 1) / Self.alignment * Self.alignment
        }
        output = try OutputFile(path)
        remaining = tensors[...]
        try output.write(header)
        try output.pad(to: Self.alignment)
        try nextTensor()
    }

    /// The next bytes, of the tensors in the order announced; a tensor may come in pieces of any size.
    /// - Throws: ``CheckpointWriteError``, also for more bytes than the tensor in hand has left.
    public func append(_ bytes: RawSpan) throws {
        guard bytes.byteCount <= owed else {
            throw CheckpointWriteError.refused(
                path: output.path,
                "\(bytes.byteCount) bytes came for `\(remaining.first?.name ?? "")`, which lacks \(owed)")
        }
        try output.write(bytes)
        owed -= bytes.byteCount
        guard owed == 0, !remaining.isEmpty else { return }
        remaining.removeFirst()
        try output.pad(to: Self.alignment)
        try nextTensor()
    }

    /// Puts the file in its place.
    /// - Throws: ``CheckpointWriteError``, also where a tensor's bytes are missing.
    public func finish() throws {
        guard remaining.isEmpty else {
            throw CheckpointWriteError.refused(
                path: output.path, "`\(remaining.first?.name ?? "")` was not written whole")
        }
        try output.commit()
    }

    /// What was written so far.
    public var byteCount: Int { output.byteCount }

    private func nextTensor() throws {
        while let tensor = remaining.first {
            owed = tensor.byteCount ?? 0
            if owed > 0 { return }
            remaining.removeFirst()
        }
    }
}
