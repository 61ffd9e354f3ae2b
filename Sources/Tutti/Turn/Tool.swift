public import TuttiCheckpoints
public import TuttiDialogue

/// A function of this program that a model may call.
///
///     let clock = Tool(name: "get_time", description: "The time in a city.", parameters: schema) { arguments in
///         time(in: arguments["city"]?.string ?? "")
///     }
public struct Tool: Sendable {
    public var definition: ToolDefinition
    /// Does the work: arguments in, which satisfy the schema, and what the model is told of the result out. An error that
    /// it throws is told to the model, which may try again.
    public var run: @Sendable (_ arguments: JSON) async throws -> String

    public init(_ definition: ToolDefinition, run: @escaping @Sendable (_ arguments: JSON) async throws -> String) {
        self.definition = definition
        self.run = run
    }

    /// - Parameter parameters: A JSON Schema of type object.
    public init(
        name: String, description: String, parameters: JSON,
        run: @escaping @Sendable (_ arguments: JSON) async throws -> String
    ) {
        self.init(ToolDefinition(name: name, description: description, parameters: parameters), run: run)
    }

    /// What a call gave, as a message.
    func result(of call: ToolCall) async throws -> Message {
        let text: String
        do {
            text = try await run(try JSON(parsing: call.arguments))
        } catch let error as CancellationError {
            throw error
        } catch {
            text = "error: \(error)"
        }
        return Message(.tool, parts: [.text(text)], name: call.name, toolCallID: call.id)
    }
}

/// What stops a loop of tools.
public enum ToolLoopError: Error, Equatable, CustomStringConvertible {
    /// The model still calls tools.
    case tooManyRounds(Int)
    /// A call was cut off by its length.
    case unfinishedCall(String)

    public var description: String {
        switch self {
        case .tooManyRounds(let count):
            "After \(count) rounds of calls the model still calls tools: raise the limit, or make results clearer."
        case .unfinishedCall(let name):
            "A call of \(name) was cut off: raise the most tokens of an answer, or the context."
        }
    }
}

extension LanguageModel {
    /// Answers with the help of tools: runs what the model calls, tells it the results, until it answers in words.
    ///
    /// The calls of one message run side by side. A request's own tools stay as they are; a choice that requires a call
    /// counts for the first round only, or it would never end.
    /// - Parameters:
    ///   - maximumRounds: How many times the model may call before it answers.
    ///   - onEvent: Is told what happens, of each round.
    /// - Returns: The messages that came to be: calls, results, and at last the answer.
    /// - Throws: ``ToolLoopError``; as ``turn(_:)``.
    public func answer(
        _ request: TurnRequest, using tools: [Tool], maximumRounds: Int = 8,
        onEvent: @Sendable (TurnEvent) async throws -> Void = { _ in }
    ) async throws -> [Message] {
        var loop = ToolLoop(request, tools, maximumRounds: maximumRounds)
        while let next = loop.next {
            try await loop.append(try turn(next), onEvent)
        }
        return loop.messages
    }
}

/// The rounds of calls and results.
struct ToolLoop {
    private var request: TurnRequest
    private let tools: [Tool]
    private let maximumRounds: Int
    private var roundCount = 0
    private var isOver = false
    /// What came to be so far.
    private(set) var messages: [Message] = []

    init(_ request: TurnRequest, _ tools: [Tool], maximumRounds: Int) {
        self.request = request
        self.request.tools += tools.map(\.definition)
        self.tools = tools
        self.maximumRounds = maximumRounds
    }

    /// What is to be answered next; nil when the answer is there.
    var next: TurnRequest? {
        if isOver { return nil }
        var next = request
        next.messages += messages
        if roundCount > 0, next.toolChoice != .none { next.toolChoice = .auto }
        return next
    }

    /// Reads an answer, and runs what it calls.
    mutating func append(_ stream: TurnStream, _ onEvent: (TurnEvent) async throws -> Void) async throws {
        var answer = TurnAnswer()
        for try await event in stream {
            answer.append(event)
            try await onEvent(event)
        }
        guard let end = answer.end else { throw CancellationError() }
        let calls = answer.message.toolCalls
        if end.reason == .length, let last = calls.last, (try? JSON(parsing: last.arguments)) == nil {
            throw ToolLoopError.unfinishedCall(last.name)
        }
        messages.append(answer.message)
        // Who calls a tool that is not run here is answered by whoever asked.
        guard !calls.isEmpty, calls.allSatisfy({ call in tools.contains { $0.definition.name == call.name } }) else {
            isOver = true
            return
        }
        guard roundCount < maximumRounds else { throw ToolLoopError.tooManyRounds(maximumRounds) }
        roundCount += 1
        let results = try await withThrowingTaskGroup(of: (Int, Message).self) { group in
            for (index, call) in calls.enumerated() {
                guard let tool = tools.first(where: { $0.definition.name == call.name }) else { continue }
                group.addTask { (index, try await tool.result(of: call)) }
            }
            return try await group.reduce(into: [Int: Message]()) { $0[$1.0] = $1.1 }
        }
        messages += calls.indices.compactMap { results[$0] }
    }
}
