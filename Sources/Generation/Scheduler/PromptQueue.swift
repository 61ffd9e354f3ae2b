/// How prompts share the rows that one step has for them.
///
/// Interactive ones come first. Among those of one priority, half of the rows go to the oldest, so that a long prompt
/// always moves on however many short ones come; the other half goes to those with the least left, so that short ones
/// need not wait for a long one to end. What one has no use for, the others get.
struct PromptQueue {
    /// By rank.
    private let prompts: [Scheduler.Entry]

    init(_ prompts: [Scheduler.Entry]) { self.prompts = prompts }

    func rows(sharing count: Int) -> [Scheduler.ID: Int] {
        var room = count, rows: [Scheduler.ID: Int] = [:]
        func give(_ prompt: Scheduler.Entry, atMost limit: Int) {
            let given = rows[prompt.id] ?? 0
            let more = min(limit, room, min(prompt.pending, prompt.rowLimit) - given)
            guard more > 0 else { return }
            rows[prompt.id] = given + more
            room -= more
        }
        for priority in GenerationRequest.Priority.allCases {
            let equals = prompts.filter { $0.priority == priority }
            guard let oldest = equals.first else { continue }
            give(oldest, atMost: (room + 1) / 2)
            let shortest = equals.dropFirst().sorted { ($0.pending, $0.order) < ($1.pending, $1.order) }
            for prompt in shortest { give(prompt, atMost: room) }
            give(oldest, atMost: room)
        }
        return rows
    }
}
