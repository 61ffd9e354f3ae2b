import TuttiTensors

/// What lies between the nodes of a run: a value as ONNX has it, or features of pictures with their channels last.
enum GraphSlot {
    case value(GraphValue)
    case features(GraphFeatures)

    var byteCount: Int {
        switch self {
        case .value(let value): value.numbers.byteCount
        case .features(let features): features.byteCount
        }
    }

    /// As ONNX has it.
    func value(_ step: Step) -> GraphValue {
        switch self {
        case .value(let value): value
        case .features(let features): features.value(step)
        }
    }
}

/// Features of pictures with their channels last, which ONNX would have first.
struct GraphFeatures {
    /// The numbers, of ``stored``'s shape.
    var memory: RecycledMemory
    let examples: Int
    let channels: Int
    /// Before pixels are repeated.
    let stored: Extent
    /// How often each pixel stands beside and above itself: what is enlarged is not written out until it has to be.
    let repeats: Extent

    init(
        _ memory: RecycledMemory, examples: Int, channels: Int, stored: Extent, repeats: Extent = Extent(1, 1)
    ) {
        (self.memory, self.examples, self.channels) = (memory, examples, channels)
        (self.stored, self.repeats) = (stored, repeats)
    }

    var size: Extent { Extent(stored.height * repeats.height, stored.width * repeats.width) }

    /// As ONNX has it.
    var shape: [Int] { [examples, channels, size.height, size.width] }

    var byteCount: Int { 4 * examples * channels * stored.area }

    /// What is stored.
    var map: FeatureMap {
        FeatureMap(
            unsafe Tensor(base: memory.base, rows: examples * stored.area, width: channels), examples: examples,
            height: stored.height, width: stored.width)
    }

    var isRepeated: Bool { repeats != Extent(1, 1) }

    /// Channels first.
    func value(_ step: Step) -> GraphValue {
        let whole = isRepeated ? writtenOut(step) : self, area = size.area, channels = channels
        let all = unsafe [Float](unsafeUninitializedCapacity: examples * channels * area) { all, initialized in
            if let to = all.baseAddress {
                let from = unsafe whole.memory.base
                for example in 0..<examples {
                    let offset = example * channels * area
                    if channels == 1 || area == 1 {
                        unsafe (to + offset).update(from: from + offset, count: channels * area)
                    } else {
                        unsafe Layout.transpose(
                            from + offset, rows: area, columns: channels, into: to + offset, step.pool)
                    }
                }
            }
            initialized = examples * channels * area
        }
        return GraphValue(all, shape)
    }

    /// With every repeated pixel in its place.
    func writtenOut(_ step: Step) -> GraphFeatures {
        let whole = GraphFeatures(
            step.recycler.take(examples * channels * size.area), examples: examples, channels: channels, stored: size)
        step.copy(map, repeats: repeats, into: whole.map, at: 0)
        return whole
    }
}

/// What a node does to features when it is its turn.
typealias FeatureKernel = @Sendable (inout FeatureCall) throws -> GraphSlot

/// A node's inputs on one run, some of them features, and where it finds threads and memory.
struct FeatureCall {
    /// nil for those left out.
    var inputs: [GraphSlot?]
    let step: Step
    /// How many bytes of values there may be besides those that there are.
    let room: Int

    /// An input as features, which may be repeated.
    func repeated(_ index: Int) throws -> GraphFeatures {
        guard inputs.indices ~= index, let slot = inputs[index] else {
            throw GraphFault("it has no input number \(index)")
        }
        switch slot {
        case .features(let features): return features
        case .value(let value):
            guard let floats = value.floats else {
                throw GraphFault("its input number \(index) is of \(value.numbers.name), not float32")
            }
            guard value.shape.count == 4 else { throw GraphFault("its input has the shape \(value.shape)") }
            let (examples, channels) = (value.shape[0], value.shape[1])
            let features = try new(examples, Extent(value.shape[2], value.shape[3]), channels)
            let area = features.stored.area, to = unsafe features.memory.base
            unsafe floats.withUnsafeBufferPointer { all in
                guard let from = all.baseAddress else { return }
                for example in 0..<examples {
                    let offset = example * channels * area
                    if channels == 1 || area == 1 {
                        unsafe (to + offset).update(from: from + offset, count: channels * area)
                    } else {
                        unsafe Layout.transpose(
                            from + offset, rows: channels, columns: area, into: to + offset, step.pool)
                    }
                }
            }
            return features
        }
    }

    /// An input as features, written out.
    func features(_ index: Int) throws -> GraphFeatures {
        let features = try repeated(index)
        guard features.isRepeated else { return features }
        _ = try count(features.shape)
        return features.writtenOut(step)
    }

    /// The same, given up by the call: where nobody else has it, its memory can take the result.
    mutating func take(_ index: Int) throws -> GraphFeatures {
        let taken = try features(index)
        inputs[index] = nil
        return taken
    }

    /// Memory for a result.
    func new(_ examples: Int, _ size: Extent, _ channels: Int) throws -> GraphFeatures {
        let count = try count([examples, channels, size.height, size.width])
        return GraphFeatures(step.recycler.take(count), examples: examples, channels: channels, stored: size)
    }

    /// How many numbers a shape holds, before memory is taken for them.
    func count(_ shape: [Int]) throws -> Int {
        try GraphCall(inputs: [], step: step, room: room, outputCount: 1).count(shape)
    }

    /// The same call for an operator that takes values as ONNX has them.
    var values: GraphCall {
        GraphCall(inputs: inputs.map { $0?.value(step) }, step: step, room: room, outputCount: 1)
    }
}
