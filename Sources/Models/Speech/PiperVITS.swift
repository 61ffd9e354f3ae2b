public import TuttiTensors
import TuttiCheckpoints

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A voice of Piper: VITS, from phonemes to sound in one model.
///
///     symbols → text encoder → durations · prior of each frame → flow, backwards → HiFi-GAN → samples
///
/// Sizes, rates and the kind of residual blocks come from the graph, so that voices of low, medium and high quality and
/// those of several speakers are all read by the same code. Encoder and durations run over a whole utterance; flow and
/// decoder over any stretch of its frames, with the same result.
/// - SeeAlso: Kim et al. 2021, arXiv:2106.06103; Kong et al. 2020, arXiv:2010.05646.
public struct PiperVITS: Sendable {
    private let encoder: VITSTextEncoder
    private let durations: VITSDurations
    private let flow: VITSFlow
    private let decoder: HiFiGAN
    /// `[speakers, width]`, where there are several.
    private let speakers: (embedding: [Float], width: Int)?
    private let symbols: Int
    /// What the packed weights and tables take in memory.
    public let byteCount: Int

    /// How many symbols it knows: ids are below that.
    public var symbolCount: Int { symbols }
    /// How many speakers it has, 1 at least.
    public var speakerCount: Int { speakers.map { $0.embedding.count / $0.width } ?? 1 }
    /// Samples of a frame.
    public var samplesPerFrame: Int { decoder.hop }

    /// The longest that one symbol may last: some twelve seconds of a damaged voice.
    static let mostFrames = 1000

    /// Reads a voice, `.onnx`.
    /// - Throws: `CheckpointError` where the file is none, or lacks a part, or a part has another shape;
    ///   `ModelError.badValue` where a convolution is of a kind that VITS has not.
    public init(path: String, pool: ComputePool) throws {
        let file = try GraphFile(path: path), weights = GraphWeights(file)
        encoder = try VITSTextEncoder(weights, pool)
        symbols = encoder.symbols
        if weights.hasNode("/emb_g/Gather") {
            let (values, shape) = try weights.input(0, of: "/emb_g/Gather", shape: [nil, nil])
            speakers = (values, shape[1])
        } else {
            speakers = nil
        }
        let latent = encoder.projection.outputs / 2
        durations = try VITSDurations(weights, width: encoder.width, speakerWidth: speakers?.width, pool)
        flow = try VITSFlow(weights, width: latent, speakerWidth: speakers?.width, pool)
        decoder = try HiFiGAN(
            weights, width: latent, isReversed: flow.isReversed, speakerWidth: speakers?.width, pool)
        byteCount = file.byteCount
    }
}

/// How an utterance is spoken.
public struct VITSManner: Sendable {
    /// Which speaker, from 0.
    public var speaker = 0
    /// How many times as long as the voice's own everything lasts.
    public var lengthScale: Float = 1
    /// How far durations and sound are from the most likely ones; Piper's defaults are 0.8 and 0.667.
    public var durationNoiseScale: Float = 0.8
    public var noiseScale: Float = 0.667
    public var noise = Noise.seed(0)

    /// Where chance comes from.
    public enum Noise: Sendable {
        case seed(UInt64)
        /// Normally distributed numbers in the graph's own order: `[2, symbols]` for durations, and `[channels, frames]`
        /// for the prior. What is missing at the end is 0.
        case given(durations: [Float], prior: [Float])
    }

    public init() {}
}

/// What is known of an utterance before it sounds, and as much of its latent as was asked for.
public struct VITSUtterance: Sendable {
    /// Frames of each symbol.
    public let durations: [Int]
    /// Frames in all.
    public let frameCount: Int
    fileprivate let speaker: Int
    /// A draw from the prior, `[frames, channels]`.
    fileprivate let prior: [Float]
    /// What the flow makes of it, in the first `flowed` frames.
    fileprivate var latent: [Float]
    fileprivate var flowed = 0
}

