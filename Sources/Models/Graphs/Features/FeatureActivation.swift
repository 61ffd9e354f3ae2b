import TuttiCheckpoints
import TuttiTensors

/// An activation in a graph, of one node or of several: of GELU, SiLU and HardSwish graphs spell out the formula.
struct FeatureActivation {
    let activation: ConvolutionActivation
    let input: String
    /// The places of its nodes.
    let places: Set<Int>
    /// The place of the node whose output is the result.
    let last: Int

    /// The activation whose first node stands at a place.
    static func pattern(_ place: Int, draft: inout GraphDraft, _ readers: GraphReaders) throws -> FeatureActivation? {
        var search = Search(draft: draft, readers: readers)
        defer { draft = search.draft }
        return try search.pattern(place)
    }

    private struct Search {
        var draft: GraphDraft
        let readers: GraphReaders

        mutating func pattern(_ place: Int) throws -> FeatureActivation? {
            let node = draft.entries[place].node
            guard let x = node.inputs.first else { return nil }
            switch node.operation {
            case "Div", "Mul": return try gelu(place, node)
            case "Add": return try hardSwish(place, node)
            case "Sigmoid", "HardSigmoid":
                guard let single = try single(node) else { return nil }
                // Multiplied by what it is the sigmoid of, it is another one.
                let swished: ConvolutionActivation? =
                    switch single {
                    case .sigmoid: .silu
                    case .hardSigmoid(let alpha, 0.5) where abs(alpha * 6 - 1) < 1e-6: .hardSwish
                    default: nil
                    }
                if let swished, let (last, _) = product(of: node.outputs[0], and: x) {
                    return FeatureActivation(activation: swished, input: x, places: [place, last], last: last)
                }
                return FeatureActivation(activation: single, input: x, places: [place], last: place)
            default:
                return try single(node).map {
                    FeatureActivation(activation: $0, input: x, places: [place], last: place)
                }
            }
        }

        /// That of a node by itself.
        private mutating func single(_ node: GraphNode) throws -> ConvolutionActivation? {
            let reader = try draft.reader(of: node)
            switch node.operation {
            case "Relu": return .relu
            case "Sigmoid": return .sigmoid
            case "HardSwish": return .hardSwish
            case "HardSigmoid":
                return .hardSigmoid(alpha: try reader.float("alpha", 0.2), beta: try reader.float("beta", 0.5))
            case "LeakyRelu":
                let slope = try reader.float("alpha", 0.01)
                return (0...1).contains(slope) ? .leaky(slope) : nil
            case "Gelu": return try reader.text("approximate", "none") == "none" ? .gelu : nil
            case "Clip":
                func bound(_ place: Int, _ attribute: String, _ otherwise: Float) throws -> Float? {
                    guard reader.hasInput(place) else { return try reader.float(attribute, otherwise) }
                    return reader.known(place)?.floats.flatMap { $0.count == 1 ? $0[0] : nil }
                }
                guard let low = try bound(1, "min", -.infinity), let high = try bound(2, "max", .infinity),
                    low <= high
                else { return nil }
                return .clip(low, high)
            default: return nil
            }
        }

        /// x · (erf(x / √2) + 1) · ½, of five nodes that begin with the quotient.
        private mutating func gelu(_ place: Int, _ node: GraphNode) throws -> FeatureActivation? {
            let root = Float(0.5).squareRoot(), x = node.inputs[0]
            let factor = try constant(node, 1).map { node.operation == "Div" ? 1 / $0 : $0 }
            guard let factor, abs(factor - root) < 1e-6, let (erf, erfNode) = next(node.outputs[0], "Erf"),
                let (add, addNode) = next(erfNode.outputs[0], "Add"), try constant(addNode, beside: erfNode) == 1,
                let (product, productNode) = product(of: addNode.outputs[0], and: x),
                let (last, lastNode) = next(productNode.outputs[0], "Mul"),
                try constant(lastNode, beside: productNode) == 0.5
            else { return nil }
            return FeatureActivation(
                activation: .gelu, input: x, places: [place, erf, add, product, last], last: last)
        }

        /// x · clip(x + 3, 0, 6) / 6, of four nodes that begin with the sum.
        private mutating func hardSwish(_ place: Int, _ node: GraphNode) throws -> FeatureActivation? {
            let x = node.inputs[0]
            guard try constant(node, 1) == 3, let (clip, clipNode) = next(node.outputs[0], "Clip"),
                case .clip(0, 6)? = try single(clipNode),
                let (product, productNode) = product(of: clipNode.outputs[0], and: x)
            else { return nil }
            var found = Set([place, clip, product])
            if let (last, lastNode) = next(productNode.outputs[0], "Div"), try constant(lastNode, 1) == 6 {
                found.insert(last)
                return FeatureActivation(activation: .hardSwish, input: x, places: found, last: last)
            }
            guard let (last, lastNode) = next(productNode.outputs[0], "Mul"),
                let factor = try constant(lastNode, beside: productNode), abs(factor * 6 - 1) < 1e-6
            else { return nil }
            found.insert(last)
            return FeatureActivation(activation: .hardSwish, input: x, places: found, last: last)
        }

        /// The only node that reads a value, where it is of that kind.
        private func next(_ name: String, _ operation: String) -> (Int, GraphNode)? {
            guard let place = readers.only(name), draft.entries[place].node.operation == operation else { return nil }
            return (place, draft.entries[place].node)
        }

        /// The product of two values, where nobody else reads the first.
        private func product(of name: String, and x: String) -> (Int, GraphNode)? {
            guard let (place, node) = next(name, "Mul"), node.inputs == [name, x] || node.inputs == [x, name] else {
                return nil
            }
            return (place, node)
        }

        /// A known input of one number.
        private mutating func constant(_ node: GraphNode, _ place: Int) throws -> Float? {
            guard node.inputs.count == 2, let floats = try draft.knownValue(node.inputs[place])?.floats,
                floats.count == 1
            else { return nil }
            return floats[0]
        }

        /// The known input beside what another node gives.
        private mutating func constant(_ node: GraphNode, beside other: GraphNode) throws -> Float? {
            try constant(node, node.inputs.first == other.outputs[0] ? 1 : 0)
        }
    }
}
