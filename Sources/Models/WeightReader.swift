public import TuttiCheckpoints
public import TuttiTensors

/// Reads the weights of one model out of its checkpoint, by name and by the shape each must have.
///
/// Matrices are packed on the way in, on all threads, and the file's pages given back.
public struct WeightReader {
    public let file: any Checkpoint
    let pool: ComputePool
    /// What matrices are turned into on the way; nil leaves them as they are stored.
    let quantization: QuantizationPlan?

    public init(_ file: any Checkpoint, pool: ComputePool, quantization: QuantizationType? = nil) {
        self.file = file
        self.pool = pool
        self.quantization = quantization.map { QuantizationPlan($0, for: file) }
    }

    public func contains(_ name: String) -> Bool { file.tensor(named: name) != nil }

    /// A matrix that maps `columns` inputs to `rows` outputs, with its bias where the file has one.
    public func linear(_ name: String, rows: Int, columns: Int) throws -> Linear {
        try parts(name, rows: [rows], columns: columns)[0]
    }

    /// The same of a tensor of another `shape` that lies as that matrix would, such as a convolution's over patches.
    public func linear(_ name: String, rows: Int, columns: Int, shape: [Int]) throws -> Linear {
        Linear(
            matrix: try matrices("\(name).weight", shape: shape, rows: [rows], columns: columns)[0],
            bias: contains("\(name).bias") ? try vector("\(name).bias", count: rows) : nil)
    }

    /// Matrices that lie one under the other in one tensor, of so many rows each, and their shares of its bias.
    public func parts(_ name: String, rows: [Int], columns: Int) throws -> [Linear] {
        let total = rows.reduce(0, +)
        let matrices = try matrices("\(name).weight", shape: [total, columns], rows: rows, columns: columns)
        let bias = contains("\(name).bias") ? try vector("\(name).bias", count: total) : nil
        var first = 0
        return zip(matrices, rows).map { matrix, count in
            defer { first += count }
            return Linear(matrix: matrix, bias: bias.map { Array($0[first..<first + count]) })
        }
    }

    /// The matrices of all experts, a stack `[experts, rows, columns]`, and their biases where the file has them.
    public func experts(_ name: String, count: Int, rows: Int, columns: Int) throws -> [Linear] {
        let matrices = try matrices(
            "\(name).weight", shape: [count, rows, columns], rows: Array(repeating: rows, count: count),
            columns: columns)
        guard contains("\(name).bias") else { return matrices.map { Linear(matrix: $0, bias: nil) } }
        let biases = try file.floats(of: try file.tensor(named: "\(name).bias", shape: [count, rows]))
        return matrices.enumerated().map { index, matrix in
            Linear(matrix: matrix, bias: Array(biases[index * rows..<(index + 1) * rows]))
        }
    }

    /// A small matrix in float32, whatever the file has it in, so that no product with it is rounded.
    public func exactLinear(_ name: String, rows: Int, columns: Int) throws -> Linear {
        let values = try file.floats(of: try file.tensor(named: "\(name).weight", shape: [rows, columns]))
        let matrix = unsafe values.withUnsafeBytes {
            unsafe PackedMatrix($0, dtype: .f32, rows: rows, columns: columns, pool: pool)
        }
        return Linear(
            matrix: matrix, bias: contains("\(name).bias") ? try vector("\(name).bias", count: rows) : nil)
    }

    /// Packs a tensor of just this `shape` as matrices of so many rows, one after the other, and gives its pages back.
    private func matrices(_ name: String, shape: [Int], rows: [Int], columns: Int) throws -> [PackedMatrix] {
        let entry = try file.tensor(named: name, shape: shape)
        guard let dtype = entry.dtype, dtype.isWeight, columns % dtype.blockElements == 0 else {
            throw ModelError.unusableType(tensor: name, type: entry.typeName, file: file.path)
        }
        let contents = try file.contents(of: entry), rowBytes = columns / dtype.blockElements * dtype.blockBytes
        defer {
            withExtendedLifetime(contents.owner) {}
            file.release(entry)
        }
        let target = quantization?.dtype(of: name, dimensions: entry.dimensions) ?? dtype
        var first = 0
        return try rows.map { count in
            defer { first += count }
            let offset = first * rowBytes
            let isRead = { (range: Range<Int>) in
                contents.release(offset + range.lowerBound..<offset + range.upperBound)
            }
            let slice = unsafe UnsafeRawBufferPointer(
                rebasing: contents.bytes[first * rowBytes..<(first + count) * rowBytes])
            guard target != dtype else {
                return unsafe PackedMatrix(
                    slice, dtype: dtype, rows: count, columns: columns, pool: pool, isRead: isRead)
            }
            let matrix = unsafe PackedMatrix(
                slice, from: dtype, to: target, rows: count, columns: columns, pool: pool, isRead: isRead)
            guard let matrix else { throw ModelError.notStorable(tensor: name, type: target.name, file: file.path) }
            return matrix
        }
    }

    /// `count` numbers as float32, whatever the file stores them in.
    public func vector(_ name: String, count: Int) throws -> [Float] {
        try file.floats(of: try file.tensor(named: name, shape: [count]))
    }

    public func norm(_ name: String, width: Int, epsilon: Float) throws -> RMSNorm {
        RMSNorm(weight: try vector("\(name).weight", count: width), epsilon: epsilon)
    }

    /// A matrix as float32, row after row.
    public func matrixValues(_ name: String, rows: Int, columns: Int) throws -> [Float] {
        try file.floats(of: try file.tensor(named: name, shape: [rows, columns]))
    }

    /// A table that is read row by row from the mapped file.
    public func table(_ name: String, rows: Int, width: Int) throws -> EmbeddingTable {
        let entry = try file.tensor(named: name, shape: [rows, width])
        guard let dtype = entry.dtype, dtype.isWeight, width % dtype.blockElements == 0 else {
            throw ModelError.unusableType(tensor: name, type: entry.typeName, file: file.path)
        }
        let contents = try file.contents(of: entry)
        return unsafe EmbeddingTable(
            contents.bytes, dtype: dtype, rows: rows, width: width, owner: contents.owner,
            release: { unsafe contents.release(0..<contents.bytes.count) })
    }

    /// The token embeddings, and the output head: its own matrix, or the embeddings again where the file has none.
    public func embeddingAndHead(vocabulary: Int, hidden: Int) throws -> (EmbeddingTable, Linear) {
        let name = "token_embd.weight", table = try table(name, rows: vocabulary, width: hidden)
        if contains("output.weight") {
            return (table, try linear("output", rows: vocabulary, columns: hidden))
        }
        // Its pages are given back; rows that are looked up return, a few at a time.
        return (table, try linear("token_embd", rows: vocabulary, columns: hidden))
    }
}
