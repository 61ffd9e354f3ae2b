import TuttiCheckpoints
public import TuttiTensors

/// Qwen2 and Qwen2.5 (arXiv:2407.10671, section 2.2.1): Llama's blocks with a bias on queries, keys and values, and
/// rotary positions in half-split pairs.
public struct Qwen2: Decoder {
    private let llama: Llama

    public var shape: DecoderShape { llama.shape }

    public func embed(_ tokens: [Token], _ step: Step) -> Tensor { llama.embed(tokens, step) }

    public func callAsFunction(_ x: Tensor, _ batch: Batch, _ step: Step) -> Tensor { llama(x, batch, step) }

    /// The biases are found by name (`attn_q.bias`, …), as every layer's are.
    /// - Throws: `ModelError` or `CheckpointError`, naming the key or tensor that is missing or misshapen.
    public init(_ config: ConfigReader, _ weights: WeightReader) throws {
        llama = try Llama(config, weights, pairs: .halves)
    }
}

extension Qwen2 {
    static let family = Family(
        "qwen2", modelTypes: ["qwen2"],
        Translation(
            architecture: "qwen2",
            describe: { config, gguf in
                try Translation.describeSizes(config, &gguf)
                try Translation.describeRope(config, &gguf)
            },
            tensors: { try Translation.llamaTensors($0) }
        ),
        make: { try Qwen2($0, $1) })
}
