import Synchronization

/// Numbers that no two sequences share.
final class Identifiers: Sendable {
    private let last = Atomic<Int>(0)

    func next() -> Int { last.add(1, ordering: .relaxed).newValue }
}
