internal import Foundation
internal import Synchronization
public import TuttiTensors

/// A model on its way into a GGUF file in another format.
///
///     let quantization = try Quantization(checkpoint, as: .q4KM)
///     try quantization.write(to: "model-q4_k_m.gguf", pool: pool)
///
/// Memory is bounded by a few dozen megabytes beside the mapped input. The bytes written do not depend on the number of
/// threads or the CPU.
public struct Quantization: Sendable {
    public let type: QuantizationType
    /// What each tensor becomes, in the order of the input.
    public let tensors: [TensorPlan]
    public let checkpoint: any Checkpoint
    private let additions: [String: MetadataValue]

    /// - Parameter additions: Metadata that the file gets beside the checkpoint's own, such as a folder's tokenizer.
    /// - Throws: `CheckpointError.unsupportedType` for a tensor that cannot be read.
    public init(
        _ checkpoint: any Checkpoint, as type: QuantizationType, adding additions: [String: MetadataValue] = [:]
    ) throws {
        let plan = QuantizationPlan(type, for: checkpoint)
        self.type = type
        self.checkpoint = checkpoint
        self.additions = additions
        tensors = try checkpoint.tensors.map { entry in
            guard let dtype = entry.dtype else {
                throw CheckpointError.unsupportedType(file: checkpoint.path, name: entry.name, type: entry.typeName)
            }
            // Integers are no weights: they stay what they are.
            let isNumber = dtype.isWeight || dtype == .f64
            let planned = isNumber ? plan.dtype(of: entry.name, dimensions: entry.dimensions) : dtype
            return TensorPlan(name: entry.name, dimensions: entry.dimensions, dtype: planned)
        }
    }

    /// The size of the tensors written.
    public var byteCount: Int { tensors.reduce(0) { $0 + ($1.byteCount ?? 0) } }

    /// How many tensors are quantised a second time, which adds the errors of both.
    public var requantizedCount: Int {
        zip(checkpoint.tensors, tensors).count { entry, plan in
            guard let dtype = entry.dtype, dtype != plan.dtype else { return false }
            return dtype.blockElements > 1 && plan.dtype.blockElements > 1
        }
    }

    /// How many tensors take a wider format because their rows do not divide into the blocks of the one meant.
    public var widenedCount: Int {
        tensors.count {
            !type.isPlain && $0.dimensions.count > 1 && type.dtype.blockElements > 32
                && !($0.dimensions[0].isMultiple(of: 256)) && $0.dtype != .f32
        }
    }

    /// Writes the file; it appears at `path` when all of it is there, and replaces what was there.
    /// - Parameter report: Called after every few megabytes with the elements done and all of them; what it throws ends
    ///   the work and leaves nothing.
    /// - Throws: `CheckpointWriteError`, `CheckpointError` for numbers that are not finite, what `report` throws.
    public func write(
        to path: String, pool: ComputePool, report: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws {
        try requireOther(path)
        var pairs = (checkpoint as? GGUFFile).map { GGUFPairs($0) } ?? GGUFPairs(checkpoint.metadata)
        for (key, value) in additions.sorted(by: { $0.key < $1.key }) { pairs.set(key, value) }
        pairs.set("general.file_type", .integer(type.fileType))
        pairs.set("general.quantization_version", .integer(2))
        let writer = try GGUFFileWriter(path, pairs: pairs, tensors: tensors)
        let total = tensors.reduce(0) { $0 + $1.elementCount }
        var done = 0
        for (entry, plan) in zip(checkpoint.tensors, tensors) {
            let contents = try checkpoint.contents(of: entry)
            let stream = try TensorStream(entry, contents, to: plan.dtype, file: checkpoint.path, pool: pool)
            while try stream.writeNext(to: writer) { try report(done + stream.elementsDone, total) }
            done += entry.elementCount
            checkpoint.release(entry)
            try report(done, total)
        }
        try writer.finish()
    }

    /// A file cannot be read and replaced at once, not even under another name.
    private func requireOther(_ path: String) throws {
        func identity(_ path: String) -> [String: NSObject]? {
            let attributes = try? FileManager.default.attributesOfItem(
                atPath: URL(filePath: path).resolvingSymlinksInPath().path)
            guard let device = attributes?[.systemNumber] as? NSNumber,
                let number = attributes?[.systemFileNumber] as? NSNumber
            else { return nil }
            return ["device": device, "number": number]
        }
        guard let target = identity(path) else { return }
        guard !checkpoint.paths.contains(where: { identity($0) == target }) else {
            throw CheckpointWriteError.refused(path: path, "it is the model that is being read; name another file")
        }
    }
}

/// The first row that cannot be stored, whichever thread finds one.
private final class FirstRow: Sendable {
    let row = Atomic<Int>(.max)
}

/// One tensor, read, converted and written a stretch of rows at a time.
private final class TensorStream {
    private static let chunkElements = 1 << 16, chunksAtOnce = 64

