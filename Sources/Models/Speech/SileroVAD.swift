import TuttiCheckpoints
public import TuttiTensors

/// silero VAD 6 (github.com/snakers4/silero-vad): how likely somebody speaks, for every 32 ms.
///
/// It has a network for 8 kHz and one for 16 kHz. The wide one misses much of what is said over a telephone: where a sound
/// at 16 kHz has nothing above 4 kHz, every second sample of it is the same sound, and the narrow one hears that.
public struct SileroVAD: Sendable {
    /// 8000 or 16000 in a second.
    public let sampleRate: Int
    private let network: SileroNetwork
    /// For sounds that turn out to be narrow; nil at 8 kHz, where all are.
    private let narrow: SileroNetwork?

    /// Samples of a frame: 32 ms.
    public var frameSamples: Int { network.frameSamples }

    /// What is remembered from frame to frame.
    public struct State: Sendable {
        fileprivate var network = SileroNetwork.State()
        fileprivate var narrow = SileroNetwork.State()
        fileprivate var band = SoundBand()
        fileprivate var wasNarrow = false
        /// As many samples as the wide network looks back on.
        fileprivate var latest = [Float](repeating: 0, count: 64)

        public init() {}
    }

    /// Loads `silero_vad.onnx`, which holds a network for each of two rates.
    /// - Parameter sampleRate: 8000 or 16000.
    /// - Throws: `CheckpointError`: the file is damaged or another model.
    public init(path: String, sampleRate: Int, pool: ComputePool) throws {
        precondition(sampleRate == 8000 || sampleRate == 16_000, "silero hears 8 or 16 kHz")
        let file = try GraphFile(path: path)
        self.sampleRate = sampleRate
        network = try SileroNetwork(file, sampleRate: sampleRate, pool: pool)
        narrow = sampleRate == 8000 ? nil : try SileroNetwork(file, sampleRate: 8000, pool: pool)
    }

    /// How likely somebody speaks in each of the frames, 0 to 1.
    /// - Parameters:
    ///   - samples: Whole frames, full scale from -1 to 1.
    ///   - state: Of what came before; a new one at the beginning.
    public func callAsFunction(_ samples: [Float], _ state: inout State, _ step: Step) -> [Float] {
        precondition(samples.count % frameSamples == 0, "\(samples.count) samples are no whole frames")
        guard let narrow else { return network(samples, &state.network, step) }
        let kinds = stride(from: 0, to: samples.count, by: frameSamples).map { first in
            state.band.append(samples[first..<first + frameSamples])
            return state.band.isNarrow
        }
        let before = state.latest.count, sound = state.latest + samples
        var result: [Float] = [], first = 0
        while first < kinds.count {
            // Frames of one kind go together.
            let end = kinds[first...].firstIndex { $0 != kinds[first] } ?? kinds.count
            let start = before + first * frameSamples, frames = sound[start..<before + end * frameSamples]
            if kinds[first] != state.wasNarrow {
                // The other network has not heard what came before, but for the little that it looks back on.
                state.network = SileroNetwork.State(context: Array(sound[start - before..<start]))
                state.narrow = SileroNetwork.State(context: halved(sound[start - before..<start]))
                state.wasNarrow = kinds[first]
            }
            if kinds[first] {
                result += narrow(halved(frames), &state.narrow, step)
            } else {
                result += network(Array(frames), &state.network, step)
            }
            first = end
        }
        state.latest = Array(sound.suffix(before))
        return result
    }

    /// Every second sample.
    private func halved(_ samples: ArraySlice<Float>) -> [Float] {
        stride(from: samples.startIndex, to: samples.endIndex, by: 2).map { samples[$0] }
    }
}
