public import TuttiCheckpoints
public import TuttiTensors

/// EfficientNet-lite0: EfficientNet (Tan and Le 2019, arXiv:1905.11946, table 1) without squeeze-and-excitation and
/// with ReLU6 for SiLU, as TensorFlow released it in 2020; inverted bottlenecks of MobileNetV2 (arXiv:1801.04381).
public struct EfficientNet: Sendable {
    /// Pixels along a side of what it looks at.
    public static let side = 224
    public static let classCount = 1000

    /// Blocks that follow each other: how many, the window of their depthwise convolution, the stride of the first, by
    /// what they are wider inside than outside, and the channels that come out.
    private static let stages: [(count: Int, kernel: Int, stride: Int, expansion: Int, outputs: Int)] = [
        (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
        (1, 3, 1, 6, 320),
    ]
    private static let stemOutputs = 32
    private static let headOutputs = 1280

    private let stem: PackedConvolution2D
    private let blocks: [Block]
    private let head: PackedConvolution2D
    private let classifier: Linear

    /// - Parameter pixels: `[side · side, 3]`: red, green and blue, `(v - 127) / 128` of 0 to 255.
    /// - Returns: A logit for each class, `[1, classCount]`, in the step's arena.
    public func callAsFunction(_ pixels: Tensor, _ step: Step) -> Tensor {
        var x = FeatureMap(pixels, height: Self.side, width: Self.side)
        x = step.convolve(x, stem, activation: .relu6)
        for block in blocks { x = block(x, step) }
        x = step.convolve(x, head, activation: .relu6)
        return classifier(step.average(x), step)
    }

    /// Widens, looks around within each channel, narrows; what came in is added where it has the same shape.
    struct Block: Sendable {
        let expand: PackedConvolution2D?
        let depthwise: PackedConvolution2D
        let project: PackedConvolution2D
        let isResidual: Bool

        func callAsFunction(_ x: FeatureMap, _ step: Step) -> FeatureMap {
            var h = x
            if let expand { h = step.convolve(h, expand, activation: .relu6) }
            h = step.convolve(h, depthwise, activation: .relu6)
            return step.convolve(h, project, adding: isResidual ? x : nil)
        }
    }
}

extension ConvolutionActivation {
    fileprivate static var relu6: ConvolutionActivation { .clip(0, 6) }
}

// MARK: Weights

extension EfficientNet {
    /// - Throws: `CheckpointError` where a weight is missing or of another shape.
    public init(_ file: TorchFile, pool: ComputePool) throws {
        let weights = Weights(file: file, pool: pool)
        stem = try weights.convolution(
            "_conv_stem", norm: "_bn0", inputs: 3, outputs: Self.stemOutputs, kernel: 3, stride: 2)
        var blocks: [Block] = [], inputs = Self.stemOutputs
        for stage in Self.stages {
            for place in 0..<stage.count {
                let name = "_blocks.\(blocks.count)", inner = inputs * stage.expansion
                let stride = place == 0 ? stage.stride : 1
                blocks.append(
                    Block(
                        expand: stage.expansion == 1
                            ? nil
                            : try weights.convolution(
                                "\(name)._expand_conv", norm: "\(name)._bn0", inputs: inputs, outputs: inner),
                        depthwise: try weights.convolution(
                            "\(name)._depthwise_conv", norm: "\(name)._bn1", inputs: inner, outputs: inner,
                            kernel: stage.kernel, stride: stride, groups: inner),
                        project: try weights.convolution(
                            "\(name)._project_conv", norm: "\(name)._bn2", inputs: inner, outputs: stage.outputs),
                        isResidual: stride == 1 && inputs == stage.outputs))
                inputs = stage.outputs
            }
        }
        self.blocks = blocks
        head = try weights.convolution("_conv_head", norm: "_bn1", inputs: inputs, outputs: Self.headOutputs)
        classifier = try weights.linear("_fc", rows: Self.classCount, columns: Self.headOutputs)
    }

    private struct Weights {
        let file: TorchFile
        let pool: ComputePool
        static let epsilon: Float = 1e-3

        /// A convolution and the batch normalisation behind it, which is a scale and a shift of each output.
        func convolution(
            _ name: String, norm: String, inputs: Int, outputs: Int, kernel: Int = 1, stride: Int = 1, groups: Int = 1
        ) throws -> PackedConvolution2D {
            let shape = [outputs, inputs / groups, kernel, kernel]
            var weights = try file.floats("\(name).weight", shape: shape)
            let gain = try vector(norm, "weight", outputs), shift = try vector(norm, "bias", outputs)
            let mean = try vector(norm, "running_mean", outputs), variance = try vector(norm, "running_var", outputs)
            let scale = zip(gain, variance).map { $0 / ($1 + Self.epsilon).squareRoot() }
            let size = weights.count / outputs
            for index in weights.indices { weights[index] *= scale[index / size] }
            let bias = (0..<outputs).map { shift[$0] - mean[$0] * scale[$0] }
            return PackedConvolution2D(
                weights: weights, inputs: inputs, outputs: outputs,
                window: Window2D(Extent(kernel, kernel), stride: Extent(stride, stride), padding: .sameUpper),
                groups: groups, bias: bias, pool: pool)
        }

        func linear(_ name: String, rows: Int, columns: Int) throws -> Linear {
            let values = try file.floats("\(name).weight", shape: [rows, columns])
            let matrix = unsafe values.withUnsafeBytes {
                unsafe PackedMatrix($0, dtype: .f32, rows: rows, columns: columns, pool: pool)
            }
            return Linear(matrix: matrix, bias: try vector(name, "bias", rows))
        }

        private func vector(_ name: String, _ part: String, _ count: Int) throws -> [Float] {
            try file.floats("\(name).\(part)", shape: [count])
        }
    }
}
