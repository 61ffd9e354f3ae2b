import TuttiTensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The stochastic duration predictor of VITS, run backwards: noise becomes how long each symbol lasts.
///
/// A flow of couplings: of two channels one stays, and says by which monotonic spline the other is bent.
/// - SeeAlso: Kim et al. 2021, arXiv:2106.06103, section 2.2.2 and appendix A.1.
struct VITSDurations: Sendable {
    let pre: PackedConvolution
    /// What a speaker adds, where there are several.
    let speaker: PackedConvolution?
    let convolutions: DilatedConvolutions
    let projection: PackedConvolution
    /// In the order in which they run.
    let couplings: [Coupling]
    /// Mean and factor of what becomes the logarithm of a duration.
    let mean: Float
    let factor: Float

    struct Coupling: Sendable {
        let pre: PackedConvolution
        let convolutions: DilatedConvolutions
        let projection: PackedConvolution
        let bins: Int

        /// Splines that one thread bends by, one after the other.
        private static let rowsAtOnce = 16

        /// Bends channel `1 - kept` of `z`, `[symbols, 2]`.
        func callAsFunction(_ z: Tensor, kept: Int, _ condition: Tensor, _ step: Step) {
            step.frame {
                let h = step.convolve(z, from: kept, pre)
                step.add(condition, to: h)
                convolutions(h, step)
                let parameters = step.convolve(h, projection), scale = 1 / Float(h.width).squareRoot()
                step.pool.run((z.rows + Self.rowsAtOnce - 1) / Self.rowsAtOnce) { chunk, _ in
                    for row in chunk * Self.rowsAtOnce..<min(z.rows, (chunk + 1) * Self.rowsAtOnce) {
                        let spline = RationalQuadraticSpline(parameters.values(row: row), bins: bins, scale: scale)
                        let value = unsafe z.row(row)
                        unsafe value[1 - kept] = spline.inverse(value[1 - kept])
                    }
                }
            }
        }
    }

    /// - Parameters:
    ///   - states: The text encoder's, `[symbols, width]`.
    ///   - noise: `[symbols, 2]`, which is lost.
    /// - Returns: The logarithm of each symbol's frames.
    func callAsFunction(_ states: Tensor, noise z: Tensor, speaker embedding: Tensor?, _ step: Step) -> [Float] {
        let h = step.convolve(states, pre)
        if let speaker, let embedding { step.add(bias: step.convolve(embedding, speaker).values(row: 0), to: h) }
        convolutions(h, step)
        let condition = step.convolve(h, projection)
        // Channels change places before each coupling and once at the end: instead, the one that stays changes.
        var kept = 0
        for coupling in couplings {
            kept = 1 - kept
            coupling(z, kept: kept, condition, step)
        }
        return (0..<z.rows).map { unsafe (z.row($0)[1 - kept] - mean) * factor }
    }
}

/// Convolutions of each channel by itself, farther and farther apart, each followed by a product over the channels.
struct DilatedConvolutions: Sendable {
    struct Layer: Sendable {
        let separate: PackedConvolution
        let separateNorm: LayerNorm
        let together: PackedConvolution
        let togetherNorm: LayerNorm
    }

    let layers: [Layer]

    /// Over `x`, in place.
    func callAsFunction(_ x: Tensor, _ step: Step) {
        for layer in layers {
            step.frame {
                let y = step.convolve(x, layer.separate)
                layer.separateNorm.inPlace(y, step)
                step.gelu(y)
                let z = step.convolve(y, layer.together)
                layer.togetherNorm.inPlace(z, step)
                step.gelu(z)
                step.add(z, to: x)
            }
        }
    }
}

/// A monotonic function from -5...5 onto itself, a quotient of quadratics in each of its bins; beyond, nothing changes.
/// - SeeAlso: Durkan et al. 2019, arXiv:1906.04032, section 3.1.
struct RationalQuadraticSpline {
    private let x: [Float]
    private let y: [Float]
    private let slopes: [Float]

    private static let bound: Float = 5
    /// The least width, height and slope.
    private static let least: Float = 1e-3

