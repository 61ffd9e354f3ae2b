import ArgumentParser
import Foundation
import Tutti
import TuttiServer

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve models over the OpenAI API.",
        discussion: """
            A program that uses OpenAI's own client points its base URL here and goes on. Without a key the server \
            listens on this machine only. TUTTI_API_KEY in the environment is a key that may do everything; \
            `tutti keys` makes others.

            What can be set by a flag can also be set in the environment (TUTTI_ and the flag's name, such as \
            TUTTI_MAX_SEQUENCES) and in a JSON file (--config); --print-config shows what is in force.

            Examples:
              tutti serve
              tutti serve --model qwen2.5-coder-0.5b --model minilm --port 8000
              TUTTI_API_KEY=sk-mine tutti serve --host 0.0.0.0
              tutti serve --alias gpt-4o=qwen2.5-coder-1.5b --print-config
            """)

    @OptionGroup(title: "Address") var address: AddressOptions
    @OptionGroup(title: "Models") var models: ServedModelOptions
    @OptionGroup(title: "Limits") var limits: LimitOptions
    @OptionGroup(title: "Logs and configuration") var others: OtherServerOptions

    @Flag(help: "Show every setting, its value and where that came from, and do nothing else.")
    var printConfig = false

    func run() async throws {
        var flags: [SettingKey: SettingValue] = [:]
        for values in [address.values, models.values, limits.values, others.values] {
            flags.merge(values) { $1 }
        }
        let (settings, ledger) = try await ServerSettings.read(flags: flags, file: others.configFile)
        if printConfig { return try show(ledger) }
        let server = try APIServer(settings, store: try ModelStore()) { ServeReport.show($0, settings) }
        try await server.run()
        // The process's own clearing up must not meet an engine that is still computing.
        throw ExitCode(0)
    }

    private func show(_ ledger: SettingsLedger) throws {
        var table = Table("SETTING", "VALUE", "FROM")
        for entry in ledger.entries { table.append(entry.key, entry.value, entry.source) }
        try Output.line(table.text)
    }
}

/// Where the server listens, and whom it lets in.
struct AddressOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The address to listen on (default: 127.0.0.1).", valueName: "address"))
    var host: String?

    @Option(help: ArgumentHelp("The port to listen on; 0 takes a free one (default: 8080).", valueName: "n"))
    var port: Int?

    @Option(
        help: ArgumentHelp("The certificate chain for TLS, in PEM.", valueName: "file"), completion: .file())
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The certificate's private key, in PEM.", valueName: "file"), completion: .file())
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "Let pages of this origin (https://app.example) use the server; may be repeated.", valueName: "origin"))
    var cors: [String] = []

    @Option(
        help: ArgumentHelp(
            "A further name that leads here, where no key is asked for; may be repeated.", valueName: "name"))
    var allowHost: [String] = []

    var values: [SettingKey: SettingValue] {
        var values: [SettingKey: SettingValue] = [:]
        values[.host] = host.map { .string($0) }
        values[.port] = port.map { .int($0) }
        values[.tlsCertificate] = tlsCertificate.map { .string($0) }
        values[.tlsKey] = tlsKey.map { .string($0) }
        if !cors.isEmpty { values[.cors] = .strings(cors) }
        if !allowHost.isEmpty { values[.allowHost] = .strings(allowHost) }
        return values
    }
}

/// Which models are served, and what they may use.
struct ServedModelOptions: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "Load this model before anybody asks; may be repeated. The first answers to OpenAI's names.",
            valueName: "model"))
    var model: [String] = []

    @Option(
        help: ArgumentHelp("Another name for a model; may be repeated.", valueName: "name=model"))
    var alias: [String] = []

    @Option(help: ArgumentHelp("What OpenAI's chat names stand for.", valueName: "model"))
    var defaultModel: String?

    @Option(help: ArgumentHelp("What OpenAI's embedding names stand for.", valueName: "model"))
    var embeddingModel: String?

    @Option(help: ArgumentHelp("What whisper-1 and the like stand for, and what hears in a chat.", valueName: "model"))
    var hearingModel: String?

    @Option(help: ArgumentHelp("What tts-1 and the like stand for, and what speaks in a chat.", valueName: "model"))
    var speakingModel: String?

    @Option(help: ArgumentHelp("What looks at pictures for models without eyes.", valueName: "model"))
    var seeingModel: String?

    @Option(
        help: ArgumentHelp(
            "What all models in memory may take, in bytes; the one unused the longest makes room (default: 80 % of the machine's).",
            valueName: "bytes"))
    var memory: Int?

    @Option(parsing: .unconditional, help: ArgumentHelp("Threads to compute on (default: every core).", valueName: "n"))
    var threads: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The longest sequence, in tokens (default: each model's own).", valueName: "tokens"))
    var context: Int?

    @Option(help: ArgumentHelp("Requests that a model computes at once (default: 16).", valueName: "n"))
    var maxSequences: Int?

    @Option(help: ArgumentHelp("Requests that may wait for a model; more get 503 (default: 256).", valueName: "n"))
    var maxWaiting: Int?

    @Option(
        help: ArgumentHelp(
            "Tokens of a conversation that stay when truncation lets turns leave (default: 3072).", valueName: "n"))
    var truncatedTokens: Int?

    var values: [SettingKey: SettingValue] {
        var values: [SettingKey: SettingValue] = [:]
        if !model.isEmpty { values[.model] = .strings(model) }
        if !alias.isEmpty { values[.alias] = .strings(alias) }
        values[.defaultModel] = defaultModel.map { .string($0) }
        values[.embeddingModel] = embeddingModel.map { .string($0) }
        values[.hearingModel] = hearingModel.map { .string($0) }
        values[.seeingModel] = seeingModel.map { .string($0) }
        values[.speakingModel] = speakingModel.map { .string($0) }
        for (key, value) in [
            (SettingKey.memory, memory), (.threads, threads), (.context, context), (.maximumSequences, maxSequences),
            (.maximumWaiting, maxWaiting), (.truncatedTokens, truncatedTokens),
        ] {
            values[key] = value.map { .int($0) }
        }
        return values
    }
}

