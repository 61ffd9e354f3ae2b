#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif
public import TuttiCheckpoints
import TuttiTensors

/// Rotary positions in GGUF's words.
extension Translation {
    /// The base, how many numbers of a head turn, and how the angles are stretched. What is a tensor in GGUF comes from
    /// `ropeTensors`.
    public static func describeRope(_ config: HuggingFaceConfig, _ gguf: inout TranslatedMetadata) throws {
        let rope = try config.rope()
        gguf.set("rope.freq_base", Double(try base(config, rope)))
        gguf.set("rope.dimension_count", try rotated(config, rope))
        switch rope.type {
        case "default", "llama3": break
        case "linear":
            gguf.set("rope.scaling.type", "linear")
            gguf.set("rope.scaling.factor", Double(try rope.requiredPositive("factor")))
        case "dynamic":
            // Not one of GGUF's types: within the context that the file names, nothing is stretched.
            gguf.set("rope.scaling.dynamic_factor", Double(try rope.requiredPositive("factor")))
        case "yarn": try describeYarn(config, rope, &gguf)
        case "longrope":
            let original = try originalContext(config, rope)
            let context = try config.size("max_position_embeddings", limit: 1 << 30) ?? original
            let factor = try rope.positive("factor") ?? Float(context) / Float(original)
            gguf.set("rope.scaling.type", "longrope")
            gguf.set("rope.scaling.original_context_length", original)
            let magnitude =
                try rope.positive("attention_factor")
                ?? (factor <= 1 || original < 2 ? 1 : sqrtf(1 + logf(factor) / logf(Float(original))))
            gguf.set("rope.scaling.attn_factor", Double(magnitude))
        default:
            throw CheckpointError.unsupported(
                file: config.file,
                "its rope is of the type `\(rope.type.prefix(80))`; known are default, linear, dynamic, yarn, longrope and llama3"
            )
        }
    }

    private static func describeYarn(
        _ config: HuggingFaceConfig, _ rope: HuggingFaceRope, _ gguf: inout TranslatedMetadata
    ) throws {
        let original = try originalContext(config, rope)
        let context = try config.size("max_position_embeddings", limit: 1 << 30) ?? original
        let factor = try rope.positive("factor") ?? Float(context) / Float(original)
        gguf.set("rope.scaling.type", "yarn")
        gguf.set("rope.scaling.factor", Double(factor))
        gguf.set("rope.scaling.original_context_length", original)
        gguf.set("rope.scaling.yarn_beta_fast", try rope.positive("beta_fast").map(Double.init))
        gguf.set("rope.scaling.yarn_beta_slow", try rope.positive("beta_slow").map(Double.init))
        gguf.set("rope.scaling.yarn_truncate", try rope.bool("truncate"))
        func magnitude(_ strength: Float) -> Float { factor <= 1 ? 1 : 0.1 * strength * logf(factor) + 1 }
        var attention = try rope.positive("attention_factor")
        if attention == nil, let strength = try rope.positive("mscale"), let all = try rope.positive("mscale_all_dim") {
            attention = magnitude(strength) / magnitude(all)
        }
        // GGUF's is a factor on YaRN's own.
        if let attention { gguf.set("rope.scaling.attn_factor", Double(attention / RopeScaling.yarnMagnitude(factor))) }
    }

    private static func base(_ config: HuggingFaceConfig, _ rope: HuggingFaceRope) throws -> Float {
        if let base = try rope.positive("rope_theta") { return base }
        guard let base = try config.number("rope_theta") else { return 10_000 }
        guard Float(base).isFinite, base > 0 else {
            throw config.wrong("rope_theta", .number(base), "a positive number")
        }
        return Float(base)
    }

    private static func rotated(_ config: HuggingFaceConfig, _ rope: HuggingFaceRope) throws -> Int {
        let width = try headWidth(config), key = "partial_rotary_factor"
        guard let share = try rope.number(key) ?? config.number(key) else { return width }
        guard share > 0, share <= 1, Int(Double(width) * share) >= 2 else {
            throw config.wrong(key, .number(share), "a share of a head, above 0 and up to 1")
        }
        return Int(Double(width) * share) / 2 * 2
    }

    private static func originalContext(_ config: HuggingFaceConfig, _ rope: HuggingFaceRope) throws -> Int {
        let key = "original_max_position_embeddings"
        guard
            let size = try rope.integer(key) ?? config.integer(key) ?? config.integer("max_position_embeddings")
        else { throw CheckpointError.malformed(file: config.file, "its rope of type \(rope.type) has no `\(key)`") }
        guard size >= 1, size <= 1 << 30 else {
            throw config.wrong(key, .integer(Int128(size)), "a whole number from 1 to \(1 << 30)")
        }
        return size
    }

    /// The divisors that GGUF has as tensors: Llama 3.1's `rope_freqs`, and the two sets of longrope.
    public static func ropeTensors(_ config: HuggingFaceConfig) throws -> [(name: String, values: [Float])] {
        let rope = try config.rope()
        switch rope.type {
        case "llama3": return [("rope_freqs.weight", try llama3Divisors(config, rope))]
        case "longrope":
            let count = try rotated(config, rope) / 2
            return try [("long", "long_factor"), ("short", "short_factor")].map { name, key in
                let values = try rope.numbers(key) ?? []
                guard values.count == count else {
                    throw CheckpointError.malformed(
                        file: config.file, "`\(key)` has \(values.count) numbers, its heads need \(count)")
                }
                return ("rope_factors_\(name).weight", values)
            }
        default: return []
        }
    }

    private static func llama3Divisors(_ config: HuggingFaceConfig, _ rope: HuggingFaceRope) throws -> [Float] {
        let low = try rope.requiredPositive("low_freq_factor"), high = try rope.requiredPositive("high_freq_factor")
        guard high > low else {
            throw config.wrong("high_freq_factor", .number(Double(high)), "above low_freq_factor, which is \(low)")
        }
        let base = try base(config, rope), rotated = try rotated(config, rope)
        let plain = RotaryEmbedding(base: base, rotated: rotated, pairs: .halves)
        let scaled = RotaryEmbedding(
            base: base, rotated: rotated, pairs: .halves,
            scaling: .llama3(
                factor: try rope.requiredPositive("factor"), lowFrequencyFactor: low, highFrequencyFactor: high,
                originalContext: try originalContext(config, rope)))
        return zip(plain.frequencies, scaled.frequencies).map { $0 / $1 }
    }
}
