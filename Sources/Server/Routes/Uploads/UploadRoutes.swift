import Hummingbird
import TuttiCheckpoints
import TuttiOpenAI

/// `/v1/uploads`: files that arrive in parts.
struct UploadRoutes: Routes {
    private let services: Services

    init(_ services: Services) {
        self.services = services
        // What is too old or left over goes, whosever it is.
        let store = services.uploads(of: .standard)
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
            try await services.json(of: request), maximumByteCount: services.settings.maximumUploadByteCount)
        return .json(try await store(context).create(wanted).json)
    }

    @Sendable private func addPart(_ request: Request, _ context: APIContext) async throws -> Response {
        let upload = try await store(context).pending(try context.id)
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
        return .json(try await store(context).add(staged, to: upload).json)
    }

    @Sendable private func complete(_ request: Request, _ context: APIContext) async throws -> Response {
        let fields = try Fields(try await services.json(of: request))
        guard let parts = try fields.strings("part_ids") else { throw fields.missing("part_ids") }
        let md5 = try fields.string("md5")
        return .json(try await store(context).complete(try context.id, parts: parts, md5: md5).json)
    }

    @Sendable private func cancel(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(try await store(context).cancel(try context.id).json)
    }

    private func store(_ context: APIContext) -> UploadStore { services.uploads(of: context.project) }
}
