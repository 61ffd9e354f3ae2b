/// The values that a call, filter or test was given.
struct Arguments {
    var positional: [Value] = []
    var named: [(name: String, value: Value)] = []

    var isEmpty: Bool { positional.isEmpty && named.isEmpty }

    /// How deeply values lie within each other here.
    var depth: Int { named.reduce(positional.reduce(0) { max($0, $1.depth) }) { max($0, $1.value.depth) } }
}

/// Hands arguments out by parameter, in the order of the parameters, and complains about what is left over.
struct ArgumentReader {
    private let function: String
    private var arguments: Arguments
    private var place = 0

    init(_ arguments: Arguments, of function: String) {
        self.arguments = arguments
        self.function = function
    }

    /// The next parameter's value, given by place or by name.
    mutating func next(_ parameter: String) throws(TemplateError) -> Value? {
        if place < arguments.positional.count {
            place += 1
            if arguments.named.contains(where: { $0.name == parameter }) {
                throw .runtime("\(function) got two values for '\(parameter)'")
            }
            return arguments.positional[place - 1]
        }
        guard let found = arguments.named.firstIndex(where: { $0.name == parameter }) else { return nil }
        return arguments.named.remove(at: found).value
    }

    mutating func required(_ parameter: String) throws(TemplateError) -> Value {
        guard let value = try next(parameter) else { throw .runtime("\(function) needs the argument '\(parameter)'") }
        return value
    }

    mutating func text(_ parameter: String) throws(TemplateError) -> String? {
        guard let value = try next(parameter), !value.isNone else { return nil }
        guard let text = value.text else { throw mismatch(parameter, "a string", value) }
        return text
    }

    mutating func requiredText(_ parameter: String) throws(TemplateError) -> String {
        let value = try required(parameter)
        guard let text = value.text else { throw mismatch(parameter, "a string", value) }
        return text
    }

    /// A whole number; what is beyond 64 bits becomes the nearest that is not.
    mutating func integer(_ parameter: String) throws(TemplateError) -> Int? {
        guard let value = try next(parameter), !value.isNone else { return nil }
        guard let number = value.wholeNumber else { throw mismatch(parameter, "an integer", value) }
        return Int(clamping: number)
    }

    mutating func flag(_ parameter: String) throws(TemplateError) -> Bool? { try next(parameter)?.isTrue }

    private func mismatch(_ parameter: String, _ expected: String, _ value: Value) -> TemplateError {
        if case .undefined(let undefined) = value { return .runtime(undefined.message) }
        return .runtime(
            "the argument '\(parameter)' of \(function) has to be \(expected), not of type '\(value.typeName)'")
    }

    func finish() throws(TemplateError) {
        if let surplus = arguments.named.first {
            throw .runtime("\(function) takes no argument '\(surplus.name)'")
        }
        if place < arguments.positional.count {
            throw .runtime("\(function) takes \(place) arguments, not \(arguments.positional.count)")
        }
    }
}
