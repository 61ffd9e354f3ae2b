import Synchronization
package import TuttiGeneration
package import TuttiVision

/// What was found in the pictures that were looked at last: a conversation brings its pictures again with every turn.
package final class RecentPerceptions: Sendable {
    private struct State {
        var found: [ContentKey: (perception: Perception, use: Int)] = [:]
        /// Larger means later.
        var clock = 0
    }

    /// How many are kept; what is found in a page takes some 20 KB.
    private let capacity: Int
    private let state = Mutex(State())

    package init(capacity: Int = 256) { self.capacity = capacity }

    package subscript(_ key: ContentKey) -> Perception? {
        get {
            state.withLock { state in
                guard let perception = state.found[key]?.perception else { return nil }
                state.clock += 1
                state.found[key]?.use = state.clock
                return perception
            }
        }
        set {
            state.withLock { state in
                state.clock += 1
                state.found[key] = newValue.map { (perception: $0, use: state.clock) }
                guard state.found.count > capacity,
                    let oldest = state.found.min(by: { $0.value.use < $1.value.use })?.key
                else { return }
                state.found[oldest] = nil
            }
        }
    }
}
