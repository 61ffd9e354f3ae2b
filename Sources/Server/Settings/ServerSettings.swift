package import Foundation

/// How the server listens, what it may use of the machine, and whom it lets in.
package struct ServerSettings: Sendable {
    /// The address to listen on. Anything but loopback needs a key.
    package var host = "127.0.0.1"
    /// 0 takes any free port.
    package var port = 8080
    /// Models that are loaded before anybody asks for them.
    package var models: [String] = []
    /// What OpenAI's chat names stand for; nil for the first of `models` that chats, or the catalog's default.
    package var defaultModel: String?
    /// What OpenAI's embedding names stand for; nil for the catalog's, or the first that embeds.
    package var embeddingModel: String?
    /// What OpenAI's names of models that hear, or speak, stand for; nil for the catalog's, or the first.
    package var hearingModel: String?
    package var seeingModel: String?
    package var speakingModel: String?
    /// Further names of models, on top of OpenAI's own.
    package var aliases: [String: String] = [:]
    /// Where the database and the files lie; nil for `server` in the model store.
    package var dataFolder: URL?

    /// What all loaded models may take, with their caches.
    package var memoryByteCount = Int(clamping: ProcessInfo.processInfo.physicalMemory / 100 * 80)
    /// Threads that each model computes on; nil for every processor.
    package var threads: Int?
    /// The longest sequence, in tokens; nil for each model's own.
    package var context: Int?
    /// Requests that a model computes at the same time, and those that may wait for it.
    package var maximumSequences = 16
    package var maximumWaiting = 256
    /// What `truncation: auto` leaves of a conversation that outgrew the context, in tokens, where whole turns allow it. The
    /// rest has to be read anew, and small models lose their newest turn among many old ones.
    package var truncatedTokens = 3072

    /// A key that may do everything.
    package var apiKey: String?
    /// `Host` names that a key-less server answers to besides those of loopback.
    package var hosts: [String] = []
    /// Origins whose pages may use the server (`https://app.example`); `*` for all, which needs a key.
    package var corsOrigins: [String] = []
    /// PEM files; both or neither.
    package var tlsCertificate: String?
    package var tlsKey: String?

    package var maximumBodyByteCount = 32 << 20
    /// The longest body of a request that carries a file.
    package var maximumUploadByteCount = 512 << 20
    package var maximumConnections = 1024
    package var requestsPerMinute = 10_000
    package var tokensPerMinute = 10_000_000

    /// How long a connection may take to send its first request's head.
    package var headSeconds = 20
    /// How long a request may take from its head to the end of its answer.
    package var requestSeconds = 3600
    /// How long any body may take; a longer one has a second more for each 8 KiB that have come.
    package var bodySeconds = 30
    /// How long a connection may say nothing between requests.
    package var idleSeconds = 75
    /// How long a client may take none of what is written to it.
    package var stallSeconds = 120
    /// How long running requests may go on after SIGTERM.
    package var drainSeconds = 30
    /// How long an answer is kept for its `Idempotency-Key`.
    package var idempotencyHours = 24

    /// Whether URLs in requests are fetched.
    package var fetchesURLs = false
    package var maximumFetchByteCount = 20 << 20

    package var logFormat = LogFormat.logfmt
    package var logLevel = "info"

    package init() {}

    /// The folder of the database and the files.
    package func folder(home: URL) -> URL { dataFolder ?? home.appending(path: "server") }

    /// What OpenAI's names of models of a kind stand for, where the settings say it.
    func standard(_ kind: ModelKind) -> String? {
        switch kind {
        case .language: defaultModel
        case .embedding: embeddingModel
        case .hearing: hearingModel
        case .speaking: speakingModel
        case .seeing: seeingModel
        }
    }

    /// Whether only programs of this machine can reach the server.
    package var isLoopback: Bool { HostName(host).isLoopback }

    package var hasTLS: Bool { tlsCertificate != nil }
}
