import Hummingbird
import Logging
import TuttiCheckpoints
import TuttiGeneration

/// What routes share.
struct Services: Sendable {
    let settings: ServerSettings
    let models: ModelShelf
    let database: ServerDatabase
    /// The bytes of files, beside the database.
    let contents: FileContents
    /// What goes on without a client.
    let jobs: Jobs
    /// What the lines of a batch may call.
    let endpoints = EndpointTable()
    let meters: Meters
    let logger: Logger
}

/// Routes of one part of the API.
protocol Routes: Sendable {
    init(_ services: Services)
    /// - Parameter group: What stands under `/v1`.
    func add(to group: RouterGroup<APIContext>)
    /// Endpoints that a line of a batch may name, by their path (`/v1/chat/completions`): a body in, the object that a
    /// request without streaming gets out. They throw `APIError`.
    var endpoints: [String: EndpointTable.Endpoint] { get }
}

extension Routes {
    var endpoints: [String: EndpointTable.Endpoint] { [:] }
}
