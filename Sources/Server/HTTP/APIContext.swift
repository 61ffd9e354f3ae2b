public import Hummingbird

/// What goes with a request on its way through the server.
public struct APIContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// `req_…`: in the answer's `x-request-id` and in the log.
    public var requestID = ""
    /// Who asks; nil where no key is demanded.
    public var key: KeyRecord?

    public init(source: Source) { coreContext = .init(source: source) }
}
