import Synchronization

/// The reader's end of a bounded stream: an `AsyncSequence` for one reader.
///
/// The producer learns when the reader falls behind, catches up or leaves (by cancelling its task, by ending its loop or
/// by letting go of the outlet), so nothing is computed that nobody will read.
public final class Outlet<Element: Sendable>: AsyncSequence, Sendable {
    public typealias Failure = any Error

    /// What the producer is told.
    enum Notice: Sendable {
        /// The reader has caught up after the stream was full.
        case drained
        /// Nobody will read any more.
        case abandoned
    }

    let source: Source

    init(capacity: Int, notify: @escaping @Sendable (Notice) -> Void) {
        source = Source(capacity: capacity, notify: notify)
    }

    deinit { source.abandon() }

    public func makeAsyncIterator() -> Iterator { Iterator(outlet: self) }

    /// Nobody will read any more: as if the outlet had been let go of, also while somebody holds it.
    public func leave() { source.abandon() }

    public struct Iterator: AsyncIteratorProtocol {
        // Holds the outlet, so that letting go of both the sequence and its iterator abandons the stream.
        let outlet: Outlet

        /// See ``Outlet/leave()``.
        public func leave() { outlet.leave() }

        public mutating func next() async throws -> Element? { try await outlet.source.next() }

        public mutating func next(isolation: isolated (any Actor)?) async throws -> Element? {
            try await outlet.source.next()
        }
    }

    /// The producer's end.
    final class Source: Sendable {
        private struct State {
            var waiting: [Element] = []
            var reader: CheckedContinuation<Element?, any Error>?
            var isFull = false
            var isOver = false
            var error: (any Error)?
        }

        private let state = Mutex(State())
        private let capacity: Int
        private let notify: @Sendable (Notice) -> Void

        init(capacity: Int, notify: @escaping @Sendable (Notice) -> Void) {
            self.capacity = capacity
            self.notify = notify
        }

        /// Hands over an element; never waits.
        /// - Returns: Whether there is room for more. If not, wait for `drained`.
        func send(_ element: Element) -> Bool {
            let (reader, hasRoom) = state.withLock { state -> (CheckedContinuation<Element?, any Error>?, Bool) in
                if state.isOver { return (nil, true) }
                if let reader = state.reader {
                    state.reader = nil
                    return (reader, true)
                }
                state.waiting.append(element)
                state.isFull = state.waiting.count >= capacity
                return (nil, !state.isFull)
            }
            reader?.resume(returning: element)
            return hasRoom
        }

        /// Ends the stream after what was sent.
        func finish(throwing error: (any Error)? = nil) {
            let reader = state.withLock { state -> CheckedContinuation<Element?, any Error>? in
                if state.isOver { return nil }
                state.isOver = true
                let reader = state.reader
                state.reader = nil
                if reader == nil { state.error = error }
                return reader
            }
            if let error { reader?.resume(throwing: error) } else { reader?.resume(returning: nil) }
        }

        fileprivate func abandon() {
            let wasOver = state.withLock { state -> Bool in
                defer { state.isOver = true }
                return state.isOver
            }
            if !wasOver { notify(.abandoned) }
        }

        fileprivate func next() async throws -> Element? {
            try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    let outcome = state.withLock { state -> (Result<Element?, any Error>?, drained: Bool) in
                        if !state.waiting.isEmpty {
                            let element = state.waiting.removeFirst()
                            let drained = state.isFull && state.waiting.count <= capacity / 2
                            if drained { state.isFull = false }
                            return (.success(element), drained)
                        }
                        if let error = state.error {
                            state.error = nil
                            return (.failure(error), false)
                        }
                        if state.isOver {
                            return (Task.isCancelled ? .failure(CancellationError()) : .success(nil), false)
                        }
                        state.reader = continuation
                        return (nil, false)
                    }
                    if outcome.drained { notify(.drained) }
                    if let result = outcome.0 { continuation.resume(with: result) }
                }
            } onCancel: {
                // All at once: between two looks at the state a reader could come to wait for a stream that is over.
                let (reader, wasOver) = state.withLock { state in
                    defer {
                        state.waiting = []
                        state.reader = nil
                        state.isOver = true
                    }
                    return (state.reader, state.isOver)
                }
                if !wasOver { notify(.abandoned) }
                reader?.resume(throwing: CancellationError())
            }
        }
    }
}
