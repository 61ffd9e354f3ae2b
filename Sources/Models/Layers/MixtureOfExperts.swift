public import TuttiTensors

/// A feed-forward layer of many experts, of which a router chooses a few for each row; the others are not computed.
///
/// The rows of a step are gathered by expert, so that in prefill too each expert's weights are read once and meet their
/// own rows only. Results are added up in the order of the experts, whatever the number of threads.
/// - SeeAlso: Jiang et al. 2024, arXiv:2401.04088, section 2.1.
public struct MixtureOfExperts: FeedForward {
    let router: Linear
    let experts: [GatedMLP]
    let routing: Routing

    /// - Parameter prefix: The block's name, such as `blk.0`.
    public init(
        _ weights: WeightReader, _ prefix: String, _ shape: DecoderShape, _ routing: Routing, _ activation: Activation
    ) throws {
        func matrices(_ name: String, rows: Int, columns: Int) throws -> [Linear] {
            try weights.experts("\(prefix).\(name)", count: routing.experts, rows: rows, columns: columns)
        }
        router = try weights.exactLinear("\(prefix).ffn_gate_inp", rows: routing.experts, columns: shape.hidden)
        let gates = try matrices("ffn_gate_exps", rows: routing.feedForward, columns: shape.hidden)
        let ups = try matrices("ffn_up_exps", rows: routing.feedForward, columns: shape.hidden)
        let downs = try matrices("ffn_down_exps", rows: shape.hidden, columns: routing.feedForward)
        experts = gates.indices.map { GatedMLP(gate: gates[$0], up: ups[$0], down: downs[$0], activation) }
        self.routing = routing
    }

    public func callAsFunction(_ x: Tensor, _ step: Step) -> Tensor {
        let shares = step.route(router(x, step), count: routing.used, routing.weighting)
        let sum = step.zeros(x.rows, x.width)
        for share in shares {
            step.frame { step.add(experts[share.expert](step.gather(x, rows: share.rows), step), of: share, to: sum) }
        }
        return sum
    }
}
