import Synchronization
import Tutti
import TuttiCheckpoints
import TuttiOpenAI

/// What a line of a batch may call: filled by whoever puts the routes together, before requests are taken.
final class EndpointTable: Sendable {
    /// A body, and for whom it is answered: what it stores and names is that project's.
    typealias Endpoint = @Sendable (JSON, Project, GenerationRequest.Priority) async throws -> JSON

    private let state = Mutex<[String: Endpoint]>([:])

    /// Their paths, in order.
    var paths: [String] { state.withLock { $0.keys.sorted() } }

    func add(_ endpoints: [String: Endpoint]) { state.withLock { $0.merge(endpoints) { $1 } } }

    subscript(_ path: String) -> Endpoint? { state.withLock { $0[path] } }
}
