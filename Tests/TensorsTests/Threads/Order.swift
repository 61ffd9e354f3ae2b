import Synchronization

/// In which order things happened.
final class Order: Sendable {
    private let state = Mutex<(names: [String], waiting: Int)>(([], 0))
    var names: [String] { state.withLock { $0.names } }
    var waiting: Int { state.withLock { $0.waiting } }
    func append(_ name: String) { state.withLock { $0.names.append(name) } }
    func release() { state.withLock { $0.waiting = 2 } }
}
