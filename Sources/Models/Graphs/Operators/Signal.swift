import TuttiTensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Operators of signal processing, and the resampling of pictures and signals.
enum Signal {
    static let operators: [String: GraphOperator] = ["STFT": spectrum, "Resize": resize]

    /// The discrete Fourier transform of windows of a real signal, `[examples, samples]` or `[examples, samples, 1]`,
    /// as
    /// `[examples, frames, bins, 2]`.
    private static let spectrum: GraphOperator = { node in
        let isOneSided = try node.integer("onesided", 1) != 0
        return { call in
            let (signal, shape) = try call.floats(0)
            guard shape.count == 2 || shape.count == 3 && shape[2] == 1 else {
                throw GraphFault("a signal of the shape \(shape)")
            }
            let hop = try call.integer(1)
            let window = call.optional(2)?.floats
            let length = try call.optional(3) == nil ? window?.count ?? 0 : call.integer(3)
            guard hop > 0, length > 0, length <= 1 << 14, window?.count ?? length == length else {
                throw GraphFault("windows of \(length), \(hop) apart")
            }
            let bins = isOneSided ? length / 2 + 1 : length
            let frames = shape[1] < length ? 0 : (shape[1] - length) / hop + 1
            let result = [shape[0], frames, bins, 2]
            guard try call.count(result) > 0 else { return [GraphValue([Float](), result)] }
            // By a matrix of cosines and sines, with the window in it: lengths are small.
            var basis = [Float](repeating: 0, count: try call.count([2 * bins, length]))
            for bin in 0..<bins {
                for place in 0..<length {
                    let angle = -2 * Double.pi * Double(bin * place % length) / Double(length)
                    let weight = Double(window?[place] ?? 1)
                    basis[2 * bin * length + place] = Float(weight * cos(angle))
                    // Where it is zero, a sine of a rounded angle is not.
                    let isZero = 2 * (bin * place % length) % length == 0
                    basis[(2 * bin + 1) * length + place] = isZero ? 0 : Float(weight * sin(angle))
                }
            }
            let convolution = PackedConvolution(
                weights: basis, inputs: 1, outputs: 2 * bins, taps: length, stride: hop, pool: call.step.pool)
            var all: [Float] = []
            all.reserveCapacity(shape[0] * frames * bins * 2)
            for example in 0..<shape[0] {
                call.step.frame {
                    let x = call.step.scratch(shape[1], 1)
                    x.fill(from: Array(signal[example * shape[1]..<(example + 1) * shape[1]]))
                    let y = call.step.convolve(x, convolution)
                    unsafe all.append(contentsOf: y.buffer)
                }
            }
            // A real signal's mean has no imaginary part. Graphs that take an angle by asking whether that part is
            // above zero
            // (Kokoro's does) are made for a little more than zero, which a rounding error of ONNX Runtime gives them:
            // π then,
            // as PyTorch has it for a negative mean, and not -π.
            for place in stride(from: 1, to: all.count, by: 2 * bins) { all[place] = .leastNormalMagnitude }
            return [GraphValue(all, result)]
        }
    }

    /// By nearest neighbours or linearly, each axis by itself.
    private static let resize: GraphOperator = { node in
        let mode = try node.text("mode", "nearest"), nearest = try node.text("nearest_mode", "round_prefer_floor")
        let transformation = try node.text("coordinate_transformation_mode", "half_pixel")
        guard ["nearest", "linear"].contains(mode), try node.integer("antialias", 0) == 0,
            ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"].contains(transformation),
            ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"].contains(nearest), !node.has("axes"),
            try node.text("keep_aspect_ratio_policy", "stretch") == "stretch"
        else { throw GraphFault("it resizes by \(mode), \(transformation), \(nearest), which are not all known") }
        return { call in
            var (all, shape) = try call.floats(0)
            let isOld = node.opset < 11
            let scales: [Float], sizes: [Int]
            if !isOld, let wanted = call.optional(3), wanted.count > 0 {
                sizes = try call.integers(3)
                guard sizes.count == shape.count else { throw GraphFault("\(sizes) for the shape \(shape)") }
                scales = zip(sizes, shape).map { Float($0) / Float($1) }
            } else {
                scales = try call.floats(isOld ? 1 : 2).values
                guard scales.count == shape.count, scales.allSatisfy({ $0 > 0 && $0 < 1e6 }) else {
                    throw GraphFault("scales of \(scales) for the shape \(shape)")
                }
                sizes = try zip(shape, scales).map {
                    let size = (Float($0) * $1).rounded(.down)
                    guard size < 1e12 else { throw GraphFault("it grows to \(size)") }
                    return Int(size)
                }
            }
            guard try call.count(sizes) == 0 || !all.isEmpty else { throw GraphFault("it makes something of nothing") }
            // Taken axis by axis: what lies between may be larger than both.
            var between = shape
            for axis in shape.indices {
                between[axis] = sizes[axis]
                _ = try call.count(between)
            }
            for axis in shape.indices where sizes[axis] != shape[axis] || mode == "linear" && scales[axis] != 1 {
                let (from, to) = (shape[axis], sizes[axis]), scale = scales[axis]
                let places = (0..<to).map { place -> Float in
                    let x = Float(place)
                    return switch transformation {
                    case "asymmetric": x / scale
                    case "align_corners": to == 1 ? 0 : x * Float(from - 1) / Float(to - 1)
                    case "pytorch_half_pixel" where to == 1: 0
                    default: (x + 0.5) / scale - 0.5
                    }
                }
                let inner = shape[(axis + 1)...].reduce(1, *), outer = shape[..<axis].reduce(1, *)
                func inside(_ x: Float) -> Int { Int(Swift.min(Swift.max(x, 0), Float(from - 1))) }
                var next: [Float] = []
                next.reserveCapacity(outer * to * inner)
                let corners = places.map { place -> (low: Int, high: Int, share: Float) in
                    if mode == "nearest" {
                        let rounded =
                            switch nearest {
                            case "floor": place.rounded(.down)
                            case "ceil": place.rounded(.up)
                            case "round_prefer_ceil": (place + 0.5).rounded(.down)
                            default: (place - 0.5).rounded(.up)
                            }
                        return (inside(rounded), inside(rounded), 0)
                    }
                    let held = Swift.min(Swift.max(place, 0), Float(from - 1)), low = held.rounded(.down)
                    return (Int(low), Swift.min(Int(low) + 1, from - 1), held - low)
                }
                for block in 0..<outer {
                    for (low, high, share) in corners {
                        let (a, b) = ((block * from + low) * inner, (block * from + high) * inner)
                        if share == 0 {
                            next.append(contentsOf: all[a..<a + inner])
                        } else {
                            for i in 0..<inner { next.append(all[a + i] * (1 - share) + all[b + i] * share) }
                        }
                    }
                }
                (all, shape[axis]) = (next, to)
            }
            return [GraphValue(all, shape)]
        }
    }
}
