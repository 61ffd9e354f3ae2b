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
    func linear(_ name: String, rows: Int, columns: Int) throws -> Linear {
        let matrix = try matrix("\(name).weight", rows: rows, columns: columns)
        file.release(try file.tensor(named: "\(name).weight", shape: [rows, columns]))
        let bias = contains("\(name).bias") ? try vector("\(name).bias", count: rows) : nil
        return Linear(matrix: matrix, bias: bias)
    }

    private func matrix(_ name: String, rows: Int, columns: Int) throws -> PackedMatrix {
        let entry = try file.tensor(named: name, shape: [rows, columns])
        guard let dtype = entry.dtype, dtype.isWeight else {
            throw ModelError.unusableType(tensor: name, type: entry.typeName, file: file.path)
        }
        let contents = try file.contents(of: entry)
        defer { withExtendedLifetime(contents.owner) {} }
        let target = quantization?.dtype(of: name, dimensions: entry.dimensions) ?? dtype
        guard target != dtype else {
            return unsafe PackedMatrix(contents.bytes, dtype: dtype, rows: rows, columns: columns, pool: pool)
        }
        let matrix = unsafe PackedMatrix(
            contents.bytes, from: dtype, to: target, rows: rows, columns: columns, pool: pool)
        guard let matrix else { throw ModelError.notStorable(tensor: name, type: target.name, file: file.path) }
        return matrix
    }

    /// `count` numbers as float32, whatever the file stores them in.
    func vector(_ name: String, count: Int) throws -> [Float] {
        try file.floats(of: try file.tensor(named: name, shape: [count]))
    }

    func norm(_ name: String, width: Int, epsilon: Float) throws -> RMSNorm {
        RMSNorm(weight: try vector("\(name).weight", count: width), epsilon: epsilon)
    }

    /// A matrix as float32, row after row.
    func matrixValues(_ name: String, rows: Int, columns: Int) throws -> [Float] {
        try file.floats(of: try file.tensor(named: name, shape: [rows, columns]))
    }

    /// A table that is read row by row from the mapped file.
    func table(_ name: String, rows: Int, width: Int) throws -> EmbeddingTable {
        let entry = try file.tensor(named: name, shape: [rows, width])
        guard let dtype = entry.dtype, dtype.isWeight else {
            throw ModelError.unusableType(tensor: name, type: entry.typeName, file: file.path)
        }
        let contents = try file.contents(of: entry)
        return unsafe EmbeddingTable(contents.bytes, dtype: dtype, rows: rows, width: width, owner: contents.owner)
    }

    /// The token embeddings, and the output head: its own matrix, or the embeddings again where the file has none.
    func embeddingAndHead(vocabulary: Int, hidden: Int) throws -> (EmbeddingTable, Linear) {
        let name = "token_embd.weight", table = try table(name, rows: vocabulary, width: hidden)
        if contains("output.weight") {
            return (table, try linear("output", rows: vocabulary, columns: hidden))
        }
        return (table, Linear(matrix: try matrix(name, rows: vocabulary, columns: hidden), bias: nil))
    }
}
