import Synchronization

/// Lets a few through at a time; the others wait in line.
package final class Gate: Sendable {
    private struct State {
        var free: Int
        var line: [(ticket: Int, continuation: CheckedContinuation<Void, any Error>)] = []
        var nextTicket = 0
        /// Tickets that were given up before they stood in line.
        var givenUp: Set<Int> = []
    }

    private let state: Mutex<State>

    /// - Parameter width: How many are inside at once.
    package init(width: Int) { state = Mutex(State(free: width)) }

    /// Does work when there is room.
    /// - Throws: `CancellationError` when the task is cancelled while it waits, and what `work` throws.
    package func pass<Value>(_ work: () async throws -> Value) async throws -> Value {
        try await enter()
        defer { leave() }
        return try await work()
    }

    private func enter() async throws {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if state.givenUp.remove(ticket) != nil { return .failure(CancellationError()) }
                    if state.free > 0 {
                        state.free -= 1
                        return .success(())
                    }
                    state.line.append((ticket, continuation))
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let waiting = state.withLock { state -> CheckedContinuation<Void, any Error>? in
                guard let place = state.line.firstIndex(where: { $0.ticket == ticket }) else {
                    state.givenUp.insert(ticket)
                    return nil
                }
                return state.line.remove(at: place).continuation
            }
            waiting?.resume(throwing: CancellationError())
        }
        // One that was cancelled once it was inside has left a mark behind.
        state.withLock { _ = $0.givenUp.remove(ticket) }
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard !state.line.isEmpty else {
                state.free += 1
                return nil
            }
            return state.line.removeFirst().continuation
        }
        next?.resume()
    }
}
