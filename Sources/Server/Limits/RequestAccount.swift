/// Whom the tokens of the present request are counted against.
final class RequestAccount: Sendable {
    /// The account of the request that this task works for; nil for the server's own work.
    @TaskLocal static var current: RequestAccount?

    private let spend: @Sendable (Int) -> Void

    init(_ spend: @escaping @Sendable (Int) -> Void) { self.spend = spend }

    /// Counts tokens, of prompts and answers alike.
    func charge(_ tokens: Int) { if tokens > 0 { spend(tokens) } }
}