    /// - Parameters:
    ///   - parameters: Of each bin a width and a height before softmax; of each inner edge a slope before softplus.
    ///   - scale: A factor on the widths and heights.
    init(_ parameters: [Float], bins: Int, scale: Float) {
        func edges(_ raw: ArraySlice<Float>) -> [Float] {
            let top = raw.max() ?? 0, exponents = raw.map { exp(($0 - top) * scale) }, sum = exponents.reduce(0, +)
            var edges = [-RationalQuadraticSpline.bound], total: Float = 0
            for exponent in exponents {
                total +=
                    RationalQuadraticSpline.least
                    + (1 - RationalQuadraticSpline.least * Float(bins)) * exponent / sum
                edges.append(RationalQuadraticSpline.bound * (2 * total - 1))
            }
            edges[bins] = RationalQuadraticSpline.bound
            return edges
        }
        x = edges(parameters[..<bins])
        y = edges(parameters[bins..<2 * bins])
        let inner = parameters[(2 * bins)...].map {
            RationalQuadraticSpline.least + ($0 > 20 ? $0 : log1p(exp($0)))
        }
        slopes = [1] + inner + [1]
    }

    /// The number that the function makes `value` of.
    func inverse(_ value: Float) -> Float {
        guard abs(value) <= RationalQuadraticSpline.bound else { return value }
        let bin = min(max(0, (y.firstIndex { value < $0 } ?? y.count - 1) - 1), y.count - 2)
        let width = x[bin + 1] - x[bin], height = y[bin + 1] - y[bin], delta = height / width
        let risen = value - y[bin], bend = slopes[bin] + slopes[bin + 1] - 2 * delta
        let a = risen * bend + height * (delta - slopes[bin])
        let b = height * slopes[bin] - risen * bend
        let c = -delta * risen
        let root = 2 * c / (-b - max(0, b * b - 4 * a * c).squareRoot())
        return root * width + x[bin]
    }
}

extension VITSDurations {
    init(_ weights: GraphWeights, width: Int, speakerWidth: Int?, _ pool: ComputePool) throws {
        let first = try weights.sameConvolution("/dp/pre/Conv", inputs: width)
        pre = first.packed(pool)
        let hidden = first.outputs
        speaker = try speakerWidth.map {
            try weights.sameConvolution("/dp/cond/Conv", inputs: $0, outputs: hidden).packed(pool)
        }
        convolutions = try DilatedConvolutions(weights, "/dp/convs", width: hidden, pool)
        projection = try weights.sameConvolution("/dp/proj/Conv", inputs: hidden, outputs: hidden).packed(pool)
        // Every second part of the flow is a coupling; the first of them is not used for speaking.
        let count = try weights.count { ["/dp/flows.\(2 * $0 + 3)/pre/Conv"] }
        couplings = try (0..<count).reversed().map {
            let name = "/dp/flows.\(2 * $0 + 3)"
            let last = try weights.sameConvolution(name + "/proj/Conv", inputs: hidden)
            guard last.outputs >= 5, last.outputs % 3 == 2 else {
                throw weights.bad(name + "/proj/Conv", "outputs", "\(last.outputs)", "two short of a multiple of three")
            }
            return Coupling(
                pre: try weights.sameConvolution(name + "/pre/Conv", inputs: 1, outputs: hidden).packed(pool),
                convolutions: try DilatedConvolutions(weights, name + "/convs", width: hidden, pool),
                projection: last.packed(pool), bins: (last.outputs + 1) / 3)
        }
        mean = try weights.floats("dp.flows.0.m", shape: [2, 1])[0]
        // Exporters fold exp(-logs) into a constant.
        factor =
            weights.isKnown(1, of: "/dp/flows.0/Mul")
            ? try weights.input(1, of: "/dp/flows.0/Mul", shape: [2, 1]).values[0]
            : exp(-(try weights.floats("dp.flows.0.logs", shape: [2, 1])[0]))
    }
}

extension DilatedConvolutions {
    fileprivate init(_ weights: GraphWeights, _ node: String, width: Int, _ pool: ComputePool) throws {
        let name = node.dropFirst().replacing("/", with: ".")
        let count = try weights.count { ["\(node)/convs_sep.\($0)/Conv"] }
        layers = try (0..<count).map { index in
            func convolution(_ name: String, isSeparate: Bool) throws -> PackedConvolution {
                try weights.sameConvolution(
                    "\(node)/\(name).\(index)/Conv", inputs: width, outputs: width, isSeparate: isSeparate
                ).packed(pool)
            }
            return Layer(
                separate: try convolution("convs_sep", isSeparate: true),
                separateNorm: try weights.vitsNorm("\(name).norms_1.\(index)", width: width),
                together: try convolution("convs_1x1", isSeparate: false),
                togetherNorm: try weights.vitsNorm("\(name).norms_2.\(index)", width: width))
        }
    }
}
