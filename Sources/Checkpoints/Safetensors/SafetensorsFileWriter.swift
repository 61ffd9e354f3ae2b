internal import OrderedCollections
internal import TuttiTensors

/// Writes a safetensors file: the header first, then tensor after tensor as its bytes come.
///
/// Until `finish` the file has another name; a writer that is let go before that leaves nothing.
/// - SeeAlso: the safetensors format: a u64 header size, a JSON header padded with spaces to a multiple of eight,
///   little-endian data in row-major order without holes.
public final class SafetensorsFileWriter {
    private let output: OutputFile
    private var remaining: ArraySlice<TensorPlan>
    /// The bytes of the tensor in hand that are still to come.
    private var owed = 0

    /// - Parameters:
    ///   - tensors: In the order in which their bytes will come, F32, F16 or BF16.
    ///   - metadata: What stands under `__metadata__`; readers expect `["format": "pt"]` there.
    /// - Throws: ``CheckpointWriteError``, also for types that the format has no name for.
    public init(_ path: String, tensors: [TensorPlan], metadata: [String: String] = ["format": "pt"]) throws {
        var entries: OrderedDictionary<JSON.Key, JSON> = [:], offset = 0
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { (JSON.Key($0.key), JSON.string($0.value)) }
            entries["__metadata__"] = .object(OrderedDictionary(pairs) { $1 })
        }
        for tensor in tensors {
            guard [.f32, .f16, .bf16].contains(tensor.dtype), let byteCount = tensor.byteCount else {
                throw CheckpointWriteError.refused(
                    path: path, "safetensors hold F32, F16 and BF16; `\(tensor.name)` is \(tensor.dtype.name)")
            }
            let entry: JSON = [
                "dtype": .string(tensor.dtype.name),
                "shape": .array(tensor.dimensions.reversed().map { .integer(Int128($0)) }),
                "data_offsets": [.integer(Int128(offset)), .integer(Int128(offset + byteCount))],
            ]
            guard tensor.name != "__metadata__", entries.updateValue(entry, forKey: JSON.Key(tensor.name)) == nil else {
                throw CheckpointWriteError.refused(
                    path: path, "`\(tensor.name)` is there twice, or no name for a tensor")
            }
            offset += byteCount
        }
        var header = Array(JSON.object(entries).text().utf8)
        header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        guard header.count <= SafetensorsFile.headerLimit else {
            throw CheckpointWriteError.refused(path: path, "its header would have \(header.count) bytes")
        }
        output = try OutputFile(path)
        remaining = tensors[...]
        var size: [UInt8] = []
        GGUFBytes.append(UInt64(header.count), to: &size)
        try output.write(size + header)
        nextTensor()
    }

    /// The next bytes, of the tensors in the order announced; a tensor may come in pieces of any size.
    public func append(_ bytes: RawSpan) throws {
        guard bytes.byteCount <= owed else {
            throw CheckpointWriteError.refused(
                path: output.path,
                "\(bytes.byteCount) bytes came for `\(remaining.first?.name ?? "")`, which lacks \(owed)")
        }
        try output.write(bytes)
        owed -= bytes.byteCount
        if owed == 0, !remaining.isEmpty {
            remaining.removeFirst()
            nextTensor()
        }
    }

    /// Stores float32 values as the tensor in hand, or the rest of it.
    public func append(_ values: [Float]) throws {
        guard let tensor = remaining.first, let byteCount = tensor.dtype.byteCount(elements: values.count) else {
            throw CheckpointWriteError.refused(path: output.path, "\(values.count) values came for no tensor")
        }
        var bytes = [UInt8](repeating: 0, count: byteCount)
        unsafe values.withUnsafeBufferPointer { values in
            unsafe bytes.withUnsafeMutableBytes { unsafe tensor.dtype.quantize(values, into: $0) }
        }
        try append(unsafe bytes.span.bytes)
    }

    /// Whether all announced bytes have come.
    public var isComplete: Bool { remaining.isEmpty }

    /// Puts the file in its place.
    public func finish() throws {
        guard remaining.isEmpty else {
            throw CheckpointWriteError.refused(
                path: output.path, "`\(remaining.first?.name ?? "")` was not written whole")
        }
        try output.commit()
    }

    private func nextTensor() {
        while let tensor = remaining.first {
            owed = tensor.byteCount ?? 0
            if owed > 0 { return }
            remaining.removeFirst()
        }
    }
}
