import HTTPTypes
import Hummingbird
import Synchronization

/// Which methods a path has: what tells a wrong method (405) from a wrong path (404).
final class RouteTable: Sendable {
    /// A method and the path that it is for, with `{name}` for what varies.
    struct Route: Sendable, Hashable, CustomStringConvertible {
        let method: String
        let path: String

        var description: String { "\(method) \(path)" }
    }

    private let state = Mutex<[Route]>([])

    var routes: [Route] { state.withLock { $0 } }

    func set(_ routes: [Route]) { state.withLock { $0 = routes } }

    /// The methods of a path, in order.
    func methods(_ path: String) -> [String] {
        let parts = path.split(separator: "/").map(String.init)
        return Set(routes.filter { Self.matches($0.path, parts) }.map(\.method)).sorted()
    }

    private static func matches(_ pattern: String, _ parts: [String]) -> Bool {
        let pattern = pattern.split(separator: "/")
        for (index, piece) in pattern.enumerated() {
            if piece == "**" { return parts.count > index }
            guard index < parts.count else { return false }
            if !piece.hasPrefix("{"), !piece.hasPrefix(":"), piece != parts[index] { return false }
        }
        return pattern.count == parts.count
    }
}
