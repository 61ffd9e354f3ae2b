#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How the scores of a router become the weights of the experts that it chose.
public enum ExpertWeighting: Sendable {
    /// A softmax over all experts, of which the chosen ones keep their shares: Qwen3 without `norm_topk_prob`.
    case softmaxOverAll
    /// A softmax over the chosen ones alone, which is also one over all made to sum to 1: Mixtral, Qwen3, GPT-OSS.
    case softmaxOverChosen
}

/// The rows of a step that one expert computes.
public struct ExpertRows: Sendable, Equatable {
    public let expert: Int
    /// Ascending.
    public let rows: [Int]
    /// What each row's result is multiplied with.
    public let weights: [Float]
}

extension Step {
    /// Chooses for every row the `count` experts with the highest scores; of equal ones the first.
    /// - Parameter scores: `[rows, experts]`, the router's logits in float32. Numbers that are not finite rank last.
    /// - Returns: The experts that have rows, ascending: the others need not be computed.
    /// - SeeAlso: Shazeer et al. 2017, arXiv:1701.06538; Jiang et al. 2024, arXiv:2401.04088, section 2.1.
    public func route(_ scores: Tensor, count: Int, _ weighting: ExpertWeighting) -> [ExpertRows] {
        precondition(count >= 1 && count <= scores.width, "\(count) of \(scores.width) experts")
        var rows = [[Int]](repeating: [], count: scores.width), weights = [[Float]](repeating: [], count: scores.width)
        for row in 0..<scores.rows {
            let values = scores.values(row: row).map { $0.isFinite ? $0 : -Float.greatestFiniteMagnitude }
            // Sorting a few dozen numbers is nothing beside one expert's product.
            let chosen = values.indices.sorted { values[$0] != values[$1] ? values[$0] > values[$1] : $0 < $1 }
                .prefix(count)
            let top = chosen.first.map { values[$0] } ?? 0
            let total: Float =
                switch weighting {
                case .softmaxOverAll: values.reduce(0) { $0 + expf($1 - top) }
                case .softmaxOverChosen: chosen.reduce(0) { $0 + expf(values[$1] - top) }
                }
            for expert in chosen {
                rows[expert].append(row)
                weights[expert].append(expf(values[expert] - top) / total)
            }
        }
        return rows.indices.filter { !rows[$0].isEmpty }.map {
            ExpertRows(expert: $0, rows: rows[$0], weights: weights[$0])
        }
    }

    /// Adds an expert's results to the rows that they belong to: `y[rows[i]] += weights[i] · x[i]`, in place.
    /// - Parameter x: `[share.rows, width]`.
    public func add(_ x: Tensor, of share: ExpertRows, to y: Tensor) {
        precondition(
            x.rows == share.rows.count && x.width == y.width, "experts: \(x.rows) rows for \(share.rows.count)")
        split(x.rows, width: x.width) { range in
            for i in range {
                let from = unsafe x.row(i), to = unsafe y.row(share.rows[i])
                let weight = share.weights[i]
                for column in 0..<x.width { unsafe to[column] += weight * from[column] }
            }
        }
    }
}
