import Foundation
import Logging
import Synchronization
import Tutti
import TuttiOpenAI

/// Models that the server answers with: loaded on first use, put away when memory is short, never under a request.
final class ModelShelf: Sendable {
    /// A model that stays loaded for as long as somebody holds this.
    final class Lease<Model: Sendable>: Sendable {
        let model: Model
        /// The model's own name, as answers tell it.
        let name: String
        private let release: @Sendable () -> Void

        init(_ model: Model, name: String, release: @escaping @Sendable () -> Void) {
            self.model = model
            self.name = name
            self.release = release
        }

        deinit { release() }
    }

    /// A model in memory, as others see it.
    struct LoadedModel: Sendable {
        let name: String
        let kind: ModelKind
        /// What it may take, with its cache.
        let byteCount: Int
        let leases: Int
        /// What its engine does; nil for one that embeds.
        let statistics: EngineStatistics?
    }

    private enum Loaded: Sendable {
        case language(LanguageModel)
        case embedding(EmbeddingModel)
        /// Embeds pictures too.
        case contrastive(ContrastiveModel)
        case hearing(HearingModel)
        case speaking(SpeakingModel)
        case seeing(SeeingModel)

        var kind: ModelKind {
            switch self {
            case .language: .language
            case .embedding, .contrastive: .embedding
            case .hearing: .hearing
            case .speaking: .speaking
            case .seeing: .seeing
            }
        }
    }

    private enum Slot {
        case loading(Task<Loaded, any Error>)
        case loaded(Loaded)
    }

    private struct State {
        var space: ShelfSpace
        var slots: [String: Slot] = [:]
        var demands: [String: ShelfSpace.Demand] = [:]
    }

    let register: ModelRegister
    private let settings: ServerSettings
    private let meters: Meters
    private let logger: Logger
    private let state: Mutex<State>
    /// How long a request waits for memory that others use.
    private static let patienceSeconds = 60.0

    init(_ register: ModelRegister, settings: ServerSettings, meters: Meters, logger: Logger) {
        self.register = register
        self.settings = settings
        self.meters = meters
        self.logger = logger
        state = Mutex(State(space: ShelfSpace(budget: settings.memoryByteCount)))
    }

    /// The language model that a request names.
    /// - Throws: `APIError`: 404 for an unknown name, 400 for a model of another kind, 503 when memory is short.
    func language(_ name: String) async throws -> Lease<LanguageModel> {
        try await lease(name, .language) { if case .language(let model) = $0 { model } else { nil } }
    }

    /// The embedding model that a request names.
    /// - Throws: As ``language(_:)``.
    func embedder(_ name: String) async throws -> Lease<EmbeddingModel> {
        try await lease(name, .embedding) { if case .embedding(let model) = $0 { model } else { nil } }
    }

    /// The model that a request names, which embeds texts and pictures.
    /// - Throws: As ``language(_:)``.
    func contrastive(_ name: String) async throws -> Lease<ContrastiveModel> {
        try await lease(name, .embedding) { if case .contrastive(let model) = $0 { model } else { nil } }
    }

    /// The model that a request names, which hears; nil for the default one.
    /// - Throws: As ``language(_:)``.
    func ear(_ name: String? = nil) async throws -> Lease<HearingModel> {
        try await lease(name, .hearing) { if case .hearing(let model) = $0 { model } else { nil } }
    }

    /// The model that a request names, which speaks; nil for the default one.
    /// - Throws: As ``language(_:)``.
    func voice(_ name: String? = nil) async throws -> Lease<SpeakingModel> {
        try await lease(name, .speaking) { if case .speaking(let model) = $0 { model } else { nil } }
    }

    /// What looks at pictures for models without eyes.
    /// - Throws: As ``language(_:)``.
    func eyes() async throws -> Lease<SeeingModel> {
        try await lease(nil, .seeing) { if case .seeing(let model) = $0 { model } else { nil } }
    }

    private func lease<Model: Sendable>(
        _ name: String?, _ kind: ModelKind, _ of: (Loaded) -> Model?
    ) async throws -> Lease<Model> {
        let entry = try name.map { name throws(APIError) in try register.entry(name) } ?? register.standard(kind)
        guard entry.kind == kind else {
            throw APIError.invalid(
                "The model `\(name ?? entry.name)` \(entry.kind.use).", param: "model", code: "model_not_supported")
        }
        guard let model = of(try await lease(entry)) else { throw APIError.modelNotFound(entry.name) }
        return Lease(model, name: entry.name) { [self] in release(entry.name) }
    }

    /// What a model does, without loading it.
    func kind(_ name: String) throws(APIError) -> ModelKind { try register.entry(name).kind }

    /// Whether a model looks at pictures itself, without loading it.
    func sees(_ name: String) throws(APIError) -> Bool { try register.entry(name).sees }

    /// The models in memory, by name.
    var loaded: [LoadedModel] {
        state.withLock { state in
            state.slots.compactMap { name, slot -> LoadedModel? in
                guard case .loaded(let loaded) = slot, let place = state.space.places[name] else { return nil }
                var statistics: EngineStatistics?
                if case .language(let model) = loaded { statistics = model.engine.statistics }
                return LoadedModel(
                    name: name, kind: loaded.kind, byteCount: place.byteCount, leases: place.leases,
                    statistics: statistics)
            }.sorted { $0.name < $1.name }
        }
    }

    /// Loads a model before anybody asks for it.
    func preload(_ name: String) async throws {
        let entry = try register.entry(name)
        _ = try await lease(entry)
        release(entry.name)
    }

    private func release(_ name: String) { state.withLock { $0.space.giveBack(name) } }

    private enum Step {
        case ready(Loaded)
        case await(Task<Loaded, any Error>)
        case later
        case never(needs: Int)
    }

