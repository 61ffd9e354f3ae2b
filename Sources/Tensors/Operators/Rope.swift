import CKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Which numbers of a head form the pairs that rotary positions turn.
public enum RopePairs: Sendable {
    /// `(i, i + rotated / 2)`, as GPT-NeoX and the Hugging Face checkpoints.
    case halves
    /// `(2i, 2i + 1)`, as the paper and GGUF's llama files.
    case neighbours
}

/// Rotary positions: one angle per pair and position, `position · frequency`.
///
/// - SeeAlso: Su et al. 2021, arXiv:2104.09864; `RopeScaling` for the ways to stretch it.
public struct RotaryEmbedding: Sendable {
    /// The angle that each pair turns by per position, in radians: `rotated / 2` of them, for sequences of usual length.
    public let frequencies: [Float]
    /// What cosines and sines are multiplied with (YaRN's attention temperature); usually 1.
    public let magnitude: Float
    public let pairs: RopePairs
    /// For each pair, which of a position's three parts turns it (0 time, 1 height, 2 width); empty where positions are
    /// one number.
    let axes: [Int]
    private let base: Float
    private let scaling: RopeScaling

    /// - Parameters:
    ///   - base: The checkpoint's `rope_theta`, 1e4 to 1e7.
    ///   - rotated: How many numbers of each head turn, even.
    ///   - factors: Divisors of each frequency, from the checkpoint (`rope_freqs`), or none.
    ///   - sections: How many pairs turn by each part of a position that has three; empty where it is one number.
    /// - Precondition: `sections` is empty, or three that add up to the pairs; the loader has checked it.
    public init(
        base: Float, rotated: Int, pairs: RopePairs, scaling: RopeScaling = .none, factors: [Float] = [],
        sections: [Int] = []
    ) {
        precondition(sections.isEmpty || sections.count == 3 && sections.reduce(0, +) == rotated / 2, "\(sections)")
        axes = sections.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
        var frequencies = RotaryEmbedding.plain(base: base, rotated: rotated)
        for (i, factor) in zip(frequencies.indices, factors) { frequencies[i] /= factor }
        (self.frequencies, magnitude) = scaling.apply(to: frequencies, base: base, rotated: rotated)
        (self.pairs, self.base, self.scaling) = (pairs, base, scaling)
    }

    private static func plain(base: Float, rotated: Int) -> [Float] {
        (0..<rotated / 2).map { 1 / powf(base, Float(2 * $0) / Float(rotated)) }
    }

    /// The frequencies for every position of a sequence of `length` tokens.
    public func frequencies(length: Int) -> [Float] {
        let rotated = 2 * frequencies.count
        switch scaling {
        case .longrope(_, let long, let context, _) where length > context:
            return zip(RotaryEmbedding.plain(base: base, rotated: rotated), long).map { $0 / $1 }
        case .dynamic(let factor, let context) where length > context && rotated > 2:
            let stretch = factor * Float(length) / Float(context) - (factor - 1)
            let base = base * powf(stretch, Float(rotated) / Float(rotated - 2))
            return RotaryEmbedding.plain(base: base, rotated: rotated)
        default: return frequencies
        }
    }
}

/// Ways to make rotary positions reach further than a model was trained for.
public enum RopeScaling: Sendable, Equatable {
    case none
    /// Positions divided by `factor`. Chen et al. 2023, arXiv:2306.15595.
    case linear(factor: Float)
    /// A base that grows with the sequence once it is longer than `originalContext` (NTK-aware scaling, dynamic form,
    /// as `transformers` has it).
    case dynamic(factor: Float, originalContext: Int)
    /// Slow pairs divided by `factor`, fast ones kept, a ramp between. Llama 3.1, arXiv:2407.21783, section 3.
    case llama3(factor: Float, lowFrequencyFactor: Float, highFrequencyFactor: Float, originalContext: Int)
    /// Frequencies blended by how often a pair turns within the original context, and a warmer softmax. Peng et al.
    /// 2023, arXiv:2309.00071, section 3. `truncates`: the ramp begins and ends at whole pairs.
    case yarn(
        factor: Float, originalContext: Int, betaFast: Float = 32, betaSlow: Float = 1, attentionFactor: Float? = nil,
        truncates: Bool = true)
    /// A divisor for each pair, of two sets: one for sequences up to `originalContext` tokens, one for longer ones. Ding
    /// et al. 2024, arXiv:2402.13753.
    case longrope(short: [Float], long: [Float], originalContext: Int, attentionFactor: Float)

