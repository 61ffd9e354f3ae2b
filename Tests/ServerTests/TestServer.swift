import Foundation
import Hummingbird
import HummingbirdTesting
import TestSupport
import TuttiCheckpoints
import TuttiServer

/// A server without models, in a folder of its own.
enum TestServer {
    static func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tutti-server-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    static func make(_ change: (inout ServerSettings) -> Void = { _ in }) throws -> APIServer {
        var settings = ServerSettings()
        settings.logLevel = "critical"
        settings.host = "localhost"
        settings.port = 0
        change(&settings)
        return try APIServer(settings, store: try ModelStore(home: try folder(), environment: [:]))
    }

    /// Asks a server without sockets.
    static func ask<Value: Sendable>(
        _ change: (inout ServerSettings) -> Void = { _ in },
        _ work: @escaping @Sendable (any TestClientProtocol) async throws -> Value
    ) async throws -> Value {
        try await make(change).application().test(.router) { try await work($0) }
    }
}

extension TestResponse {
    var json: JSON { get throws { try JSON(parsing: body.readableBytesView) } }
    /// The code of an error.
    var code: String? { get throws { try json["error"]?["code"]?.string } }
}
