import TuttiCheckpoints
import TuttiTensors

/// What a node does when it is its turn.
typealias GraphKernel = @Sendable (inout GraphCall) throws -> [GraphValue]

/// Reads a node once, when its graph is loaded: checks its attributes, packs its weights.
typealias GraphOperator = @Sendable (GraphNodeReader) throws -> GraphKernel

/// A node as its operator sees it at loading.
struct GraphNodeReader {
    let node: GraphNode
    /// The inputs that are known beforehand; nil for the others and those left out.
    let known: [GraphValue?]
    /// The version of ONNX's operators that the file was written for.
    let opset: Int
    let pool: ComputePool
    let file: GraphFile

    func has(_ attribute: String) -> Bool { node.attributes[attribute] != nil }

    /// Whether an input is given, now or later.
    func hasInput(_ index: Int) -> Bool { node.inputs.indices ~= index && !node.inputs[index].isEmpty }

    func known(_ index: Int) -> GraphValue? { known.indices ~= index ? known[index] : nil }

    func integer(_ name: String, _ otherwise: Int) throws -> Int {
        switch node.attributes[name] {
        case nil: otherwise
        case .integer(let value): value
        default: throw GraphFault("its attribute \(name) is no integer")
        }
    }

    func float(_ name: String, _ otherwise: Float) throws -> Float {
        switch node.attributes[name] {
        case nil: otherwise
        case .float(let value): value
        default: throw GraphFault("its attribute \(name) is no number")
        }
    }

    func text(_ name: String, _ otherwise: String) throws -> String {
        switch node.attributes[name] {
        case nil: otherwise
        case .text(let value): value
        default: throw GraphFault("its attribute \(name) is no text")
        }
    }

    func integers(_ name: String) throws -> [Int]? {
        switch node.attributes[name] {
        case nil: nil
        case .integers(let values): values
        case .integer(let value): [value]
        default: throw GraphFault("its attribute \(name) is no list of integers")
        }
    }
}

/// A node's inputs on one run, and where it finds threads and memory.
struct GraphCall {
    /// nil for those left out.
    var inputs: [GraphValue?]
    let step: Step
    /// How many bytes of values there may be besides those that there are.
    let room: Int
    let outputCount: Int

    /// An input that must be there.
    func input(_ index: Int) throws -> GraphValue {
        guard let value = optional(index) else { throw GraphFault("it has no input number \(index)") }
        return value
    }

    func optional(_ index: Int) -> GraphValue? { inputs.indices ~= index ? inputs[index] : nil }

    /// An input that must be of float32.
    func floats(_ index: Int) throws -> (values: [Float], shape: [Int]) {
        let value = try input(index)
        guard let floats = value.floats else {
            throw GraphFault("its input number \(index) is of \(value.numbers.name), not float32")
        }
        return (floats, value.shape)
    }

    /// The same, given up by the call: changed in place where nobody else has it.
    mutating func takeFloats(_ index: Int) throws -> (values: [Float], shape: [Int]) {
        let taken = try floats(index)
        inputs[index] = nil
        return taken
    }

    /// An input that must be of int64 or int32.
    func integers(_ index: Int) throws -> [Int] {
        let value = try input(index)
        guard let integers = value.integers else {
            throw GraphFault("its input number \(index) is of \(value.numbers.name), not of integers")
        }
        return integers
    }

    /// A single number.
    func scalar(_ index: Int) throws -> Float {
        let (values, _) = try floats(index)
        guard values.count == 1 else { throw GraphFault("its input number \(index) is no single number") }
        return values[0]
    }

    func integer(_ index: Int) throws -> Int {
        let values = try integers(index)
        guard values.count == 1 else { throw GraphFault("its input number \(index) is no single integer") }
        return values[0]
    }

    /// How many numbers a shape holds, before memory is taken for them.
    /// - Parameter byteCount: Of each.
    func count(_ shape: [Int], byteCount: Int = 8) throws -> Int {
        guard shape.count <= 16 else { throw GraphFault("its result would have \(shape.count) dimensions") }
        var bytes = byteCount
        var isEmpty = false
        for size in shape {
            guard size >= 0 else { throw GraphFault("its result would be of the shape \(shape)") }
            // Sizes behind a zero are checked too: their products are formed in many places.
            if size == 0 { isEmpty = true }
            let (product, overflow) = bytes.multipliedReportingOverflow(by: max(1, size))
            guard !overflow, product <= room else {
                throw GraphFault("its result of the shape \(shape) is larger than the memory that it may take")
            }
            bytes = product
        }
        return isEmpty ? 0 : bytes / byteCount
    }
}

/// An axis as ONNX counts it, from the end where it is negative.
func axis(_ axis: Int, of rank: Int) throws -> Int {
    guard axis >= -rank, axis < rank else { throw GraphFault("\(rank) dimensions have no axis \(axis)") }
    return axis < 0 ? axis + rank : axis
}

/// Several axes, each at most once, in order.
func axes(_ all: [Int], of rank: Int) throws -> [Int] {
    let found = try all.map { try axis($0, of: rank) }.sorted()
    for (one, next) in zip(found, found.dropFirst()) where one == next {
        throw GraphFault("the axis \(one) is named twice")
    }
    return found
}
