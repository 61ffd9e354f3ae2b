import Testing
import TuttiDialogue

@Suite struct BudgetTests {
    /// A template that adds 2 to each message, and takes a token a character.
    private func count(_ messages: [Message]) -> Int { messages.reduce(0) { $0 + $1.text.count + 2 } }

    /// A system prompt of 10 tokens and turns of 20 each: a question of 10, an answer of 10.
    private func conversation(turnCount: Int, lastIsAnswered: Bool = true) -> Conversation {
        var conversation = Conversation(system: "be brief")
        for turn in 0..<turnCount {
            conversation.append(Message(.user, "ask \(1000 + turn)"))
            if turn < turnCount - 1 || lastIsAnswered { conversation.append(Message(.assistant, "say \(1000 + turn)")) }
        }
        return conversation
    }

    @Test func whatFitsStaysWhole() throws {
        var budget = Budget(contextTokenCount: 120, answerTokenCount: 10)
        let conversation = conversation(turnCount: 5)
        var callCount = 0
        let fit = try budget.fit(conversation) {
            callCount += 1
            return count($0)
        }
        #expect(fit.messages == conversation.messages && fit.tokenCount == 110)
        #expect(fit.departing.isEmpty && fit.departedCount == 0 && callCount == 1)
    }

    @Test func theOldestTurnsLeaveWholeAndAQuarterComesFree() throws {
        var budget = Budget(contextTokenCount: 120, answerTokenCount: 11)
        let conversation = conversation(turnCount: 5)
        let fit = try budget.fit(conversation, tokenCount: count)
        // 109 is the room, three quarters are 81: the system prompt and three turns take 70, four would take 90.
        #expect(fit.tokenCount == 70 && fit.departedCount == 2)
        #expect(fit.departing == Array(conversation.turns[..<2]))
        #expect(fit.messages == conversation.preamble + conversation.turns[2...].flatMap(\.messages))
    }

    @Test(arguments: 1...40)
    func leavesAsFewTurnsAsTheDefinitionSays(turnCount: Int) throws {
        let conversation = conversation(turnCount: turnCount)
        for room in stride(from: 30, through: 830, by: 20) {
            for offset in [0, 7, 13] {
                var budget = Budget(contextTokenCount: room + offset + 5, answerTokenCount: 5)
                var callCount = 0
                let fit = try budget.fit(conversation) {
                    callCount += 1
                    return count($0)
                }
                // The system prompt and one turn take 30.
                let total = 10 + 20 * turnCount, room = room + offset, roomy = Int(Double(room) * 0.75)
                let limit = total <= room || roomy < 30 ? room : roomy
                #expect(fit.departedCount == max(0, turnCount - (limit - 10) / 20))
                #expect(fit.tokenCount == count(fit.messages) && fit.tokenCount <= limit)
                #expect(callCount <= 8)
            }
        }
    }

    @Test func whatHasLeftStaysAwayAndThePrefixIsStable() throws {
        var budget = Budget(contextTokenCount: 400, answerTokenCount: 20)
        var departures = 0, told: [Turn] = [], previous: [Message] = []
        for turnCount in 1...100 {
            let conversation = conversation(turnCount: turnCount, lastIsAnswered: false)
            let fit = try budget.fit(conversation, tokenCount: count)
            told += fit.departing
            #expect(told == Array(conversation.turns[..<fit.departedCount]))
            #expect(fit.tokenCount <= 380)
            if fit.departing.isEmpty {
                #expect(fit.messages.starts(with: previous))
            } else {
                departures += 1
            }
            previous = fit.messages
        }
        // 82 turns have to leave; by the quarter, they leave five or so at a time.
        #expect(told.count >= 82 && departures <= 82 / 4)
    }

    @Test func anotherConversationStartsAnew() throws {
        var budget = Budget(contextTokenCount: 100, answerTokenCount: 0)
        var long = conversation(turnCount: 10)
        #expect(try budget.fit(long, tokenCount: count).departedCount > 0)
        let other = Conversation((0..<4).map { Message(.user, "\($0)") })
        #expect(try budget.fit(other, tokenCount: count).departedCount == 0)
        _ = try budget.fit(long, tokenCount: count)
        long.clear()
        #expect(try budget.fit(long, tokenCount: count).messages == long.messages)
        long.append(Message(.user, "new"))
        #expect(try budget.fit(long, tokenCount: count).messages == long.messages)
    }

    @Test func takingAnAnswerBackChangesNothingElse() throws {
        var budget = Budget(contextTokenCount: 100, answerTokenCount: 0)
        var conversation = conversation(turnCount: 10)
        let before = try budget.fit(conversation, tokenCount: count)
        try conversation.regenerate()
        let after = try budget.fit(conversation, tokenCount: count)
        #expect(after.messages == before.messages.dropLast() && after.departing.isEmpty)
    }

    @Test func toolCallsLeaveWithTheirTurn() throws {
        var messages = [Message(.user, "time?")]
        messages.append(Message(.assistant, parts: [], toolCalls: [ToolCall(id: "1", name: "t", arguments: "{}")]))
        messages.append(Message(.tool, parts: [.text("12:00")], toolCallID: "1"))
        messages.append(Message(.assistant, "noon"))
        let later = Message(.user, "thanks a lot for all")
        var budget = Budget(contextTokenCount: 30, answerTokenCount: 0)
        let fit = try budget.fit(Conversation(messages + [later]), tokenCount: count)
        #expect(fit.messages == [later] && fit.departing == [Turn(messages)])
    }

