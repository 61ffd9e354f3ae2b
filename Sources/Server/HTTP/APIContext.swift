import Hummingbird
import NIOCore

/// What goes with a request on its way through the server.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// `req_…`: in the answer's `x-request-id` and in the log.
    var requestID = ""
    /// Who asks; nil where no key is demanded.
    var key: KeyRecord?
    /// Whose objects are meant.
    var project: Project { key?.project ?? .standard }
    /// Whether the client is there; nil in tests without sockets.
    let presence: ClientPresence?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        presence = ConnectionRegister.shared.presence(of: source.channel)
    }
}
