import Logging
import Synchronization
import Tutti
import TuttiCheckpoints
import TuttiOpenAI

/// Responses that are made while nobody listens, and whose streams can be read at any time.
final class BackgroundResponses: Sendable {
    private let services: Services
    private let logs = Mutex<[String: ResponseLog]>([:])
    /// How many are computed at the same time; the others wait.
    private let gate = Gate(width: 8)

    init(_ services: Services) {
        self.services = services
        services.jobs.whenStarted { [self] in await resume() }
    }

    /// Stores a response as queued, and begins when there is room.
    /// - Returns: The queued response as the API tells it.
    func start(_ answer: ResponseAnswer) async throws -> JSON {
        // What the model refuses is refused now.
        try answer.checkLength()
        var composer = try answer.composer()
        let events = composer.queue(), id = answer.response.id
        try await answer.store.add(composer.response, input: answer.input, events: events)
        run(id, composer, answer)
        return composer.response.json
    }

    /// Ends a response that goes on as cancelled; one that is over stays as it is.
    func cancel(_ id: String, of project: Project) async throws {
        guard try await services.responses(of: project).end(id, as: .cancelled) != nil else { return }
        services.jobs.cancel(Self.job(id))
        await logs.withLock { $0.removeValue(forKey: id) }?.end()
    }

    /// Tells the events of a response after a sequence number, to its end.
    func follow(
        _ id: String, of project: Project, after number: Int, _ tell: (JSON) async throws -> Void
    ) async throws {
        let store = services.responses(of: project)
        var number = number
        while true {
            // Looked up before reading: what it logs in between is waited for in vain otherwise.
            let log = logs.withLock { $0[id] }
            let events = try await store.events(of: id, after: number)
            for event in events {
                try await tell(event)
                number = event["sequence_number"]?.int ?? number
            }
            guard events.isEmpty else { continue }
            guard let log else { return }
            try await log.change(after: number)
        }
    }

    /// Takes up what an earlier process left: what had not begun is begun, what had is told to have failed.
    private func resume() async {
        do {
            for unfinished in try await ResponseStore.unfinished(services.database) {
                guard unfinished.status == .queued else {
                    _ = try await services.responses(of: unfinished.project).end(
                        unfinished.id, as: .failed,
                        error: APIError(
                            status: 500, message: "The server was stopped while it made this response. Ask again.",
                            type: "server_error"))
                    continue
                }
                try await restart(unfinished)
            }
        } catch {
            services.logger.error("responses of the background are not resumed", metadata: ["reason": "\(error)"])
        }
    }

    private func restart(_ unfinished: ResponseStore.Unfinished) async throws {
        let id = unfinished.id, store = services.responses(of: unfinished.project)
        let input = try await store.input(of: id)
        let number = try await store.events(of: id, after: -1).count
        let createdAt = unfinished.body["created_at"]?.int ?? Clock.now
        do {
            let request = try ResponseRequest(unfinished.request)
            let answer = try await ResponseAnswer(
                request, services, of: unfinished.project, priority: .batch, id: id, createdAt: createdAt, input: input)
            var response = answer.response
            response.status = .queued
            run(id, try answer.composer(response, number: number), answer)
        } catch let error as APIError {
            _ = try await store.end(id, as: .failed, error: error)
        }
    }

    private static func job(_ id: String) -> String { "response \(id)" }

    private func run(_ id: String, _ composer: ResponseComposer, _ answer: ResponseAnswer) {
        let log = ResponseLog(id, answer.store)
        logs.withLock { $0[id] = log }
        services.jobs.start(Self.job(id)) { [self] in
            do {
                try await gate.pass { try await compute(answer, composer, log) }
            } catch is CancellationError {
                // Cancelled by its owner, or left for the next start of the server.
            } catch {
                services.logger.error(
                    "a response of the background is lost", metadata: ["id": "\(id)", "reason": "\(error)"])
            }
            logs.withLock { _ = $0.removeValue(forKey: id) }
            await log.end()
        }
    }

    private func compute(_ answer: ResponseAnswer, _ composer: ResponseComposer, _ log: ResponseLog) async throws {
        var composer = composer, last: [JSON] = []
        do {
            let stream = try await begin(answer)
            let events = composer.begin()
            guard try await answer.store.update(composer.response, input: answer.input, events: events) else { return }
            await log.tell(events)
            var count = answer.count
            for try await event in stream {
                count.take(event)
                last = composer.take(event)
                guard !composer.response.status.isFinal else { break }
                if !last.isEmpty { await log.post(last) }
                last = []
            }
            try Task.checkCancellation()
            try await log.flush()
        } catch {
            guard !Task.isCancelled, !(error is CancellationError) else { throw CancellationError() }
            last = composer.fail(ErrorMapping.apiError(error, prompt: "input") ?? .internalError)
        }
        _ = try await answer.store.update(composer.response, input: answer.input, events: last)
        await log.tell(last)
    }

    /// Begins; where too many requests wait for the model, once fewer do.
    private func begin(_ answer: ResponseAnswer) async throws -> TurnStream {
        while true {
            do {
                return try answer.begin()
            } catch EngineError.queueFull {
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }
}
