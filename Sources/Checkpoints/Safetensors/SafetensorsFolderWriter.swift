internal import OrderedCollections

/// Writes the weights of a model as `transformers` saves them: one file, or shards and an index of them.
///
/// Nothing takes its place before `finish`.
public final class SafetensorsFolderWriter {
    private let folder: String
    private let shards: [[TensorPlan]]
    private let metadata: [String: String]
    private var writers: [SafetensorsFileWriter] = []

    /// - Parameters:
    ///   - folder: Where the files go; it must be there.
    ///   - tensors: In the order in which their bytes will come.
    ///   - shardBytes: The most bytes of tensors in one file, unless a single tensor is larger.
    /// - Throws: ``CheckpointWriteError``.
    public init(
        _ folder: String, tensors: [TensorPlan], metadata: [String: String] = ["format": "pt"],
        shardBytes: Int = 5_000_000_000
    ) throws {
        var shards: [[TensorPlan]] = [[]], size = 0
        for tensor in tensors {
            let byteCount = tensor.byteCount ?? 0
            if size > 0, size + byteCount > shardBytes {
                shards.append([])
                size = 0
            }
            shards[shards.count - 1].append(tensor)
            size += byteCount
        }
        (self.folder, self.shards, self.metadata) = (folder, shards, metadata)
        try openNext()
    }

    /// The names of the files, in order.
    public var names: [String] {
        guard shards.count > 1 else { return ["model.safetensors"] }
        func padded(_ n: Int) -> String { String(repeating: "0", count: max(0, 5 - "\(n)".count)) + "\(n)" }
        return shards.indices.map { "model-\(padded($0 + 1))-of-\(padded(shards.count)).safetensors" }
    }

    /// The next bytes, of the tensors in the order announced; a tensor may come in pieces of any size.
    public func append(_ bytes: RawSpan) throws { try current().append(bytes) }

    /// Stores float32 values as the tensor in hand, or the rest of it.
    public func append(_ values: [Float]) throws { try current().append(values) }

    /// Puts all files in their places, the index last.
    public func finish() throws {
        while writers.count < shards.count, writers.last?.isComplete == true { try openNext() }
        guard writers.count == shards.count, writers.allSatisfy(\.isComplete) else {
            throw CheckpointWriteError.refused(path: folder, "not all of its tensors were written")
        }
        for writer in writers { try writer.finish() }
        guard shards.count > 1 else { return }
        var map: OrderedDictionary<JSON.Key, JSON> = [:], total = 0
        for (shard, name) in zip(shards, names) {
            for tensor in shard {
                map[JSON.Key(tensor.name)] = .string(name)
                total += tensor.byteCount ?? 0
            }
        }
        let index: JSON = ["metadata": ["total_size": .integer(Int128(total))], "weight_map": .object(map)]
        let output = try OutputFile("\(folder)/model.safetensors.index.json")
        try output.write(Array(index.text(.indented()).utf8))
        try output.commit()
    }

    /// The file that the next bytes belong to.
    private func current() throws -> SafetensorsFileWriter {
        if writers.last?.isComplete == true, writers.count < shards.count { try openNext() }
        return writers[writers.count - 1]
    }

    private func openNext() throws {
        let index = writers.count
        writers.append(
            try SafetensorsFileWriter("\(folder)/\(names[index])", tensors: shards[index], metadata: metadata))
    }
}
