/// A matrix of float32 in row-major order, in memory that somebody else owns: usually a step's arena.
///
/// A tensor is valid as long as its owner says; one from a `Step` until that step is reset. Rows may be taken as views.
@safe public struct Tensor: @unchecked Sendable {
    // Unchecked: a tensor is a view; the operators that share one between threads write disjoint rows or columns.
    /// The first number of the first row.
    @unsafe public let base: UnsafeMutablePointer<Float>
    /// How many rows there are, one after the other.
    public let rows: Int
    /// The numbers in each row.
    public let width: Int

    @unsafe public init(base: UnsafeMutablePointer<Float>, rows: Int, width: Int) {
        unsafe self.base = base
        self.rows = rows
        self.width = width
    }

    public var count: Int { rows * width }

    /// The numbers, row after row.
    @unsafe public var buffer: UnsafeMutableBufferPointer<Float> {
        unsafe UnsafeMutableBufferPointer(start: base, count: count)
    }

    @unsafe public func row(_ index: Int) -> UnsafeMutablePointer<Float> {
        precondition(index >= 0 && index < rows, "row \(index) of \(rows)")
        return unsafe base + index * width
    }

    /// Row `index` alone, as a view.
    public subscript(row index: Int) -> Tensor { unsafe Tensor(base: row(index), rows: 1, width: width) }

    /// Some rows alone, as a view.
    public subscript(rows range: Range<Int>) -> Tensor {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
        return unsafe Tensor(base: base + range.lowerBound * width, rows: range.count, width: width)
    }

    /// The same numbers in `rows` rows, as a view: rows that follow each other become one, or one becomes several.
    public func reshaped(rows: Int) -> Tensor {
        precondition(rows > 0 && count % rows == 0 || count == 0, "\(self.rows) × \(width) in \(rows) rows")
        return unsafe Tensor(base: base, rows: rows, width: rows == 0 ? width : count / rows)
    }

    /// The numbers of row `index`, copied.
    public func values(row index: Int) -> [Float] {
        unsafe Array(UnsafeBufferPointer(start: row(index), count: width))
    }

    /// Writes `values` over the whole tensor.
    /// - Precondition: There are as many as the tensor holds.
    public func fill(from values: [Float]) {
        precondition(values.count == count, "fill: \(values.count) values for \(rows) × \(width)")
        for i in values.indices { unsafe base[i] = values[i] }
    }
}
