import TuttiCheckpoints
import TuttiTensors

/// SmolLM3 (its model card, July 2025; the layers without positions are arXiv:2501.18795's): Llama's blocks, every fourth
/// of which attends without rotary positions.
///
/// GGUF has no key for those layers, as all published models agree; `no_rope_layers` keeps what a folder says.
enum SmolLM3 {
    static let family = Family(
        "smollm3", modelTypes: ["smollm3"],
        Translation(
            architecture: "smollm3",
            describe: { config, gguf in
                try Translation.describeSizes(config, &gguf)
                try Translation.describeRope(config, &gguf)
                if try config.bool("use_sliding_window") == true {
                    try Translation.describeWindows(config, &gguf) { _ in false }
                }
                gguf.set("rope.layers", try layersWithPositions(config))
            },
            tensors: { try Translation.llamaTensors($0, neighbours: true) },
            made: Translation.ropeTensors),
        windows: { try $0.windows(layers: $1) { _ in false } },
        make: { config, weights in
            let layers = try config.bools("rope.layers", layers: try config.size("block_count", limit: 1024))
            return try Llama(
                config, weights, pairs: .neighbours, hasPositions: { layers?[$0] ?? ($0 % period != period - 1) })
        })

    /// The last of so many layers has no positions, where nothing else is said.
    static let period = 4

    /// `no_rope_layers` has a 1 for every layer *with* positions.
    private static func layersWithPositions(_ config: HuggingFaceConfig) throws -> [Bool] {
        let layers = try config.requiredSize("num_hidden_layers", limit: 1024)
        guard let flags = try config.array("no_rope_layers") else {
            let period = try config.size("no_rope_layer_interval") ?? period
            return (0..<layers).map { ($0 + 1) % period != 0 }
        }
        let values = flags.map { $0.int ?? $0.bool.map { $0 ? 1 : 0 } }
        guard flags.count == layers, values.allSatisfy({ $0 == 0 || $0 == 1 }) else {
            throw config.wrong("no_rope_layers", .array(flags), "a list of \(layers) zeros and ones")
        }
        return values.map { $0 == 1 }
    }
}
