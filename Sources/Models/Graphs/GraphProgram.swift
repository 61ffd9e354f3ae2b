public import TuttiCheckpoints
public import TuttiTensors

/// A graph, ready to be computed: what is known beforehand is folded, chains of operators are fused, weights are
/// packed.
public final class GraphProgram: Sendable {
    /// What must be given.
    public let inputs: [String]
    public let outputs: [String]
    private let nodes: [Node]
    /// For each value those that are known beforehand.
    private let known: [GraphValue?]
    private let places: [String: Int]
    private let memoryLimit: Int

    private enum Kernel {
        case values(GraphKernel)
        case features(FeatureKernel)
    }

    /// A node and where its values lie.
    private struct Node {
        let name: String
        let operation: String
        let kernel: Kernel
        /// nil for what is left out.
        let inputs: [Int?]
        let outputs: [Int?]
        /// Of the values that it reads, those that nobody reads after it.
        var lastReads: [Int] = []
    }

    /// - Parameters:
    ///   - given: Values within the graph that are given too, rather than computed: for looking at a part of it.
    ///   - outputs: Values to give instead of the graph's outputs, such as those within it.
    ///   - memoryLimit: How many bytes the values of a run may take together.
    /// - Throws: ``GraphError``, and `CheckpointError` for tensors that cannot be read.
    public init(
        _ file: GraphFile, given cut: [String] = [], outputs: [String]? = nil, memoryLimit: Int = 4 << 30,
        pool: ComputePool
    ) throws {
        let graph = file.graph
        self.outputs = outputs ?? graph.outputs
        self.memoryLimit = memoryLimit
        inputs = graph.inputs.filter { graph.initializers[$0] == nil } + cut
        let given = Set(inputs)
        var draft = try GraphDraft(file, given: cut, outputs: self.outputs, pool: pool)
        try draft.tidy(given: given)
        var products = ByteProducts()
        try products.fuse(&draft)
        draft.bypassIdentities()
        try FeatureFusion.fuse(&draft)
        try draft.tidy(given: given)
        try FloatProducts.fuse(&draft)
        try draft.tidy(given: given)
        try ElementwiseChain.fuse(&draft)
        try draft.tidy(given: given)
        // Every value gets a place.
        var places: [String: Int] = [:]
        func place(_ name: String) -> Int? {
            if name.isEmpty { return nil }
            if let place = places[name] { return place }
            places[name] = places.count
            return places.count - 1
        }
        var nodes: [Node] = []
        for entry in draft.entries {
            let node = entry.node
            do {
                nodes.append(
                    Node(
                        name: node.name, operation: node.operation,
                        kernel: try entry.features.map(Kernel.features)
                            ?? .values(entry.kernel ?? draft.kernel(of: node)),
                        inputs: node.inputs.map(place), outputs: node.outputs.map(place)))
            } catch let fault as GraphFault {
                throw GraphError.failed(node: node.name, operation: node.operation, reason: fault.reason)
            }
        }
        for name in inputs + self.outputs { _ = place(name) }
        var known = [GraphValue?](repeating: nil, count: places.count)
        for (name, place) in places { known[place] = try draft.knownValue(name) }
        // From the end on, the first to read a value is the last on a run.
        var read = Set(self.outputs.compactMap { places[$0] })
        for index in nodes.indices.reversed() {
            let fresh = Set(nodes[index].inputs.compactMap(\.self)).subtracting(read)
            nodes[index].lastReads = fresh.filter { known[$0] == nil }
            read.formUnion(fresh)
        }
        (self.nodes, self.known, self.places) = (nodes, known, places)
    }

    /// How many nodes are left to compute on each run.
    public var nodeCount: Int { nodes.count }

    /// How many there are of each operator.
    public var operationCounts: [String: Int] { nodes.reduce(into: [:]) { $0[$1.operation, default: 0] += 1 } }

    /// Computes the graph.
    /// - Parameters:
    ///   - given: A value for each of ``inputs``.
    ///   - step: Is asked for scratch memory, and reset.
    ///   - isCancelled: Is asked after every node.
    /// - Returns: A value for each of ``outputs``.
    /// - Throws: ``GraphError``; `CancellationError`.
    public func run(
        _ given: [String: GraphValue], _ step: Step, isCancelled: () -> Bool = { false },
        observe: ((_ operation: String, _ name: String) -> Void)? = nil
    ) throws -> [GraphValue] {
        try run(slots: given.mapValues(GraphSlot.value), step, isCancelled: isCancelled, observe: observe)
    }