    private let entry: TensorEntry
    private let contents: TensorContents
    private let source: DType
    private let target: DType
    private let file: String
    private let pool: ComputePool
    private let columns: Int
    private let rows: Int
    /// Rows of one chunk, which one thread converts.
    private let chunkRows: Int
    private var nextRow = 0
    private let output: AlignedMemory
    /// Room for a chunk's floats, for each thread.
    private let floats: AlignedMemory

    init(
        _ entry: TensorEntry, _ contents: TensorContents, to target: DType, file: String, pool: ComputePool
    ) throws {
        guard let source = entry.dtype else {
            throw CheckpointError.unsupportedType(file: file, name: entry.name, type: entry.typeName)
        }
        (self.entry, self.contents, self.source, self.target) = (entry, contents, source, target)
        (self.file, self.pool) = (file, pool)
        columns = max(1, entry.dimensions.first ?? 1)
        rows = entry.elementCount / columns
        chunkRows = max(1, Self.chunkElements / columns)
        let slabRows = min(rows, chunkRows * Self.chunksAtOnce)
        output = AlignedMemory(byteCount: max(1, (target.byteCount(elements: slabRows * columns) ?? 0)))
        floats = AlignedMemory(byteCount: chunkRows * columns * MemoryLayout<Float>.size * pool.threadCount)
    }

    var elementsDone: Int { nextRow * columns }

    /// Converts and writes the next stretch; false when there is none.
    func writeNext(to writer: GGUFFileWriter) throws -> Bool {
        guard nextRow < rows else { return false }
        let first = nextRow, last = min(rows, first + chunkRows * Self.chunksAtOnce)
        nextRow = last
        let sourceRow = bytes(of: 1, source), targetRow = bytes(of: 1, target)
        if source == target {
            let stretch = unsafe UnsafeRawBufferPointer(
                rebasing: contents.bytes[first * sourceRow..<last * sourceRow])
            try writer.append(unsafe RawSpan(_unsafeBytes: stretch))
            return true
        }
        let bad = FirstRow()
        pool.run((last - first + chunkRows - 1) / chunkRows) { chunk, worker in
            let from = first + chunk * self.chunkRows, to = min(last, from + self.chunkRows)
            let place = (from - first) * targetRow
            let ok = unsafe self.convert(
                from..<to, self.floats.base + worker * (self.floats.byteCount / self.pool.threadCount),
                UnsafeMutableRawBufferPointer(start: self.output.base + place, count: (to - from) * targetRow))
            if !ok { bad.row.min(from, ordering: .relaxed) }
        }
        let row = bad.row.load(ordering: .relaxed)
        guard row == .max else { throw notStorable(from: row) }
        let written = unsafe UnsafeRawBufferPointer(start: output.base, count: (last - first) * targetRow)
        try writer.append(unsafe RawSpan(_unsafeBytes: written))
        withExtendedLifetime(contents.owner) {}
        return true
    }

    private func bytes(of rows: Int, _ dtype: DType) -> Int { rows * columns / dtype.blockElements * dtype.blockBytes }

    /// Whether all numbers of the rows could be stored.
    private func convert(
        _ range: Range<Int>, _ scratch: UnsafeMutableRawPointer, _ blocks: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let count = range.count * columns, rowBytes = bytes(of: 1, source)
        let stored = unsafe UnsafeRawBufferPointer(
            rebasing: contents.bytes[range.lowerBound * rowBytes..<range.upperBound * rowBytes])
        let values = unsafe UnsafeMutableBufferPointer(
            start: scratch.bindMemory(to: Float.self, capacity: count), count: count)
        unsafe source.dequantize(stored, into: values)
        let floats = UnsafeBufferPointer(values)
        guard unsafe target.canHold(floats) else { return false }
        unsafe target.quantize(floats, into: blocks)
        return true
    }

    private func notStorable(from row: Int) -> CheckpointError {
        .unsupported(
            file: file,
            "the tensor `\(entry.name)` has a number near row \(row) that \(target.name) cannot hold "
                + (target == .f16 ? "(above 65504; BF16 holds it)" : "(infinite, or none)"))
    }
}
