public import Foundation
import TuttiCheckpoints

/// The real models that tests run on, from the store under `TUTTI_HOME`; `make test` fetches them.
public enum TestModel {
    /// Whether the tests of the larger models run too: `FULL=1` in the environment.
    public static let isFull = ProcessInfo.processInfo.environment["FULL"] == "1"

    /// The file of a model of the catalog, such as `smollm2-135m`.
    public static func path(_ name: String) throws -> URL {
        do {
            return try ModelStore().path(of: name)
        } catch let error as StoreError {
            throw Missing(reason: "\(error)")
        }
    }

    struct Missing: Error, CustomStringConvertible {
        let reason: String
        var description: String { "\(reason) For tests: `make test` fetches what they need." }
    }
}
