import TuttiTensors

/// Operators that bring numbers to a common mean and spread.
enum Normalizations {
    static let operators: [String: GraphOperator] = [
        "LayerNormalization": layer, "SkipLayerNormalization": skipLayer, "BatchNormalization": batch,
        "InstanceNormalization": instance,
    ]

    /// Over the last dimensions from an axis on.
    private static let layer: GraphOperator = { node in
        let wanted = try node.integer("axis", -1), epsilon = try node.float("epsilon", 1e-5)
        return { call in
            guard call.outputCount == 1 else { throw GraphFault("only its first output can be had") }
            var (all, shape) = try call.takeFloats(0)
            let axis = try axis(wanted, of: shape.count)
            try normalize(&all, width: shape[axis...].reduce(1, *), call, gain: 1, shift: 2, epsilon)
            return [GraphValue(all, shape)]
        }
    }

    /// Of the sum of two, and of a number for each column where there is one.
    private static let skipLayer: GraphOperator = { node in
        let epsilon = try node.float("epsilon", 1e-12)
        return { call in
            guard call.outputCount == 1 else { throw GraphFault("only its first output can be had") }
            let gain = 2, shift = 3, bias = call.optional(4)
            var sum = try Arithmetic.floats(&call) { $0 + $1 }
            if let bias {
                var more = GraphCall(inputs: [sum, bias], step: call.step, room: call.room, outputCount: 1)
                sum = try Arithmetic.floats(&more) { $0 + $1 }
            }
            guard var all = sum.floats, let width = sum.shape.last else { throw GraphFault("it has no columns") }
            try normalize(&all, width: width, call, gain: gain, shift: shift, epsilon)
            return [GraphValue(all, sum.shape)]
        }
    }

    private static func normalize(
        _ all: inout [Float], width: Int, _ call: GraphCall, gain: Int, shift: Int, _ epsilon: Float
    ) throws {
        let gains = try call.floats(gain).values, shifts = call.optional(shift)?.floats
        guard gains.count == width, shifts?.count ?? width == width else {
            throw GraphFault("\(gains.count) factors for \(width) columns")
        }
        guard width > 0, !all.isEmpty else { return }
        let rows = all.count / width
        unsafe all.withUnsafeMutableBufferPointer { all in
            guard let base = all.baseAddress else { return }
            let x = unsafe Tensor(base: base, rows: rows, width: width)
            call.step.layerNorm(x, gains, shifts, epsilon: epsilon, into: x)
        }
    }

    /// With means and variances from training: a factor and a number to add for each channel.
    private static let batch: GraphOperator = { node in
        let epsilon = try node.float("epsilon", 1e-5)
        guard try node.integer("training_mode", 0) == 0 else { throw GraphFault("it is meant for training") }
        return { call in
            var (all, shape) = try call.takeFloats(0)
            guard shape.count > 1 else { throw GraphFault("its input has no channels") }
            let parameters = try (1...4).map { try call.floats($0).values }
            guard parameters.allSatisfy({ $0.count == shape[1] }) else {
                throw GraphFault("not one of each for each channel")
            }
            let inner = shape[2...].reduce(1, *)
            for (run, start) in stride(from: 0, to: all.count, by: max(1, inner)).enumerated() {
                let channel = run % shape[1]
                let factor = parameters[0][channel] / (parameters[3][channel] + epsilon).squareRoot()
                let shift = parameters[1][channel] - factor * parameters[2][channel]
                for place in start..<start + inner { all[place] = all[place] * factor + shift }
            }
            return [GraphValue(all, shape)]
        }
    }

    /// Each channel of each example by itself.
    private static let instance: GraphOperator = { node in
        let epsilon = try node.float("epsilon", 1e-5)
        return { call in
            var (all, shape) = try call.takeFloats(0)
            let gains = try call.floats(1).values, shifts = try call.floats(2).values
            guard shape.count > 2, gains.count == shape[1], shifts.count == shape[1] else {
                throw GraphFault("not one factor for each channel of the shape \(shape)")
            }
            let inner = shape[2...].reduce(1, *)
            for (run, start) in stride(from: 0, to: all.count, by: max(1, inner)).enumerated() {
                let channel = run % shape[1], range = start..<start + inner
                let mean = all[range].reduce(0) { $0 + Double($1) } / Double(inner)
                let variance = all[range].reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(inner)
                let factor = gains[channel] / (Float(variance) + epsilon).squareRoot()
                for place in range { all[place] = (all[place] - Float(mean)) * factor + shifts[channel] }
            }
            return [GraphValue(all, shape)]
        }
    }
}