    func apply(to frequencies: [Float], base: Float, rotated: Int) -> (frequencies: [Float], magnitude: Float) {
        switch self {
        case .none, .dynamic: return (frequencies, 1)
        case .linear(let factor): return (frequencies.map { $0 / factor }, 1)
        case .longrope(let short, _, _, let attention): return (zip(frequencies, short).map { $0 / $1 }, attention)
        case .llama3(let factor, let low, let high, let context):
            let scaled = frequencies.map { frequency -> Float in
                let turns = Float(context) * frequency / (2 * Float.pi)
                if turns < low { return frequency / factor }
                if turns > high { return frequency }
                let smooth = (turns - low) / (high - low)
                return (1 - smooth) * frequency / factor + smooth * frequency
            }
            return (scaled, 1)
        case .yarn(let factor, let context, let fast, let slow, let attention, let truncates):
            /// The pair that turns `turns` times within the original context.
            func pair(turning turns: Float) -> Float {
                Float(rotated) * logf(Float(context) / (turns * 2 * Float.pi)) / (2 * logf(base))
            }
            var first = pair(turning: fast), last = pair(turning: slow)
            if truncates { (first, last) = (first.rounded(.down), last.rounded(.up)) }
            first = max(0, first)
            last = min(Float(rotated - 1), last)
            let scaled = frequencies.enumerated().map { index, frequency -> Float in
                let ramp = (Float(index) - first) / (last == first ? 0.001 : last - first)
                let kept = 1 - min(1, max(0, ramp))
                return frequency / factor * (1 - kept) + frequency * kept
            }
            return (scaled, attention ?? RopeScaling.yarnMagnitude(factor))
        }
    }

    /// YaRN's own attention temperature.
    public static func yarnMagnitude(_ factor: Float) -> Float { factor <= 1 ? 1 : 0.1 * logf(factor) + 1 }

    /// How the angles of a sequence depend on its length.
    public var lengthDependence: LengthDependence {
        switch self {
        case .longrope(_, _, let context, _): .beyond(context)
        case .dynamic(_, let context): .growing(beyond: context)
        default: .none
        }
    }
}

/// When the keys of a whole sequence change because it grew.
///
/// Keys are cached with their positions turned in. Where the angles depend on how long the sequence is, a sequence that
/// passes from one *regime* into the next must be computed anew, and shares no beginning with those of the other.
public enum LengthDependence: Sendable, Equatable {
    case none
    /// Once, when the sequence gets longer than this.
    case beyond(Int)
    /// With every token behind this many.
    case growing(beyond: Int)

    /// A number that is the same for all lengths whose keys go together.
    public func regime(length: Int) -> Int {
        switch self {
        case .none: 0
        case .beyond(let limit): length > limit ? 1 : 0
        case .growing(let limit): length > limit ? length : 0
        }
    }
}

/// The cosines and sines of a step's positions, `[rows, pairs]` each.
public struct RopeAngles: Sendable {
    let cosines: Tensor
    let sines: Tensor
    let pairs: RopePairs
}

extension Step {
    /// The angles of every row's position, computed once for a step and shared by its layers.
    public func angles(_ batch: Batch, _ rotary: RotaryEmbedding) -> RopeAngles {
        let count = rotary.frequencies.count
        let cosines = scratch(batch.positions.count, count), sines = scratch(batch.positions.count, count)
        for sequence in batch.sequences {
            let frequencies = rotary.frequencies(length: sequence.length)
            let grid = rotary.axes.isEmpty ? nil : sequence.positions
            split(sequence.rows.count, width: 16 * count) { range in
                for r in range {
                    let row = sequence.rows.lowerBound + r
                    let cosine = unsafe cosines.row(row), sine = unsafe sines.row(row)
                    if let grid {
                        let parts = grid[sequence.start + r]
                        for i in 0..<count {
                            let angle = Float(parts[rotary.axes[i]]) * frequencies[i]
                            unsafe cosine[i] = cosf(angle) * rotary.magnitude
                            unsafe sine[i] = sinf(angle) * rotary.magnitude
                        }
                        continue
                    }
                    let position = Float(batch.positions[row])
                    for i in 0..<count {
                        let angle = position * frequencies[i]
                        unsafe cosine[i] = cosf(angle) * rotary.magnitude
                        unsafe sine[i] = sinf(angle) * rotary.magnitude
                    }
                }
            }
        }
        return RopeAngles(cosines: cosines, sines: sines, pairs: rotary.pairs)
    }

    /// Turns the heads of `x` by their rows' angles, in place.
    /// - Parameters:
    ///   - x: `[rows, heads · headWidth]`.
    ///   - headWidth: At least twice the angles of a row; what lies behind them passes unchanged.
    public func rope(_ x: Tensor, headWidth: Int, _ angles: RopeAngles) {
        let rotated = 2 * angles.cosines.width
        precondition(x.width % headWidth == 0 && rotated <= headWidth, "rope: heads of \(headWidth) in \(x.width)")
        split(x.rows, width: x.width) { rows in
            for r in rows {
                unsafe tutti_rope_f32(
                    x.row(r), x.width / headWidth, headWidth, rotated, angles.pairs == .halves ? 1 : 0,
                    angles.cosines.row(r), angles.sines.row(r))
            }
        }
    }
}
