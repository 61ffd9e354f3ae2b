import HTTPTypes
import Hummingbird
import TuttiCheckpoints
import TuttiOpenAI

/// `/v1/files`: files that clients send for later, and those that batches leave.
struct FileRoutes: Routes {
    private let services: Services

    init(_ services: Services) {
        self.services = services
        // What is too old or left over goes, whosever it is.
        let store = services.files(of: .standard)
        services.jobs.whenStarted { try? await store.sweep() }
        services.jobs.everyMinute { try await store.expire() }
    }

    func add(to group: RouterGroup<APIContext>) {
        let files = group.group("files")
        files.post("", use: create)
        files.get("", use: list)
        files.get(":id", use: retrieve)
        files.delete(":id", use: delete)
        files.get(":id/content", use: content)
    }

    @Sendable private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let form = try await UploadForm(
            request, file: "file", contents: services.contents,
            maximumByteCount: services.settings.maximumUploadByteCount)
        guard let purpose = form.texts["purpose"] else {
            throw APIError.invalid(
                "Missing required parameter: 'purpose'.", param: "purpose", code: "missing_required_parameter")
        }
        guard FileObject.purposes.contains(purpose) else {
            let known = FileObject.purposes.map { "'\($0)'" }.joined(separator: ", ")
            throw APIError.invalid(
                "Invalid value: '\(purpose)'. Supported values of 'purpose' are: \(known).", param: "purpose",
                code: "invalid_value")
        }
        let lifetime = try ExpiresAfter { form.texts[$0] }
        guard let staged = form.file else {
            throw APIError.invalid(
                "Missing required parameter: 'file'. It is a part of the form with a file name.", param: "file",
                code: "missing_required_parameter")
        }
        guard staged.byteCount > 0 else {
            throw APIError.invalid("The file is empty.", param: "file", code: "empty_file")
        }
        let file = try await store(context).add(
            staged, filename: form.filename ?? "file", purpose: purpose, lifetimeSeconds: lifetime?.seconds)
        return .json(file.json)
    }

    @Sendable private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try request.page(limits: 1...10_000, standard: 10_000)
        return .json(try await store(context).list(query, purpose: request.parameter("purpose")).json)
    }

    @Sendable private func retrieve(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(try await store(context).file(try context.id).json)
    }

    @Sendable private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.id
        try await store(context).delete(id)
        return .deleted(id, object: "file")
    }

    @Sendable private func content(_ request: Request, _ context: APIContext) async throws -> Response {
        let file = try await store(context).file(try context.id)
        let bytes = try await services.contents.open(file.id, .files)
        let deadline = Deadline.current
        return Response(
            status: .ok,
            // Whatever a file says that it is, no browser runs it as a page of this server.
            headers: [
                .contentType: "application/octet-stream", .contentDisposition: "attachment",
                .xContentTypeOptions: "nosniff",
            ],
            body: ResponseBody(contentLength: bytes.byteCount) { writer in
                let pieces = UncheckedTransfer(writer)
                try await Deadline.keeping(deadline) {
                    var writer = pieces.value
                    while let piece = try await bytes.next() { try await writer.write(ByteBuffer(bytes: piece)) }
                }
                try await writer.finish(nil)
            })
    }

    private func store(_ context: APIContext) -> FileStore { services.files(of: context.project) }
}
