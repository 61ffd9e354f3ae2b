import Hummingbird
import TuttiCheckpoints
import TuttiOpenAI

/// `/v1/uploads`: files that arrive in parts.
struct UploadRoutes: Routes {
    private let services: Services
    private let store: UploadStore

    init(_ services: Services) {
        self.services = services
        let store = UploadStore(
            files: FileStore(database: services.database, contents: services.contents))
        self.store = store
        services.jobs.whenStarted { try? await store.sweep() }
        services.jobs.everyMinute { try await store.expire() }
    }

    func add(to group: RouterGroup<APIContext>) {
        let uploads = group.group("uploads")
        uploads.post("", use: create)
        uploads.post(":id/parts", use: addPart)
        uploads.post(":id/complete", use: complete)
        uploads.post(":id/cancel", use: cancel)
    }

    @Sendable private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let wanted = try UploadRequest(
            try await json(request), maximumByteCount: services.settings.maximumUploadByteCount)
        return .json(try await store.create(wanted).json)
    }

    @Sendable private func addPart(_ request: Request, _ context: APIContext) async throws -> Response {
        let upload = try await store.pending(try id(context))
        let form = try await UploadForm(
            request, file: "data", contents: services.contents,
            maximumByteCount: min(64 << 20, services.settings.maximumUploadByteCount))
        guard let staged = form.file else {
            throw APIError.invalid(
                "Missing required parameter: 'data'. It is a part of the form.", param: "data",
                code: "missing_required_parameter")
        }
        guard staged.byteCount > 0 else {
            throw APIError.invalid("The part is empty.", param: "data", code: "empty_file")
        }
        return .json(try await store.add(staged, to: upload).json)
    }

    @Sendable private func complete(_ request: Request, _ context: APIContext) async throws -> Response {
        let fields = try Fields(try await json(request))
        guard let parts = try fields.strings("part_ids") else { throw fields.missing("part_ids") }
        let md5 = try fields.string("md5")
        return .json(try await store.complete(try id(context), parts: parts, md5: md5).json)
    }

    @Sendable private func cancel(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(try await store.cancel(try id(context)).json)
    }

    private func json(_ request: Request) async throws -> JSON {
        try await request.json(maximumByteCount: services.settings.maximumBodyByteCount)
    }

    private func id(_ context: APIContext) throws -> String { try context.parameters.require("id") }
}
