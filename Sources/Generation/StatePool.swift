import TuttiModels
import TuttiTensors

/// Makes one vector of a text's states, as they are computed.
struct StatePool: Sendable {
    private let pooling: EncoderShape.Pooling
    private var sum: [Float]
    private(set) var count = 0

    init(_ pooling: EncoderShape.Pooling, width: Int) {
        self.pooling = pooling
        sum = [Float](repeating: 0, count: width)
    }

    /// Takes the states of the text's next places.
    mutating func add(_ states: Tensor, rows: Range<Int>) {
        for row in rows {
            defer { count += 1 }
            switch pooling {
            case .mean: for (index, value) in states.values(row: row).enumerated() { sum[index] += value }
            case .first: if count == 0 { sum = Array(states.values(row: row)) }
            case .last: if row == rows.upperBound - 1 { sum = Array(states.values(row: row)) }
            }
        }
    }

    /// The vector of all places that were taken.
    /// - Parameter normalizes: Whether it is scaled to length one.
    func vector(normalizes: Bool) -> [Float] {
        var vector = sum
        if pooling == .mean, count > 0 { for i in vector.indices { vector[i] /= Float(count) } }
        guard normalizes else { return vector }
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        if length > 0 { for i in vector.indices { vector[i] /= length } }
        return vector
    }
}