    /// Computes a graph of pictures, whose only input they are: with their channels last, as pictures come.
    /// - Parameters:
    ///   - pixels: Numbers of the shape `shape`.
    ///   - shape: `[examples, height, width, channels]`, where ONNX has the channels before the height.
    ///   - step: Is asked for scratch memory, and reset.
    ///   - isCancelled: Is asked after every node.
    /// - Returns: A value for each of ``outputs``, in ONNX's order.
    /// - Throws: ``GraphError``; `CancellationError`.
    public func run(
        channelsLast pixels: [Float], _ shape: [Int], _ step: Step, isCancelled: () -> Bool = { false },
        observe: ((_ operation: String, _ name: String) -> Void)? = nil
    ) throws -> [GraphValue] {
        guard inputs.count == 1 else { throw GraphError.badInput("it has the inputs \(inputs), not pictures alone") }
        guard shape.count == 4, GraphValue.isSensible(shape), shape.reduce(1, *) == pixels.count else {
            throw GraphError.badInput("\(pixels.count) numbers are no pictures of the shape \(shape)")
        }
        let features = GraphFeatures(
            step.recycler.take(pixels.count), examples: shape[0], channels: shape[3],
            stored: Extent(shape[1], shape[2]))
        unsafe pixels.withUnsafeBufferPointer { all in
            guard let from = all.baseAddress else { return }
            unsafe features.memory.base.update(from: from, count: all.count)
        }
        return try run(slots: [inputs[0]: .features(features)], step, isCancelled: isCancelled, observe: observe)
    }

    private func run(
        slots given: [String: GraphSlot], _ step: Step, isCancelled: () -> Bool,
        observe: ((_ operation: String, _ name: String) -> Void)?
    ) throws -> [GraphValue] {
        var values = known.map { $0.map(GraphSlot.value) }, taken = 0
        for name in inputs {
            guard let value = given[name] else { throw GraphError.badInput("it needs a value called `\(name)`") }
            guard let place = places[name] else { continue }
            if case .value(let value) = value, !GraphValue.isSensible(value.shape) {
                throw GraphError.badInput("`\(name)` has the shape \(value.shape)")
            }
            values[place] = value
            taken += value.byteCount
        }
        for node in nodes {
            if isCancelled() { throw CancellationError() }
            step.reset()
            do {
                let results = try run(node, &values, &taken, step)
                guard results.count >= node.outputs.count || node.outputs[results.count...].allSatisfy({ $0 == nil })
                else { throw GraphFault("it has only \(results.count) results") }
                for (place, value) in zip(node.outputs, results) {
                    guard let place else { continue }
                    values[place] = value
                    taken += value.byteCount
                }
            } catch let fault as GraphFault {
                throw GraphError.failed(node: node.name, operation: node.operation, reason: fault.reason)
            }
            observe?(node.operation, node.name)
        }
        return try outputs.map { name in
            guard let place = places[name], let value = values[place] else {
                throw GraphError.malformed("nothing gives the output `\(name)`")
            }
            return value.value(step)
        }
    }

    private func run(
        _ node: Node, _ values: inout [GraphSlot?], _ taken: inout Int, _ step: Step
    ) throws -> [GraphSlot] {
        let room = max(0, memoryLimit - taken)
        /// Gone from here, a value may be changed in place by who reads it last.
        func letGo() {
            for place in node.lastReads {
                taken -= values[place]?.byteCount ?? 0
                values[place] = nil
            }
        }
        switch node.kernel {
        case .values(let kernel):
            var call = GraphCall(
                inputs: node.inputs.map { place in place.flatMap { values[$0]?.value(step) } }, step: step, room: room,
                outputCount: node.outputs.count)
            letGo()
            return try kernel(&call).map(GraphSlot.value)
        case .features(let kernel):
            var call = FeatureCall(
                inputs: node.inputs.map { place in place.flatMap { values[$0] } }, step: step, room: room)
            letGo()
            return [try kernel(&call)]
        }
    }
}
