import Synchronization

/// Whether the models that the settings name have been loaded.
final class Readiness: Sendable {
    private let state = Atomic<Bool>(false)

    var isReady: Bool { state.load(ordering: .acquiring) }

    func set() { state.store(true, ordering: .releasing) }
}
