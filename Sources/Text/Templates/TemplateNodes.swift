/// A parsed template: what the evaluator walks. Immutable, so one parse serves any number of renderings at once.
struct TemplateProgram: Sendable {
    let body: [Statement]
    /// The variables' names; nodes refer to them by place.
    let names: [String]
    /// Whether something can call itself, so that rendering may need a deep stack.
    let recurses: Bool

    /// Names that the language itself sets stand first in every program's names.
    static let specialNames = ["loop", "caller", "kwargs", "varargs"]
    static let loop: NameID = 0, caller: NameID = 1, keywords: NameID = 2, positionals: NameID = 3
}

/// A variable's name as its place in `TemplateProgram.names`.
typealias NameID = Int

struct Statement: Sendable {
    indirect enum Kind: Sendable {
        case text(String)
        case print([Expression])
        case forLoop(ForLoop)
        case branches([(test: Expression, body: [Statement])], otherwise: [Statement])
        case assign(Target, Expression)
        case assignBlock(Target, filters: [Filter], body: [Statement])
        case macro(MacroNode)
        case callBlock(call: Call, caller: MacroNode)
        case filterBlock([Filter], body: [Statement])
        case with([(target: Target, value: Expression)], body: [Statement])
        /// A named block; without inheritance it stands where it is written, and sees only the outermost variables.
        case block(scoped: Bool, body: [Statement])
        case generation(body: [Statement])
        case breakLoop
        case continueLoop
        /// A tag that needs other templates or other output than plain text; an error if it is ever reached.
        case unsupported(String)
    }

    let kind: Kind
    let line: Int
}

/// What can stand left of `=`, or between `for` and `in`.
indirect enum Target: Sendable {
    case name(NameID)
    case tuple([Target])
    case attribute(of: NameID, name: String)
}

final class ForLoop: Sendable {
    let target: Target, sequence: Expression, test: Expression?, isRecursive: Bool
    let body: [Statement], otherwise: [Statement]

    init(
        target: Target, sequence: Expression, test: Expression?, isRecursive: Bool, body: [Statement],
        otherwise: [Statement]
    ) {
        self.target = target
        self.sequence = sequence
        self.test = test
        self.isRecursive = isRecursive
        self.body = body
        self.otherwise = otherwise
    }
}

final class MacroNode: Sendable {
    /// nil for the body of a call block.
    let name: String?
    let parameters: [(id: NameID, name: String, defaultValue: Expression?)]
    let body: [Statement]
    /// Which of the special names the body mentions; a macro takes surplus arguments only if it can see them.
    let usesCaller: Bool, usesKeywords: Bool, usesPositionals: Bool

    init(
        name: String?, parameters: [(id: NameID, name: String, defaultValue: Expression?)], body: [Statement],
        usesCaller: Bool, usesKeywords: Bool, usesPositionals: Bool
    ) {
        self.name = name
        self.parameters = parameters
        self.body = body
        self.usesCaller = usesCaller
        self.usesKeywords = usesKeywords
        self.usesPositionals = usesPositionals
    }
}

indirect enum Expression: Sendable {
    case constant(Literal)
    case name(NameID)
    case tuple([Expression])
    case list([Expression])
    case dictionary([(key: Expression, value: Expression)])
    case attribute(Expression, String, line: Int)
    case item(Expression, Expression, line: Int)
    case slice(Expression, start: Expression?, stop: Expression?, step: Expression?, line: Int)
    case call(Call)
    case filter(Expression, Filter)
    case test(Expression, TestCall)
    case unary(UnaryOperator, Expression, line: Int)
    /// Operators of one level from left to right; a row and not a tree, so that a long one needs no deep stack.
    case chain(Expression, [(sign: BinaryOperator, operand: Expression)], line: Int)
    case compare(Expression, [(sign: Comparison, operand: Expression)], line: Int)
    case concatenate([Expression], line: Int)
    case and([Expression])
    case or([Expression])
    case not(Expression)
    case conditional(test: Expression, then: Expression, otherwise: Expression?)
}

enum Literal: Sendable {
    case none
    case bool(Bool)
    case integer(Int128)
    case float(Double)
    case string(String)
}

enum UnaryOperator: Sendable { case negate, plus }
enum BinaryOperator: String, Sendable {
    case add = "+", subtract = "-", multiply = "*", divide = "/", floorDivide = "//", modulo = "%", power = "**"
}
enum Comparison: String, Sendable {
    case equal = "==", notEqual = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
    case isIn = "in", isNotIn = "not in"
}

/// Arguments as they are written.
struct ArgumentNodes: Sendable {
    var positional: [Expression] = []
    var named: [(name: String, value: Expression)] = []
    var spread: Expression?
    var namedSpread: Expression?

    var isEmpty: Bool { positional.isEmpty && named.isEmpty && spread == nil && namedSpread == nil }
}

struct Call: Sendable {
    let callee: Expression
    let arguments: ArgumentNodes
    let line: Int
}

struct Filter: Sendable {
    /// nil for a filter that does not exist, which is only allowed where it may never be reached.
    let filter: FilterName?
    let name: String
    let arguments: ArgumentNodes
    let line: Int
}

struct TestCall: Sendable {
    let test: TestName?
    let name: String
    let arguments: ArgumentNodes
    let line: Int
}
