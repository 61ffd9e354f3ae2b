import TuttiCheckpoints
import TuttiDialogue

/// The calls of one answer as they are told.
///
/// Small models repeat themselves until they are cut off: a call that stands in the answer already, word for word, ends it and
/// is not told; so does one that was made earlier in the turn and has its result, or every tool would run twice. So a call is
/// held back for as long as it may turn out to be one of those.
struct TurnCalls: Sendable {
    private struct Call: Sendable, Equatable {
        var name: String
        var arguments = ""

        func mayBecome(_ other: Call) -> Bool { name == other.name && other.arguments.hasPrefix(arguments) }
    }

    private var told: [Call] = []
    private var held: Call?
    /// Those of earlier in the turn, in each layout in which a model may write them again.
    private let answered: [Call]
    /// Whether the model called, and first what has its results: it has not answered yet.
    private(set) var isCircle = false

    /// - Parameter answered: Calls made earlier in the turn that have their results.
    init(answered: [ToolCall] = []) {
        self.answered = answered.flatMap { call in
            let layouts = (try? JSON(parsing: call.arguments)).map { [$0.text(), $0.text(.python)] } ?? []
            return Set([call.arguments] + layouts).map { Call(name: call.name, arguments: $0) }
        }
    }

    /// How many were told, a held one not among them.
    var count: Int { told.count }

    mutating func begin(_ name: String) -> [TurnEvent] {
        held = Call(name: name)
        return releaseUnlessRepeated()
    }

    mutating func append(_ text: String) -> [TurnEvent] {
        guard held != nil else {
            guard !told.isEmpty else { return [] }
            told[told.count - 1].arguments += text
            return [.toolCallArguments(index: told.count - 1, text)]
        }
        held?.arguments += text
        return releaseUnlessRepeated()
    }

    /// The arguments are complete.
    /// - Returns: What is to be told; nil if the call was a repetition, which ends the answer.
    mutating func end() -> [TurnEvent]? {
        guard let call = held else { return [] }
        guard (told + answered).contains(call) else { return release(call) }
        isCircle = told.isEmpty
        return nil
    }

    private mutating func releaseUnlessRepeated() -> [TurnEvent] {
        guard let call = held, !(told + answered).contains(where: { call.mayBecome($0) }) else { return [] }
        return release(call)
    }

    private mutating func release(_ call: Call) -> [TurnEvent] {
        held = nil
        told.append(call)
        let index = told.count - 1
        let began = TurnEvent.toolCallBegan(index: index, id: Identifier.next("call_"), name: call.name)
        return call.arguments.isEmpty ? [began] : [began, .toolCallArguments(index: index, call.arguments)]
    }
}

/// Random names of things.
enum Identifier {
    private static let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")

    /// A prefix and 24 letters and digits, of which 10⁴² are possible.
    static func next(_ prefix: String) -> String {
        prefix + String((0..<24).map { _ in letters.randomElement() ?? "0" })
    }
}
