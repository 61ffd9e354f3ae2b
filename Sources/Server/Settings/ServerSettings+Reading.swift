import Configuration
import Foundation
import OrderedCollections
import TuttiCheckpoints

extension ServerSettings {
    /// Reads the settings: flags before the environment, that before the file, that before the defaults.
    /// - Parameters:
    ///   - flags: What was given on the command line.
    ///   - file: A JSON file with an object of settings; nil for none.
    /// - Returns: The settings, and where each came from.
    /// - Throws: ``SettingsError``.
    package static func read(
        flags: [SettingKey: SettingValue], environment: [String: String] = ProcessInfo.processInfo.environment,
        file: String?
    ) async throws -> (settings: ServerSettings, ledger: SettingsLedger) {
        let ledger = SettingsLedger(file: file)
        // An empty variable counts as one that is not set.
        let own = environment.filter { $0.key.hasPrefix("TUTTI_") && !$0.value.isEmpty }
        var providers: [any ConfigProvider] = [
            InMemoryProvider(name: "flag", values: values(flags)),
            EnvironmentVariablesProvider(environmentVariables: own).prefixKeys(with: "tutti"),
        ]
        if let file { providers.append(try await fileProvider(file)) }
        providers.append(InMemoryProvider(name: "default", values: defaults))
        let settings = try ServerSettings(
            SettingsReader(reader: ConfigReader(providers: providers, accessReporter: ledger)), ledger)
        return (settings, ledger)
    }

    private static func values(_ flags: [SettingKey: SettingValue]) -> [AbsoluteConfigKey: ConfigValue] {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (key, value) in flags {
            let content: ConfigContent =
                switch value {
                case .string(let text): .string(text)
                case .int(let value): .int(value)
                case .bool(let value): .bool(value)
                case .strings(let texts): .stringArray(texts)
                }
            values[AbsoluteConfigKey([key.rawValue])] = ConfigValue(content, isSecret: false)
        }
        return values
    }

    private static var defaults: [AbsoluteConfigKey: ConfigValue] {
        let settings = ServerSettings()
        return values([
            .host: .string(settings.host), .port: .int(settings.port), .model: .strings([]), .alias: .strings([]),
            .memory: .int(settings.memoryByteCount), .maximumSequences: .int(settings.maximumSequences),
            .maximumWaiting: .int(settings.maximumWaiting), .truncatedTokens: .int(settings.truncatedTokens),
            .allowHost: .strings([]), .cors: .strings([]),
            .maximumBody: .int(settings.maximumBodyByteCount), .maximumUpload: .int(settings.maximumUploadByteCount),
            .maximumConnections: .int(settings.maximumConnections),
            .requestsPerMinute: .int(settings.requestsPerMinute), .tokensPerMinute: .int(settings.tokensPerMinute),
            .requestSeconds: .int(settings.requestSeconds), .headSeconds: .int(settings.headSeconds),
            .bodySeconds: .int(settings.bodySeconds), .idleSeconds: .int(settings.idleSeconds),
            .stallSeconds: .int(settings.stallSeconds), .drainSeconds: .int(settings.drainSeconds),
            .idempotencyHours: .int(settings.idempotencyHours), .fetchUrls: .bool(settings.fetchesURLs),
            .maximumFetch: .int(settings.maximumFetchByteCount), .logFormat: .string(settings.logFormat.rawValue),
            .logLevel: .string(settings.logLevel),
        ])
    }

    /// The file's provider, after a look for words in it that nobody would read.
    private static func fileProvider(_ file: String) async throws -> any ConfigProvider {
        let content: JSON
        do {
            content = try JSON(parsing: try Data(contentsOf: URL(filePath: file)))
        } catch let error as JSONError {
            throw SettingsError.badFile(file, reason: "\(error)")
        } catch {
            throw SettingsError.badFile(file, reason: "it cannot be read")
        }
        guard let members = content.object else { throw SettingsError.badFile(file, reason: "it holds no JSON object") }
        let known = SettingKey.allCases.map(\.rawValue)
        if let odd = members.keys.first(where: { !known.contains($0.text) }) {
            throw SettingsError.unknownKey(odd.text, file: file, known: known)
        }
        let place = InMemoryProvider(
            values: [AbsoluteConfigKey(["filePath"]): ConfigValue(.string(file), isSecret: false)])
        do {
            return try await FileProvider<JSONSnapshot>(config: ConfigReader(provider: place))
        } catch {
            throw SettingsError.badFile(file, reason: "\(error)")
        }
    }

