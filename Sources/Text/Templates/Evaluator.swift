import Foundation
import OrderedCollections
import TuttiCheckpoints

/// One rendering of a template: its variables, its output so far, and what it has cost.
///
/// An instance lives for one rendering, on one thread. Whatever makes or searches values pays for it through `charge`,
/// so that a template from a stranger ends within its limits.
final class Evaluator {
    let program: TemplateProgram
    let limits: ChatTemplate.Limits
    /// The clock of `strftime_now`, asked only when a template does.
    let now: () -> DateComponents
    let root = Scope(parent: nil)

    var output = ""
    var generationRanges: [Range<Int>] = []
    /// How many macros, set blocks and the like are being rendered to strings of their own.
    var captureDepth = 0
    /// The line of what is being evaluated, for errors.
    var line = 1
    private var stepCount = 0
    private var valueByteCount = 0
    private var depth = 0
    private var clearables: [any Clearable] = []

    init(_ program: TemplateProgram, limits: ChatTemplate.Limits, now: @escaping () -> DateComponents) {
        self.program = program
        self.limits = limits
        self.now = now
    }

    func render(_ variables: [(name: String, value: JSON)]) throws(TemplateError) {
        defer {
            for clearable in clearables { clearable.clear() }
            root.clear()
            clearables = []
        }
        do throws(TemplateError) {
            for (id, name) in program.names.enumerated() {
                if let function = GlobalFunction(rawValue: name) { root.set(id, .function(function)) }
            }
            let ids = Dictionary(
                zip(program.names.map { JSON.Key($0) }, program.names.indices), uniquingKeysWith: { a, _ in a })
            for (name, value) in variables {
                // What the template does not mention is not converted.
                if let id = ids[JSON.Key(name)] { root.set(id, try self.value(value)) }
            }
            _ = try execute(program.body, in: root)
        } catch {
            var error = error
            if error.line == 0 { error.line = line }
            throw error
        }
    }

    /// A JSON value as the template sees it.
    func value(_ json: JSON) throws(TemplateError) -> Value {
        switch json {
        case .null: return .none
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .number(let value): return .float(value)
        case .string(let text): return .string(text)
        case .array(let array):
            var items: [Value] = []
            items.reserveCapacity(array.count)
            for item in array { items.append(try value(item)) }
            return .list(try list(items))
        case .object(let object):
            var members = OrderedDictionary<ValueKey, Value>(minimumCapacity: object.count)
            for (key, item) in object { members[ValueKey(key.text)] = try value(item) }
            return .dictionary(try dictionary(members))
        }
    }

    // MARK: Limits

    func charge(steps: Int = 1) throws(TemplateError) {
        stepCount += steps
        if stepCount > limits.steps {
            throw .limit("the template took more than \(limits.steps) steps; it seems to run for ever")
        }
    }

    /// Pays for a string before it is made.
    func charge(byteCount: Int) throws(TemplateError) {
        guard byteCount <= limits.outputByteCount else {
            throw .limit("a string has more than \(limits.outputByteCount) bytes")
        }
        try charge(total: byteCount)
    }

    /// Pays for a string of `count` copies of that many bytes, whatever the product is.
    func charge(byteCount: Int, times count: Int) throws(TemplateError) {
        let (product, overflow) = max(byteCount, 1).multipliedReportingOverflow(by: max(count, 0))
        try charge(byteCount: overflow ? .max : product)
    }

    /// Pays for the items of a list before it is made.
    func charge(itemCount: Int) throws(TemplateError) {
        let (product, overflow) = itemCount.multipliedReportingOverflow(by: MemoryLayout<Value>.stride)
        try charge(total: overflow ? .max : product)
    }

    private func charge(total byteCount: Int) throws(TemplateError) {
        guard byteCount <= limits.valueByteCount - valueByteCount else {
            throw .limit("the template made more than \(limits.valueByteCount) bytes of values")
        }
        valueByteCount += byteCount
        try charge(steps: byteCount >> 6)
    }

    func deeper() throws(TemplateError) {
        depth += 1
        if depth > limits.depth {
            throw .limit(
                "macros, loops or expressions nest more than \(limits.depth) deep; the template seems to call itself for ever"
            )
        }
    }

    func shallower() { depth -= 1 }

    // MARK: Making values

    func string(_ text: String) throws(TemplateError) -> Value {
        try charge(byteCount: text.utf8.count)
        return .string(text)
    }

    func list(_ items: [Value], isGroup: Bool = false) throws(TemplateError) -> ValueList {
        try charge(itemCount: 2 + items.count)
        var depth = 0
        for item in items { depth = max(depth, item.depth) }
        try check(valueDepth: depth + 1)
        return ValueList(items: items, depth: depth + 1, isGroup: isGroup)
    }

    func dictionary(_ members: OrderedDictionary<ValueKey, Value>) throws(TemplateError) -> ValueDictionary {
        try charge(itemCount: 4 + members.count * 3)
        var depth = 0
        for value in members.values { depth = max(depth, value.depth) }
        try check(valueDepth: depth + 1)
        return ValueDictionary(members: members, depth: depth + 1)
    }

    func check(valueDepth: Int) throws(TemplateError) {
        guard valueDepth <= ChatTemplate.ParserLimits.valueDepth else {
            throw .limit("lists lie more than \(ChatTemplate.ParserLimits.valueDepth) deep within each other")
        }
    }

    func key(_ value: Value) throws(TemplateError) -> ValueKey {
        guard let key = ValueKey(value) else { throw .runtime("a value of type '\(value.typeName)' cannot be a key") }
        return key
    }

    /// Has something emptied when the rendering is over.
    func clearAtEnd(_ clearable: some Clearable) throws(TemplateError) {
        if let last = clearables.last, last === clearable { return }
        try charge(itemCount: 4)
        clearables.append(clearable)
    }

    // MARK: Output

    func write(_ text: String) throws(TemplateError) {
        output += text
        if output.utf8.count > limits.outputByteCount {
            throw .limit("the output has more than \(limits.outputByteCount) bytes")
        }
    }

    /// What a part of the template writes, as a string and not as output.
    func capture(_ body: () throws(TemplateError) -> Void) throws(TemplateError) -> String {
        var text = ""
        swap(&text, &output)
        captureDepth += 1
        try body()
        captureDepth -= 1
        swap(&text, &output)
        try charge(byteCount: text.utf8.count)
        return text
    }
}