    /// Takes a lease on a model, and loads it if nobody has.
    private func lease(_ entry: ModelRegister.Entry) async throws -> Loaded {
        let demand = try await demand(of: entry)
        let deadline = ContinuousClock.now + .seconds(Self.patienceSeconds)
        while true {
            switch step(entry, demand) {
            case .ready(let loaded):
                return loaded
            case .await(let task):
                return try await task.value
            case .never(let needs):
                throw APIError(
                    status: 503,
                    message:
                        "The model `\(entry.name)` needs \(ByteText(needs)) of memory, and the server may use \(ByteText(settings.memoryByteCount)) (--memory).",
                    type: "server_error", code: "insufficient_memory", retryAfterSeconds: 600)
            case .later:
                guard ContinuousClock.now < deadline else {
                    throw APIError.overloaded(
                        "Memory for the model `\(entry.name)` is in use by requests to other models. Try again when they have ended.",
                        retryAfterSeconds: 10)
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    private func step(_ entry: ModelRegister.Entry, _ demand: ShelfSpace.Demand) -> Step {
        var discarded: [Slot] = []
        let step = state.withLock { state -> Step in
            switch state.slots[entry.name] {
            case .loaded(let loaded):
                state.space.take(entry.name)
                return .ready(loaded)
            case .loading(let task):
                state.space.take(entry.name)
                return .await(task)
            case nil: break
            }
            switch state.space.room(for: demand) {
            case .never: return .never(needs: demand.leastByteCount)
            case .later: return .later
            case .here(let evicting, let byteCount):
                for name in evicting {
                    state.slots.removeValue(forKey: name).map { discarded.append($0) }
                    state.space.remove(name)
                    meters.unloaded(name)
                    logger.info("model put away", metadata: ["model": "\(name)"])
                }
                state.space.put(entry.name, byteCount: byteCount)
                state.space.take(entry.name)
                let cache = byteCount - demand.fixedByteCount
                let task = Task { try await load(entry, cacheByteCount: cache) }
                state.slots[entry.name] = .loading(task)
                return .await(task)
            }
        }
        // Models end outside the lock, and before the next one is loaded.
        discarded.removeAll()
        return step
    }

    private func load(_ entry: ModelRegister.Entry, cacheByteCount: Int) async throws -> Loaded {
        let start = ContinuousClock.now
        do {
            let loaded: Loaded
            switch entry.kind {
            case .language:
                var options = LoadOptions()
                options.engine.maximumSequences = settings.maximumSequences
                options.engine.maximumWaiting = settings.maximumWaiting
                options.engine.context = settings.context.map { min($0, entry.context ?? $0) }
                if cacheByteCount > 0 { options.engine.cacheByteCount = cacheByteCount }
                options.threads = settings.threads
                loaded = .language(
                    try await LanguageModel.load(
                        file: entry.location, name: entry.name, options: options, store: register.store))
            case .embedding where entry.sees:
                loaded = .contrastive(
                    try await ContrastiveModel.load(
                        entry.location.path, threads: settings.threads, store: register.store))
            case .embedding:
                loaded = .embedding(
                    try await EmbeddingModel.load(
                        entry.location.path, threads: settings.threads, store: register.store))
            case .hearing:
                loaded = .hearing(
                    try await HearingModel.load(
                        entry.location.path, threads: settings.threads, store: register.store))
            case .speaking:
                loaded = .speaking(
                    try await SpeakingModel.load(
                        entry.location.path, threads: settings.threads, store: register.store))
            case .seeing:
                loaded = .seeing(
                    try await SeeingModel.load(
                        entry.location.path, threads: settings.threads, store: register.store))
            }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            state.withLock { $0.slots[entry.name] = .loaded(loaded) }
            meters.loaded(entry.name, seconds: seconds)
            logger.info(
                "model loaded", metadata: ["model": "\(entry.name)", "seconds": "\((seconds * 10).rounded() / 10)"])
            return loaded
        } catch {
            state.withLock { state in
                state.slots[entry.name] = nil
                state.space.remove(entry.name)
            }
            logger.error("model cannot be loaded", metadata: ["model": "\(entry.name)", "reason": "\(error)"])
            throw APIError(
                status: 500, message: "The model `\(entry.name)` cannot be loaded: \(error)", type: "server_error",
                code: "model_not_loaded")
        }
    }

    /// What a model would take of memory; read from its header once.
    private func demand(of entry: ModelRegister.Entry) async throws -> ShelfSpace.Demand {
        if let known = state.withLock({ $0.demands[entry.name] }) { return known }
        let demand = Self.demand(of: entry, context: settings.context, threads: settings.threads)
        state.withLock { $0.demands[entry.name] = demand }
        return demand
    }

    private static func demand(of entry: ModelRegister.Entry, context: Int?, threads: Int?) -> ShelfSpace.Demand {
        guard entry.kind == .language, let card = try? ModelCard(file: entry.location.path), let shape = card.shape,
            let forecast = threads.map({ card.memory(threads: $0) }) ?? card.memory()
        else {
            // An encoder's weights are computed with as they are; its tokenizer and its pages are small.
            return ShelfSpace.Demand(fixedByteCount: entry.byteCount + (64 << 20))
        }
        let tokens = min(context ?? shape.context, shape.context)
        let one = forecast.cacheByteCount(.f16, tokens: tokens) ?? 0
        let most = max(one, min(one * 4, Memory.totalByteCount / 4))
        return ShelfSpace.Demand(
            fixedByteCount: forecast.weightByteCount + forecast.embeddingByteCount + forecast.scratchByteCount,
            leastCacheByteCount: one, cacheByteCount: most)
    }
}
