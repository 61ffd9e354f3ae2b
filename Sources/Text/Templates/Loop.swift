/// The `loop` of a `for` block: where it is, and what came before and comes next.
///
/// It takes items one at a time, as Jinja does, since a filtered loop may depend on what its body sets; only asking
/// for the length or the next item looks ahead.
final class Loop: Clearable {
    let depth: Int
    /// How deeply values lie within each other in what is looped over.
    let valueDepth: Int
    private let node: ForLoop?
    private let scope: Scope?
    private var source: () throws(TemplateError) -> Value?
    private var knownCount: Int?
    private var ahead: Value?
    private(set) var index = -1
    private(set) var current: Value?
    private(set) var previous: Value?
    var lastChanged: [Value]?

    /// - Parameters:
    ///   - count: The number of items if it is known.
    ///   - recursing: The loop and the scope around it, if it may call itself.
    init(
        count: Int?, depth: Int, valueDepth: Int, recursing: (ForLoop, Scope)?,
        _ source: @escaping () throws(TemplateError) -> Value?
    ) {
        knownCount = count
        self.depth = depth
        self.valueDepth = valueDepth
        node = recursing?.0
        scope = recursing?.1
        self.source = source
    }

    var recursing: (ForLoop, Scope)? {
        if let node, let scope { (node, scope) } else { nil }
    }

    func clear() { lastChanged = nil }

    /// Moves on; false at the end.
    func advance() throws(TemplateError) -> Bool {
        let next: Value?
        if let ahead {
            next = ahead
            self.ahead = nil
        } else {
            next = try source()
        }
        guard let next else { return false }
        previous = current
        current = next
        index += 1
        return true
    }

    func peek() throws(TemplateError) -> Value? {
        if ahead == nil { ahead = try source() }
        return ahead
    }

    func count() throws(TemplateError) -> Int {
        if let knownCount { return knownCount }
        var rest: [Value] = ahead.map { [$0] } ?? []
        ahead = nil
        while let item = try source() { rest.append(item) }
        let count = index + 1 + rest.count
        knownCount = count
        var place = 0
        source = { () throws(TemplateError) in
            guard place < rest.count else { return nil }
            place += 1
            return rest[place - 1]
        }
        return count
    }
}
