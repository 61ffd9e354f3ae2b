import TuttiCheckpoints
import TuttiTensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// One of silero's two networks, for 8 or 16 kHz.
///
/// A frame and a little before it go through a short-time Fourier transform, four convolutions that leave one vector, and
/// an LSTM cell that remembers what came before.
struct SileroNetwork: Sendable {
    /// 8000 or 16000 in a second.
    let sampleRate: Int
    /// Samples of a frame: 32 ms.
    let frameSamples: Int
    /// How many samples before a frame are looked at with it.
    let contextSamples: Int
    /// How much is mirrored behind a frame.
    private let mirrored: Int
    /// Real parts of all frequencies, then imaginary parts.
    private let transform: Linear
    private let transformWindow: Int
    private let convolutions: [Convolution]
    private let input: Linear
    private let recurrent: Linear
    private let output: [Float]
    private let outputBias: Float

    /// What is remembered from frame to frame.
    struct State: Sendable {
        /// The latest samples; none at the beginning.
        var context: [Float] = []
        fileprivate var hidden = [Float](repeating: 0, count: SileroNetwork.width)
        fileprivate var cell = [Float](repeating: 0, count: SileroNetwork.width)

        init(context: [Float] = []) { self.context = context }
    }

    /// A convolution of three taps, with ReLU behind.
    private struct Convolution: Sendable {
        let weights: Linear
        let stride: Int
    }

    static let width = 128

    /// How likely somebody speaks in each of the frames, 0 to 1.
    /// - Parameters:
    ///   - samples: Whole frames, full scale from -1 to 1.
    ///   - state: Of what came before; a new one at the beginning.
    func callAsFunction(_ samples: [Float], _ state: inout State, _ step: Step) -> [Float] {
        precondition(samples.count % frameSamples == 0, "\(samples.count) samples are no whole frames")
        var result: [Float] = []
        // As many at once as stay in the caches.
        for first in stride(from: 0, to: samples.count, by: 64 * frameSamples) {
            let end = min(samples.count, first + 64 * frameSamples)
            step.frame { result += piece(samples[first..<end], &state, step) }
        }
        return result
    }

    private func piece(_ samples: ArraySlice<Float>, _ state: inout State, _ step: Step) -> [Float] {
        if state.context.isEmpty { state.context = Array(repeating: 0, count: contextSamples) }
        let sound = state.context + samples
        state.context = Array(sound.suffix(contextSamples))
        let seen = input(vectors(sound, frames: samples.count / frameSamples, step), step)
        return (0..<seen.rows).map { remember(seen[row: $0], &state, step) }
    }

    /// The Fourier transform and the convolutions: a vector for each frame, which knows nothing of the others.
    private func vectors(_ sound: [Float], frames: Int, _ step: Step) -> Tensor {
        let length = contextSamples + frameSamples, hop = transformWindow / 2
        let count = (length + mirrored - transformWindow) / hop + 1
        let windows = step.scratch(frames * count, transformWindow)
        for frame in 0..<frames {
            let start = frame * frameSamples
            for window in 0..<count {
                let row = unsafe windows.row(frame * count + window)
                for place in 0..<transformWindow {
                    let at = window * hop + place
                    // Mirrored around the last sample, which is not repeated.
                    unsafe row[place] = sound[start + (at < length ? at : 2 * length - 2 - at)]
                }
            }
        }
        var x = magnitudes(transform(windows, step), step), perFrame = count
        for convolution in convolutions {
            (x, perFrame) = apply(convolution, x, perFrame: perFrame, step)
        }
        precondition(perFrame == 1)
        return x
    }

    private func magnitudes(_ parts: Tensor, _ step: Step) -> Tensor {
        let width = parts.width / 2, x = step.scratch(parts.rows, width)
        for row in 0..<x.rows {
            let part = unsafe parts.row(row), out = unsafe x.row(row)
            for i in 0..<width {
                unsafe out[i] = (part[i] * part[i] + part[i + width] * part[i + width]).squareRoot()
            }
        }
        return x
    }

    /// Each frame's `perFrame` rows by themselves, with a row of zeros at both ends.
    private func apply(
        _ convolution: Convolution, _ x: Tensor, perFrame: Int, _ step: Step
    ) -> (Tensor, perFrame: Int) {
        let count = (perFrame - 1) / convolution.stride + 1, frames = x.rows / perFrame
        let windows = step.scratch(frames * count, 3 * x.width)
        for frame in 0..<frames {
            for place in 0..<count {
                let row = unsafe windows.row(frame * count + place)
                for tap in 0..<3 {
                    let at = place * convolution.stride + tap - 1, out = unsafe row + tap * x.width
                    if at >= 0, at < perFrame {
                        unsafe out.update(from: x.row(frame * perFrame + at), count: x.width)
                    } else {
                        unsafe out.update(repeating: 0, count: x.width)
                    }
                }
            }
        }
        let y = convolution.weights(windows, step)
        for i in 0..<y.count { unsafe y.base[i] = max(0, y.base[i]) }
        return (y, count)
    }

