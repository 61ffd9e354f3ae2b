import Foundation
import Hummingbird
import TuttiCheckpoints
import TuttiOpenAI

extension Request {
    /// The query's names and values, in order. They are written as a form's: a plus sign is a space.
    var parameters: [(name: String, value: String)] {
        (uri.query ?? "").split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { part in
                let text = String(part).replacing("+", with: " ")
                return text.removingPercentEncoding ?? text
            }
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
    }

    /// The first of that name.
    func parameter(_ name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// The part of a list that the query asks for.
    /// - Throws: `APIError` 400 that names the parameter.
    func page(
        limits: ClosedRange<Int> = 1...100, standard: Int = 20, isAscending: Bool = false
    ) throws(APIError) -> ListQuery {
        try ListQuery(limits: limits, standard: standard, isAscending: isAscending, parameter)
    }
}

extension Services {
    /// A request's whole body, of at most as many bytes as the settings allow.
    /// - Throws: As `Request.json`.
    func json(of request: Request) async throws -> JSON {
        try await request.json(maximumByteCount: settings.maximumBodyByteCount)
    }
}

extension APIContext {
    /// The object that the path names.
    var id: String { get throws { try parameters.require("id") } }
}

extension Response {
    /// An object that is gone.
    static func deleted(_ id: String, object: String) -> Response {
        json(["id": .string(id), "object": .string(object), "deleted": true])
    }
}
