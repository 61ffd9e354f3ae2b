public import TuttiTensors

/// A matrix of weights in whatever numbers its file has them, and a bias where the model has one.
public struct Projection: Sendable {
    public enum Matrix: Sendable {
        case packed(PackedMatrix)
        /// Rounded to bytes with one scale; what it is multiplied with is rounded so too.
        case bytes(ByteMatrix)
    }

    public let matrix: Matrix
    public let bias: [Float]?

    public init(_ matrix: Matrix, bias: [Float]? = nil) { (self.matrix, self.bias) = (matrix, bias) }

    /// `x · Wᵀ + b`: `[rows, in]` to `[rows, out]`.
    /// - Parameter rounding: Only matters to matrices of bytes.
    public func callAsFunction(_ x: Tensor, _ step: Step, rounding: ByteRounding) -> Tensor {
        Projection.together([self], x, step, rounding: rounding)[0]
    }

    /// Several products of one input, which cost the price of one.
    /// - Precondition: All matrices are of one kind.
    public static func together(
        _ layers: [Projection], _ x: Tensor, _ step: Step, rounding: ByteRounding
    ) -> [Tensor] {
        let bytes = layers.compactMap { layer -> (matrix: ByteMatrix, bias: [Float]?)? in
            guard case .bytes(let matrix) = layer.matrix else { return nil }
            return (matrix, layer.bias)
        }
        if bytes.count == layers.count { return step.linear(x, bytes, rounding: rounding) }
        let packed = layers.compactMap { layer -> Linear? in
            guard case .packed(let matrix) = layer.matrix else { return nil }
            return Linear(matrix: matrix, bias: layer.bias)
        }
        precondition(packed.count == layers.count, "matrices of bytes beside others")
        return Linear.together(packed, x, step)
    }
}

/// A matrix as its file has it, row after row, before it is packed.
enum StoredMatrix {
    case floats([Float], columns: Int)
    case bytes([UInt8], columns: Int, scale: Float, zero: UInt8)

    func packed(_ pool: ComputePool) -> Projection.Matrix {
        switch self {
        case .floats(let values, let columns):
            return unsafe values.withUnsafeBytes {
                .packed(
                    unsafe PackedMatrix(
                        $0, dtype: .f32, rows: values.count / columns, columns: columns, pool: pool))
            }
        case .bytes(let values, let columns, let scale, let zero):
            return unsafe values.withUnsafeBytes {
                .bytes(
                    unsafe ByteMatrix(
                        $0, rows: values.count / columns, columns: columns, isTransposed: false, scale: scale,
                        zero: Int(zero)))
            }
        }
    }

    /// Some of the rows.
    func rows(_ range: Range<Int>) -> StoredMatrix {
        switch self {
        case .floats(let values, let columns):
            .floats(Array(values[range.lowerBound * columns..<range.upperBound * columns]), columns: columns)
        case .bytes(let values, let columns, let scale, let zero):
            .bytes(
                Array(values[range.lowerBound * columns..<range.upperBound * columns]), columns: columns, scale: scale,
                zero: zero)
        }
    }

    /// Heads of `width` rows each, filled up to `padded` rows of zeros.
    func headRows(_ width: Int, paddedTo padded: Int) -> StoredMatrix {
        func pad<T>(_ values: [T], _ columns: Int, _ zero: T) -> [T] {
            var result: [T] = []
            for first in stride(from: 0, to: values.count, by: width * columns) {
                result += values[first..<first + width * columns]
                result += repeatElement(zero, count: (padded - width) * columns)
            }
            return result
        }
        switch self {
        case .floats(let values, let columns): return .floats(pad(values, columns, 0), columns: columns)
        case .bytes(let values, let columns, let scale, let zero):
            return .bytes(pad(values, columns, zero), columns: columns, scale: scale, zero: zero)
        }
    }

    /// The same of columns.
    func headColumns(_ width: Int, paddedTo padded: Int) -> StoredMatrix {
        func pad<T>(_ values: [T], _ zero: T) -> [T] {
            var result: [T] = []
            for first in stride(from: 0, to: values.count, by: width) {
                result += values[first..<first + width]
                result += repeatElement(zero, count: padded - width)
            }
            return result
        }
        switch self {
        case .floats(let values, let columns):
            return .floats(pad(values, 0), columns: columns / width * padded)
        case .bytes(let values, let columns, let scale, let zero):
            return .bytes(pad(values, zero), columns: columns / width * padded, scale: scale, zero: zero)
        }
    }
}