    /// The LSTM cell, then ReLU and a product with one vector.
    private func remember(_ seen: Tensor, _ state: inout State, _ step: Step) -> Float {
        let hidden = step.scratch(1, SileroNetwork.width)
        hidden.fill(from: state.hidden)
        let gates = recurrent(hidden, step)
        step.add(seen, to: gates)
        let width = SileroNetwork.width, gate = unsafe gates.base
        var score = outputBias
        for i in 0..<width {
            let enter = unsafe sigmoid(gate[i]), forget = unsafe sigmoid(gate[width + i])
            let new = unsafe tanhf(gate[2 * width + i]), leave = unsafe sigmoid(gate[3 * width + i])
            state.cell[i] = forget * state.cell[i] + enter * new
            state.hidden[i] = leave * tanhf(state.cell[i])
            score += max(0, state.hidden[i]) * output[i]
        }
        return sigmoid(score)
    }

    private func sigmoid(_ x: Float) -> Float { 1 / (1 + expf(-x)) }
}

extension SileroNetwork {
    /// - Parameter sampleRate: 8000 or 16000.
    /// - Throws: `CheckpointError`.
    init(_ file: GraphFile, sampleRate: Int, pool: ComputePool) throws {
        let isWide = sampleRate == 16_000
        let weights = try SileroWeights(file, isWide: isWide, pool: pool)
        self.sampleRate = sampleRate
        frameSamples = isWide ? 512 : 256
        contextSamples = isWide ? 64 : 32
        mirrored = isWide ? 64 : 32
        transformWindow = isWide ? 256 : 128
        let bins = transformWindow / 2 + 1
        transform = try weights.linear("stft.forward_basis_buffer", bias: nil, [2 * bins, 1, transformWindow])
        let sizes = [(bins, 128, 1), (128, 64, 2), (64, 64, 2), (64, 128, 1)]
        convolutions = try sizes.enumerated().map { index, size in
            let name = "encoder.\(index).reparam_conv"
            return Convolution(
                weights: try weights.linear("\(name).weight", bias: "\(name).bias", [size.1, size.0, 3]),
                stride: size.2)
        }
        let width = SileroNetwork.width
        input = try weights.linear("decoder.rnn.weight_ih", bias: "decoder.rnn.bias_ih", [4 * width, width])
        recurrent = try weights.linear("decoder.rnn.weight_hh", bias: "decoder.rnn.bias_hh", [4 * width, width])
        output = try weights.floats("decoder.decoder.2.weight", [1, width, 1])
        outputBias = try weights.floats("decoder.decoder.2.bias", [1])[0]
    }
}

/// The constants of one branch of the file's first `If`.
private struct SileroWeights {
    let file: GraphFile
    let pool: ComputePool
    let prefix: String
    private var tensors: [String: GraphTensor] = [:]

    init(_ file: GraphFile, isWide: Bool, pool: ComputePool) throws {
        (self.file, self.pool) = (file, pool)
        let name = isWide ? "then_branch" : "else_branch"
        prefix = "If_0_\(name)__Inline_0__"
        let branch = file.graph.nodes.lazy.filter { $0.operation == "If" }.compactMap { $0.attributes[name] }.first
        guard case .graph(let graph) = branch else {
            throw CheckpointError.unsupported(
                file: file.path, "it has no branch for each rate, so it is not silero's VAD")
        }
        for node in graph.nodes where node.operation == "Constant" {
            if let output = node.outputs.first, case .tensor(let tensor)? = node.attributes["value"] {
                tensors[output] = tensor
            }
        }
    }

    func floats(_ name: String, _ shape: [Int]) throws -> [Float] {
        guard let tensor = tensors[prefix + name] else {
            throw CheckpointError.missingTensor(file: file.path, name: prefix + name)
        }
        guard tensor.shape == shape else {
            throw CheckpointError.wrongShape(file: file.path, name: prefix + name, shape: tensor.shape, expected: shape)
        }
        return try file.floats(of: tensor)
    }

    /// `[out, in]`, or `[out, in, taps]` as a product with windows in which a tap's channels lie together.
    func linear(_ name: String, bias: String?, _ shape: [Int]) throws -> Linear {
        var values = try floats(name, shape)
        let rows = shape[0], columns = shape[1], taps = shape.count > 2 ? shape[2] : 1
        if columns > 1, taps > 1 {
            let stored = values
            for row in 0..<rows {
                for column in 0..<columns {
                    for tap in 0..<taps {
                        values[(row * taps + tap) * columns + column] = stored[(row * columns + column) * taps + tap]
                    }
                }
            }
        }
        let matrix = unsafe values.withUnsafeBytes {
            unsafe PackedMatrix($0, dtype: .f32, rows: rows, columns: columns * taps, pool: pool)
        }
        return Linear(matrix: matrix, bias: try bias.map { try floats($0, [rows]) })
    }
}
