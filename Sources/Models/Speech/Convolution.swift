import TuttiCheckpoints
import TuttiTensors

/// A convolution over frames, with as much silence before and behind as keeps their number (over the stride).
struct Convolution: Sendable {
    /// `[outputs, width · inputs]`: each output's numbers frame by frame.
    let linear: Linear
    let width: Int
    let stride: Int

    /// `[frames, inputs]` to `[⌈frames / stride⌉, outputs]`.
    func callAsFunction(_ x: Tensor, _ step: Step) -> Tensor {
        let frames = (x.rows + stride - 1) / stride
        let windows = step.zeros(frames, width * x.width)
        for frame in 0..<frames {
            let first = frame * stride - width / 2
            let there = max(0, first)..<min(x.rows, first + width)
            for source in there {
                unsafe (windows.row(frame) + (source - first) * x.width).update(from: x.row(source), count: x.width)
            }
        }
        return linear(windows, step)
    }
}

extension WeightReader {
    /// A convolution whose weights are stored as `[outputs, inputs, width]`.
    func convolution(_ name: String, outputs: Int, inputs: Int, width: Int, stride: Int = 1) throws -> Convolution {
        let stored = try file.floats(of: try file.tensor(named: "\(name).weight", shape: [outputs, inputs, width]))
        var turned = [Float](repeating: 0, count: stored.count)
        for output in 0..<outputs {
            for place in 0..<width {
                for input in 0..<inputs {
                    turned[(output * width + place) * inputs + input] =
                        stored[(output * inputs + input) * width + place]
                }
            }
        }
        let matrix = unsafe turned.withUnsafeBytes {
            unsafe PackedMatrix($0, dtype: .f32, rows: outputs, columns: inputs * width, pool: pool)
        }
        let bias = contains("\(name).bias") ? try vector("\(name).bias", count: outputs) : nil
        return Convolution(linear: Linear(matrix: matrix, bias: bias), width: width, stride: stride)
    }
}
