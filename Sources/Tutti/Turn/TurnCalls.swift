/// The calls of one answer as they are told.
///
/// A call that repeats an earlier one of the same answer, word for word, ends the answer and is not told: small models repeat
/// themselves until they are cut off. So a call is held back for as long as it may turn out to be that.
struct TurnCalls: Sendable {
    private struct Call: Sendable {
        var name: String
        var arguments = ""

        func mayBecome(_ other: Call) -> Bool { name == other.name && other.arguments.hasPrefix(arguments) }
    }

    private var told: [Call] = []
    private var held: Call?

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
    /// - Returns: What is to be told; nil if the call was a repetition.
    mutating func end() -> [TurnEvent]? {
        guard let call = held else { return [] }
        if told.contains(where: { $0.name == call.name && $0.arguments == call.arguments }) { return nil }
        return release(call)
    }

    private mutating func releaseUnlessRepeated() -> [TurnEvent] {
        guard let call = held, !told.contains(where: { call.mayBecome($0) }) else { return [] }
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
