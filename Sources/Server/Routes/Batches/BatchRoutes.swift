import Hummingbird
import TuttiCheckpoints
import TuttiOpenAI

/// `/v1/batches`: many requests in a file, answered when there is time.
struct BatchRoutes: Routes {
    private let services: Services
    private let gate = BatchRunner.gate()

    /// `completion_window`: there is one.
    static let windowSeconds = 24 * 3600

    init(_ services: Services) {
        self.services = services
        services.jobs.whenStarted { [gate] in await BatchRunner.resume(services, gate) }
    }

    func add(to group: RouterGroup<APIContext>) {
        let batches = group.group("batches")
        batches.post("", use: create)
        batches.get("", use: list)
        batches.get(":id", use: retrieve)
        batches.post(":id/cancel", use: cancel)
    }

    @Sendable private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let runner = runner(context)
        let body = try await services.json(of: request)
        let wanted = try BatchRequest(body, endpoints: services.endpoints.paths)
        let file: FileObject
        do {
            file = try await runner.files.file(wanted.inputFileID)
        } catch let error as APIError where error.status == 404 {
            throw APIError.invalid(
                "No such File object: \(wanted.inputFileID)", param: "input_file_id", code: "invalid_value")
        }
        guard file.purpose == "batch" else {
            throw APIError.invalid(
                "The file \(file.id) was sent for '\(file.purpose)', and must be for 'batch'.", param: "input_file_id",
                code: "invalid_value")
        }
        let now = Clock.now
        let batch = BatchObject(
            id: Identifier.make("batch_"), createdAt: now, endpoint: wanted.endpoint, inputFileID: file.id,
            expiresAt: now + Self.windowSeconds, metadata: wanted.metadata,
            outputLifetimeSeconds: wanted.outputLifetime?.seconds)
        try await runner.store.add(batch)
        runner.start(batch.id)
        return .json(batch.json)
    }

    @Sendable private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try request.page()
        return .json(try await runner(context).store.list(query).json)
    }

    @Sendable private func retrieve(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(try await runner(context).store.batch(try context.id).json)
    }

    @Sendable private func cancel(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(try await runner(context).cancel(try context.id).json)
    }

    private func runner(_ context: APIContext) -> BatchRunner { BatchRunner(services, of: context.project, gate) }
}