    private init(_ reader: SettingsReader, _ ledger: SettingsLedger) throws {
        self.init()
        host = reader.string(.host) ?? host
        port = reader.int(.port) ?? port
        models = reader.strings(.model)
        defaultModel = reader.string(.defaultModel)
        embeddingModel = reader.string(.embeddingModel)
        hearingModel = reader.string(.hearingModel)
        seeingModel = reader.string(.seeingModel)
        speakingModel = reader.string(.speakingModel)
        let names = reader.strings(.alias)
        dataFolder = reader.string(.data).map { URL(filePath: $0, directoryHint: .isDirectory) }
        memoryByteCount = reader.int(.memory) ?? memoryByteCount
        threads = reader.int(.threads)
        context = reader.int(.context)
        maximumSequences = reader.int(.maximumSequences) ?? maximumSequences
        maximumWaiting = reader.int(.maximumWaiting) ?? maximumWaiting
        truncatedTokens = reader.int(.truncatedTokens) ?? truncatedTokens
        apiKey = reader.string(.apiKey, isSecret: true)
        hosts = reader.strings(.allowHost)
        corsOrigins = reader.strings(.cors)
        tlsCertificate = reader.string(.tlsCertificate)
        tlsKey = reader.string(.tlsKey)
        maximumBodyByteCount = reader.int(.maximumBody) ?? maximumBodyByteCount
        maximumUploadByteCount = reader.int(.maximumUpload) ?? maximumUploadByteCount
        maximumConnections = reader.int(.maximumConnections) ?? maximumConnections
        requestsPerMinute = reader.int(.requestsPerMinute) ?? requestsPerMinute
        tokensPerMinute = reader.int(.tokensPerMinute) ?? tokensPerMinute
        requestSeconds = reader.int(.requestSeconds) ?? requestSeconds
        headSeconds = reader.int(.headSeconds) ?? headSeconds
        bodySeconds = reader.int(.bodySeconds) ?? bodySeconds
        idleSeconds = reader.int(.idleSeconds) ?? idleSeconds
        stallSeconds = reader.int(.stallSeconds) ?? stallSeconds
        drainSeconds = reader.int(.drainSeconds) ?? drainSeconds
        idempotencyHours = reader.int(.idempotencyHours) ?? idempotencyHours
        fetchesURLs = reader.bool(.fetchUrls) ?? fetchesURLs
        maximumFetchByteCount = reader.int(.maximumFetch) ?? maximumFetchByteCount
        let format = reader.string(.logFormat) ?? logFormat.rawValue
        logLevel = reader.string(.logLevel) ?? logLevel
        if let problem = ledger.problem { throw problem }
        guard let known = LogFormat(rawValue: format) else {
            throw SettingsError.wrongValue(
                key: "logFormat", problem: "it is `\(format)`, but logfmt and json are known")
        }
        logFormat = known
        aliases = try Self.aliases(names)
        try check()
    }

    /// Reads `NAME=MODEL` texts.
    private static func aliases(_ texts: [String]) throws -> [String: String] {
        var aliases: [String: String] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw SettingsError.wrongValue(key: "alias", problem: "`\(text)` is not of the form NAME=MODEL")
            }
            aliases[parts[0]] = parts[1]
        }
        return aliases
    }
}

/// Reads settings by their keys.
private struct SettingsReader {
    let reader: ConfigReader

    func string(_ key: SettingKey, isSecret: Bool = false) -> String? {
        reader.string(forKey: ConfigKey([key.rawValue]), isSecret: isSecret)
    }

    func int(_ key: SettingKey) -> Int? { reader.int(forKey: ConfigKey([key.rawValue])) }
    func bool(_ key: SettingKey) -> Bool? { reader.bool(forKey: ConfigKey([key.rawValue])) }
    func strings(_ key: SettingKey) -> [String] { reader.stringArray(forKey: ConfigKey([key.rawValue])) ?? [] }
}
