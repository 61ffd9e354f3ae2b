import Foundation
import HTTPTypes
package import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
package import Tutti

/// The server: OpenAI's API over the models of this machine.
package struct APIServer: Sendable {
    /// What it tells whoever started it.
    package enum Event: Sendable {
        case listening(host: String, port: Int)
        case loading(model: String)
        case loaded(model: String, seconds: Double)
        case failed(model: String, reason: String)
        case ready
        case stopping(running: Int)
    }

    let services: Services
    let keys: KeyRing
    let listening = Milestone()
    let ready = Milestone()
    let stopping = Milestone()
    let routes = RouteTable()
    private let lock: FolderLock?
    private let report: @Sendable (Event) -> Void

    /// - Parameters:
    ///   - store: Where the models lie.
    ///   - report: Called as things happen.
    /// - Throws: ``SettingsError``, ``ServerDatabaseError``, `StoreError` for a model that is not there.
    package init(
        _ settings: ServerSettings, store: ModelStore, report: @escaping @Sendable (Event) -> Void = { _ in }
    ) throws {
        try settings.check()
        let level = Logger.Level(rawValue: settings.logLevel)
        guard let level else {
            throw SettingsError.wrongValue(
                key: "logLevel",
                problem:
                    "it is `\(settings.logLevel)`, but \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")) are known"
            )
        }
        let logger = Logger(label: "tutti") { _ in LineLog(settings.logFormat, level: level) }
        let database = try ServerDatabase(folder: settings.folder(home: store.home))
        keys = KeyRing(KeyStore(database), ownKey: settings.apiKey, logger: logger)
        guard settings.isLoopback || keys.demandsKey else { throw SettingsError.needsKey(host: settings.host) }
        if settings.corsOrigins.contains("*"), !keys.demandsKey {
            throw SettingsError.wrongValue(
                key: "cors", problem: "`*` lets every page on the web use the server, so it needs a key (TUTTI_API_KEY)"
            )
        }
        lock = try FolderLock(database.folder)
        let meters = Meters()
        let register = try ModelRegister(store: store, settings: settings)
        services = Services(
            settings: settings,
            models: ModelShelf(register, settings: settings, meters: meters, logger: logger),
            database: database, contents: try FileContents(folder: database.folder),
            jobs: Jobs(logger: logger, drainSeconds: settings.drainSeconds), meters: meters, logger: logger)
        self.report = report
    }

    /// What answers requests.
    func router() -> Router<APIContext> {
        let settings = services.settings, meters = services.meters
        let router = Router(context: APIContext.self, options: [.autoGenerateHeadEndpoints])
        router.add(middleware: RecordMiddleware(meters: meters, routes: routes, logger: services.logger))
        router.add(
            middleware: OriginMiddleware(
                rules: OriginRules(settings), demandsKey: { [keys] in keys.demandsKey }, meters: meters))
        router.add(middleware: DrainMiddleware(stopping: stopping, meters: meters))
        router.add(middleware: KeyMiddleware(keys: keys, meters: meters))
        router.add(
            middleware: LimitMiddleware(
                settings: settings,
                limiter: RateLimiter(
                    requestsPerMinute: settings.requestsPerMinute, tokensPerMinute: settings.tokensPerMinute),
                meters: meters))
        router.add(middleware: DeadlineMiddleware(seconds: settings.requestSeconds))
        router.add(
            middleware: IdempotencyMiddleware(
                store: IdempotencyStore(services.database, lifetime: Double(settings.idempotencyHours) * 3600),
                maximumByteCount: settings.maximumBodyByteCount))
        router.add(middleware: PresenceMiddleware())
        ServiceRoutes(services: services, stopping: stopping, ready: ready).add(to: router)
        let group = router.group("v1")
        for part in ServerRoutes.parts {
            let part = part.init(services)
            part.add(to: group)
            services.endpoints.add(part.endpoints)
        }
        routes.set(
            router.routes.map { RouteTable.Route(method: $0.method.rawValue, path: $0.path.description) })
        return router
    }

    /// What listens and answers, without what belongs to a process: signals, and models loaded ahead.
    package func application() throws -> some ApplicationProtocol {
        let settings = services.settings
        let limits = ConnectionLimits(settings)
        let http = HTTPServerBuilder.http1(
            configuration: .init(
                additionalChannelHandlers: [ConnectionWatch(limits)],
                idleTimeout: .seconds(Int64(settings.idleSeconds))))
        return Application(
            responder: router().buildResponder(), server: try tls(http),
            configuration: .init(
                address: .hostname(HostName(settings.host).name, port: settings.port),
                availableConnectionsDelegate: MaximumAvailableConnections(settings.maximumConnections)),
            onServerRunning: { [report, listening] channel in
                listening.reach()
                report(.listening(host: settings.host, port: channel.localAddress?.port ?? settings.port))
            },
            logger: frameLogger)
    }

    /// What the frame below says is of interest only when it is a warning.
    private var frameLogger: Logger {
        var logger = services.logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }

    /// Every method of every path, such as `GET /v1/models`.
    package var routeNames: [String] { routes.routes.map(\.description) }

    /// Serves until the process is told to stop (SIGTERM, SIGINT): running requests end first, for a bounded time.
    package func run() async throws {
        let settings = services.settings
        let application = try application()
        // Stopped in the opposite order: draining comes before the socket is closed.
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: application),
                    .init(service: services.jobs, successTerminationBehavior: .ignore),
                    .init(
                        service: PreloadService(
                            models: services.models, listening: listening, ready: ready, report: report),
                        successTerminationBehavior: .ignore),
                    .init(
                        service: DrainService(
                            stopping: stopping, meters: services.meters, seconds: settings.drainSeconds, report: report)
                    ),
                ],
                logger: frameLogger))
        let signals = StopSignals()
        do {
            try await signals.stopping(group) { try await group.run() }
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw SettingsError.wrongValue(
                key: "port", problem: "another program listens on \(settings.host):\(settings.port) already (--port)")
        }
    }

    private func tls(_ http: HTTPServerBuilder) throws -> HTTPServerBuilder {
        guard let certificate = services.settings.tlsCertificate, let key = services.settings.tlsKey else {
            return http
        }
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(certificate).map { NIOSSLCertificateSource.certificate($0) }
            let secret = try NIOSSLPrivateKey(file: key, format: .pem)
            return try .tls(
                http,
                tlsConfiguration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(secret)))
        } catch {
            throw SettingsError.wrongValue(
                key: "tlsCertificate", problem: "\(certificate) and \(key) cannot be used: \(error)")
        }
    }
}