/// How much a client may ask for.
struct LimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Requests a minute for each key (default: 10000).", valueName: "n"))
    var requestsPerMinute: Int?

    @Option(help: ArgumentHelp("Tokens a minute for each key (default: 10000000).", valueName: "n"))
    var tokensPerMinute: Int?

    @Option(help: ArgumentHelp("The longest body of a request (default: 33554432).", valueName: "bytes"))
    var maxBody: Int?

    @Option(help: ArgumentHelp("The longest body that carries a file (default: 536870912).", valueName: "bytes"))
    var maxUpload: Int?

    @Option(help: ArgumentHelp("Connections at once; more wait (default: 1024).", valueName: "n"))
    var maxConnections: Int?

    @Option(
        help: ArgumentHelp(
            "How long a request may take, from its head to the end of its answer (default: 3600).",
            valueName: "seconds"))
    var requestSeconds: Int?

    @Option(
        help: ArgumentHelp("How long running requests may go on after SIGTERM (default: 30).", valueName: "seconds"))
    var drainSeconds: Int?

    @Flag(help: "Fetch URLs that requests name; never from private addresses.")
    var fetchUrls = false

    var values: [SettingKey: SettingValue] {
        var values: [SettingKey: SettingValue] = [:]
        for (key, value) in [
            (SettingKey.requestsPerMinute, requestsPerMinute), (.tokensPerMinute, tokensPerMinute),
            (.maximumBody, maxBody), (.maximumUpload, maxUpload), (.maximumConnections, maxConnections),
            (.requestSeconds, requestSeconds), (.drainSeconds, drainSeconds),
        ] {
            values[key] = value.map { .int($0) }
        }
        if fetchUrls { values[.fetchUrls] = .bool(true) }
        return values
    }
}

/// Where the server keeps and says things.
struct OtherServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the database and the files lie (default: `server` in the model store).", valueName: "folder"),
        completion: .directory)
    var data: String?

    @Option(
        help: ArgumentHelp("A JSON file with settings (default: TUTTI_CONFIG, if set).", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var config: String?

    @Option(help: ArgumentHelp("logfmt or json (default: logfmt).", valueName: "format"))
    var logFormat: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error (default: info).", valueName: "level"))
    var logLevel: String?

    var configFile: String? {
        config ?? ProcessInfo.processInfo.environment["TUTTI_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
    }

    var values: [SettingKey: SettingValue] {
        var values: [SettingKey: SettingValue] = [:]
        values[.data] = data.map { .string($0) }
        values[.logFormat] = logFormat.map { .string($0) }
        values[.logLevel] = logLevel.map { .string($0) }
        return values
    }
}

/// What the server says on standard error while it starts and stops.
enum ServeReport {
    static func show(_ event: APIServer.Event, _ settings: ServerSettings) {
        switch event {
        case .listening(let host, let port):
            Output.note("tutti \(tuttiVersion) listens on \(url(host, port, settings))")
            Output.note(example(host, port, settings))
        case .loading(let model): Output.note("loading \(model) …")
        case .loaded(let model, let seconds): Output.note("loaded \(model) in \(seconds.text(digits: 1)) s")
        case .failed(let model, let reason): Output.note("tutti: \(model) cannot be loaded: \(reason)")
        case .ready: Output.note("ready; Ctrl-C stops")
        case .stopping(let running):
            Output.note(running == 0 ? "stopping" : "stopping when \(running) running requests have ended")
        }
    }

    private static func url(_ host: String, _ port: Int, _ settings: ServerSettings) -> String {
        let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        return "\(settings.hasTLS ? "https" : "http")://\(name):\(port)"
    }

    /// A line to try.
    private static func example(_ host: String, _ port: Int, _ settings: ServerSettings) -> String {
        let key = settings.apiKey == nil ? "" : " -H \"Authorization: Bearer $TUTTI_API_KEY\""
        let place = url(["0.0.0.0", "::"].contains(host) ? "127.0.0.1" : host, port, settings)
        return """
              curl \(place)/v1/chat/completions\(key) -H 'Content-Type: application/json' \
            -d '{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "What is a fugue?"}]}'
              reference: \(place)/docs
            """
    }
}