extension PiperVITS {
    /// Reads an utterance: how long each symbol lasts, and a draw of what it may sound like.
    /// - Parameter ids: One at least, each below ``symbolCount``.
    public func utterance(_ ids: [Int], _ manner: VITSManner, _ step: Step) -> VITSUtterance {
        precondition(!ids.isEmpty && ids.allSatisfy { $0 >= 0 && $0 < symbols }, "ids beyond \(symbols) symbols")
        let count = ids.count, channels = decoder.width
        var generator = GaussianNoise(seed: 0), given: (durations: [Float], prior: [Float])?
        switch manner.noise {
        case .seed(let seed): generator = GaussianNoise(seed: seed)
        case .given(let durations, let prior): given = (durations, prior)
        }
        let states = encoder(ids, step)
        let statistics = step.convolve(states, encoder.projection)
        let z = step.zeros(count, 2)
        if manner.durationNoiseScale != 0 {
            let noise = given?.durations ?? generator.numbers(2 * count, step.pool)
            for place in 0..<min(noise.count, 2 * count) {
                unsafe z.row(place % count)[place / count] = noise[place] * manner.durationNoiseScale
            }
        }
        let logarithms = durations(states, noise: z, speaker: embedding(manner.speaker, step), step)
        let frames = logarithms.map { logarithm in
            let length = exp(logarithm) * manner.lengthScale
            return length.isNaN ? 1 : Int(max(0, min(length.rounded(.up), Float(PiperVITS.mostFrames))))
        }
        let total = max(1, frames.reduce(0, +))
        var prior = [Float](repeating: 0, count: total * channels)
        var noise: [Float] = []
        if manner.noiseScale != 0 { noise = given?.prior ?? generator.numbers(total * channels, step.pool) }
        var frame = 0
        for (symbol, length) in frames.enumerated() where length > 0 {
            let row = statistics.values(row: symbol)
            let spreads = row[channels...].map { exp($0) * manner.noiseScale }
            for t in frame..<frame + length {
                for c in 0..<channels {
                    let place = given == nil ? t * channels + c : c * total + t
                    prior[t * channels + c] = row[c] + (place < noise.count ? noise[place] * spreads[c] : 0)
                }
            }
            frame += length
        }
        return VITSUtterance(
            durations: frames, frameCount: total, speaker: manner.speaker, prior: prior,
            latent: [Float](repeating: 0, count: prior.count))
    }

    /// The samples of some frames of an utterance, ``samplesPerFrame`` each.
    ///
    /// Pieces joined are the very samples of the whole. The flow runs as far ahead as the piece needs at first, and then
    /// over all the rest; or at once over all, where little would be put off, or ``prepare(_:_:)`` was called.
    public func samples(_ utterance: inout VITSUtterance, frames: Range<Int>, _ step: Step) -> [Float] {
        precondition(frames.lowerBound >= 0 && frames.upperBound <= utterance.frameCount)
        if frames.isEmpty { return [] }
        let speaker = embedding(utterance.speaker, step)
        let needed = min(utterance.frameCount, decoder.reads(frames).upperBound)
        if needed > utterance.flowed {
            // Both runs read what lies about the cut: not worth it for as many frames as that.
            let isRest = utterance.flowed > 0 || needed + 3 * flow.reach >= utterance.frameCount
            advance(&utterance, to: isRest ? utterance.frameCount : needed, speaker, step)
        }
        return decoder(
            utterance.latent, frames: utterance.frameCount, range: frames, speaker: speaker, step)
    }

    /// Runs the flow over all that it has not seen: where nobody waits for the first samples, this is cheaper than twice
    /// over what lies about the cut.
    public func prepare(_ utterance: inout VITSUtterance, _ step: Step) {
        guard utterance.flowed < utterance.frameCount else { return }
        advance(&utterance, to: utterance.frameCount, embedding(utterance.speaker, step), step)
    }

    /// Runs the flow over the frames from where it stopped, and those on either side that they depend on.
    private func advance(_ utterance: inout VITSUtterance, to end: Int, _ speaker: Tensor?, _ step: Step) {
        let channels = decoder.width, start = utterance.flowed
        let read = max(0, start - flow.reach)..<min(utterance.frameCount, end + flow.reach)
        step.frame {
            let z = step.scratch(read.count, channels)
            z.fill(from: Array(utterance.prior[read.lowerBound * channels..<read.upperBound * channels]))
            flow(
                z, isCut: (read.lowerBound > 0, read.upperBound < utterance.frameCount), speaker: speaker, step)
            for frame in start..<end {
                utterance.latent.replaceSubrange(
                    frame * channels..<(frame + 1) * channels, with: z.values(row: frame - read.lowerBound))
            }
        }
        utterance.flowed = end
    }

    private func embedding(_ speaker: Int, _ step: Step) -> Tensor? {
        guard let speakers else { return nil }
        precondition(speaker >= 0 && speaker < speakerCount, "speaker \(speaker) of \(speakerCount)")
        let row = step.scratch(1, speakers.width)
        row.fill(from: Array(speakers.embedding[speaker * speakers.width..<(speaker + 1) * speakers.width]))
        return row
    }
}
