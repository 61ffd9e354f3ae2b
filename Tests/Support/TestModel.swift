public import Foundation

/// The real models that tests run on, from the store under `TUTTI_HOME`; `make test` fetches them.
public enum TestModel {
    /// Whether the tests of the larger models run too: `FULL=1` in the environment.
    public static let isFull = ProcessInfo.processInfo.environment["FULL"] == "1"

    /// The file of a model of the catalog, such as `smollm2-135m`.
    public static func path(_ name: String) throws -> URL {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["TUTTI_HOME"].map { URL(filePath: $0) } ?? defaultHome(environment)
        let folder = home.appending(path: "models/\(name)")
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        guard let file = files.first(where: { $0.pathExtension == "gguf" }) else {
            throw Missing(name: name, home: home)
        }
        return file
    }

    private static func defaultHome(_ environment: [String: String]) -> URL {
        environment["XDG_DATA_HOME"].map { URL(filePath: $0).appending(path: "tutti") }
            ?? FileManager.default.homeDirectoryForCurrentUser.appending(path: ".local/share/tutti")
    }

    struct Missing: Error, CustomStringConvertible {
        let name: String, home: URL
        var description: String { "no model \(name) under \(home.path): run `make test`, which fetches it" }
    }
}