    @Test func whatCannotFitIsAnErrorWithTheNumbers() throws {
        var budget = Budget(contextTokenCount: 100, answerTokenCount: 30)
        var conversation = conversation(turnCount: 3)
        conversation.append(Message(.user, String(repeating: "x", count: 59)))
        let error = BudgetError.newestTurnTooLong(tokenCount: 71, contextTokenCount: 100, answerTokenCount: 30)
        #expect(throws: error) { try budget.fit(conversation, tokenCount: count) }
        #expect(error.description.contains("71") && error.description.contains("70"))
        // One token less, and it fits, though no quarter comes free.
        conversation.messages[7] = Message(.user, String(repeating: "x", count: 58))
        #expect(try budget.fit(conversation, tokenCount: count).tokenCount == 70)
        #expect(throws: BudgetError.self) {
            try budget.fit(Conversation(system: String(repeating: "x", count: 99)), tokenCount: count)
        }
    }

    @Test(arguments: [(100, 100), (100, 200), (100, -1), (0, 0)])
    func anAnswerThatTakesEverythingIsAnError(context: Int, answer: Int) {
        var budget = Budget(contextTokenCount: context, answerTokenCount: answer)
        #expect(throws: BudgetError.noRoom(contextTokenCount: context, answerTokenCount: answer)) {
            try budget.fit(Conversation(), tokenCount: count)
        }
    }

    @Test func anErrorOfTheTemplatePassesThrough() {
        struct Refused: Error {}
        var budget = Budget(contextTokenCount: 100, answerTokenCount: 0)
        #expect(throws: Refused.self) { try budget.fit(Conversation()) { _ in throw Refused() } }
    }

    /// A question and rounds of calls: 10 tokens for the question, 10 for each call, 10 for its result.
    private func toolTurn(_ number: Int, rounds: Int, isAnswered: Bool = false) -> [Message] {
        var messages = [Message(.user, "ask \(1000 + number)")]
        for round in 0..<rounds {
            let call = ToolCall(id: "\(number).\(round)", name: "f", arguments: "{}")
            messages.append(Message(.assistant, parts: [.text("call \(100 + round)")], toolCalls: [call]))
            messages.append(Message(.tool, parts: [.text("gave \(100 + round)")], toolCallID: call.id))
        }
        if isAnswered { messages.append(Message(.assistant, "say \(1000 + number)")) }
        return messages
    }

    @Test func aCallAndItsResultLeaveTogether() throws {
        var budget = Budget(contextTokenCount: 110, answerTokenCount: 10)
        var conversation = Conversation(system: "be brief")
        conversation.messages += toolTurn(0, rounds: 1, isAnswered: true) + toolTurn(1, rounds: 3, isAnswered: true)
        let fit = try budget.fit(conversation, tokenCount: count)
        #expect(fit.departing.map(\.messages) == [toolTurn(0, rounds: 1, isAnswered: true)])
        #expect(fit.messages == conversation.preamble + toolTurn(1, rounds: 3, isAnswered: true))
        #expect(fit.departingCalls.isEmpty && fit.departedCallCount == 0)
    }

    @Test func theOldestCallsOfALongNewestTurnLeave() throws {
        var budget = Budget(contextTokenCount: 110, answerTokenCount: 10)
        var conversation = Conversation(system: "be brief")
        conversation.messages += toolTurn(0, rounds: 0, isAnswered: true)
        var told: [Message] = []
        for rounds in 1...20 {
            conversation.messages = Array(conversation.messages[..<3]) + toolTurn(1, rounds: rounds)
            let fit = try budget.fit(conversation, tokenCount: count)
            told += fit.departingCalls
            #expect(fit.tokenCount == count(fit.messages) && fit.tokenCount <= 100)
            // The question stays, and the newest call; a call never stands without its result.
            #expect(fit.messages.suffix(2) == conversation.messages.suffix(2))
            #expect(fit.messages.contains(Message(.user, "ask 1001")))
            #expect(fit.messages.count { $0.role == .tool } == fit.messages.count { !$0.toolCalls.isEmpty })
            #expect(told.count == 2 * fit.departedCallCount)
            #expect(told == Array(toolTurn(1, rounds: rounds)[1..<1 + told.count]))
        }
        // 16 of 20 have to leave at least; what has left stays away, so they leave several at a time.
        #expect(told.count >= 32)
        conversation.messages += [Message(.assistant, "say 1001")] + toolTurn(2, rounds: 0)
        let later = try budget.fit(conversation, tokenCount: count)
        #expect(later.departingCalls.isEmpty && later.messages.last == Message(.user, "ask 1002"))
    }

    @Test func theNewestCallIsNeverLeftOut() throws {
        var budget = Budget(contextTokenCount: 40, answerTokenCount: 10)
        var conversation = Conversation(system: "be brief")
        conversation.messages += toolTurn(0, rounds: 5)
        #expect(throws: BudgetError.newestTurnTooLong(tokenCount: 40, contextTokenCount: 40, answerTokenCount: 10)) {
            try budget.fit(conversation, tokenCount: count)
        }
    }

    @Test func aSummaryGoesBehindTheSystemPrompt() throws {
        var budget = Budget(contextTokenCount: 400, answerTokenCount: 10)
        budget.summary = "Ada asked."
        let fit = try budget.fit(conversation(turnCount: 1), tokenCount: count)
        #expect(fit.messages[0].text.hasPrefix("be brief\n\n") && fit.messages[0].text.hasSuffix("\nAda asked."))
        #expect(fit.messages.count == 3)
        let bare = try budget.fit(Conversation([Message(.user, "ask")]), tokenCount: count)
        #expect(bare.messages.map(\.role) == [.system, .user])
    }
}
