import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Synchronization
import TuttiOpenAI

/// Gives a POST with an `Idempotency-Key` that was answered before the same answer again.
struct IdempotencyMiddleware: RouterMiddleware {
    let store: IdempotencyStore
    let maximumByteCount: Int
    let running = RunningNames()

    /// Requests that are being answered.
    final class RunningNames: Sendable {
        private let names = Mutex<Set<IdempotencyStore.Name>>([])

        /// - Returns: What keeps the name from others while it lives; nil where another has it.
        func hold(_ name: IdempotencyStore.Name) -> Hold? {
            names.withLock { $0.insert(name).inserted } ? Hold(name, self) : nil
        }

        fileprivate func remove(_ name: IdempotencyStore.Name) { names.withLock { _ = $0.remove(name) } }
    }

    /// The right to answer under a name. It ends with whoever holds it: also a stream that is never sent.
    final class Hold: Sendable {
        private let name: IdempotencyStore.Name
        private let names: RunningNames

        fileprivate init(_ name: IdempotencyStore.Name, _ names: RunningNames) {
            self.name = name
            self.names = names
        }

        deinit { names.remove(name) }
    }

    /// Longer answers are not kept.
    private static let maximumAnswerByteCount = 8 << 20

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard request.method == .post, let key = request.headers[.idempotencyKey],
            request.uri.path.hasPrefix("/v1")
        else { return try await next(request, context) }
        guard (1...255).contains(key.utf8.count) else {
            throw APIError.invalid("An `Idempotency-Key` has 1 to 255 characters.", code: "invalid_idempotency_key")
        }
        var request = request
        let body = try await request.collectBody(upTo: maximumByteCount)
        let hash = Data(SHA256.hash(data: Data(body.readableBytesView)))
        let name = IdempotencyStore.Name(
            owner: context.key?.id ?? "", request: "POST \(request.uri.path)", key: key)
        if let stored = try await store.answer(name) { return try Self.again(stored, hash) }
        guard let hold = running.hold(name) else {
            throw APIError(
                status: 409, message: "A request with this `Idempotency-Key` is being answered. Try again in a moment.",
                type: "invalid_request_error", code: "idempotency_key_in_use", retryAfterSeconds: 1)
        }
        defer { withExtendedLifetime(hold) {} }
        // It may have been answered between the look and now.
        if let stored = try await store.answer(name) { return try Self.again(stored, hash) }
        return try await kept(try await next(request, context), name, hash, hold)
    }

    private static func again(_ stored: IdempotencyStore.Answer, _ hash: Data) throws -> Response {
        guard stored.bodyHash == hash else {
            throw APIError(
                status: 422, message: "This `Idempotency-Key` was used before with another body. Take a new one.",
                type: "invalid_request_error", code: "idempotency_key_reused")
        }
        var response = Response(
            status: .init(code: stored.status), headers: [.contentType: stored.contentType],
            body: .init(byteBuffer: ByteBuffer(bytes: stored.body)))
        response.headers[.idempotentReplayed] = "true"
        return response
    }

    /// The answer, which is kept before it is given; a stream when it has ended.
    private func kept(
        _ response: Response, _ name: IdempotencyStore.Name, _ hash: Data, _ hold: Hold
    ) async throws -> Response {
        var response = response
        let collected = Collected(limit: Self.maximumAnswerByteCount)
        let status = response.status.code, type = response.headers[.contentType] ?? "application/json"
        let body = response.body
        guard body.contentLength == nil else {
            try await body.write(CollectingWriter(into: collected, next: nil))
            if let bytes = collected.bytes {
                try await store.keep(
                    .init(bodyHash: hash, status: status, contentType: type, body: bytes), for: name)
                response.body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
            }
            return response
        }
        response.body = ResponseBody { [store] writer in
            defer { withExtendedLifetime(hold) {} }
            try await body.write(CollectingWriter(into: collected, next: writer))
            if let bytes = collected.bytes {
                try await store.keep(
                    .init(bodyHash: hash, status: status, contentType: type, body: bytes), for: name)
            }
        }
        return response
    }
}

/// What an answer consisted of.
private final class Collected: Sendable {
    private let state = Mutex<Data?>(Data())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// nil when it was too much to keep.
    var bytes: Data? { state.withLock { $0 } }

    func append(_ buffer: ByteBuffer) {
        state.withLock { data in
            guard let count = data?.count, count + buffer.readableBytes <= limit else {
                data = nil
                return
            }
            data?.append(contentsOf: buffer.readableBytesView)
        }
    }
}

/// Writes on, and remembers what was written.
private struct CollectingWriter: ResponseBodyWriter {
    private let collected: Collected
    private var next: (any ResponseBodyWriter)?

    init(into collected: Collected, next: (any ResponseBodyWriter)?) {
        self.collected = collected
        self.next = next
    }

    mutating func write(_ buffer: ByteBuffer) async throws {
        collected.append(buffer)
        try await next?.write(buffer)
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        if let next { try await next.finish(trailingHeaders) }
    }
}

extension HTTPField.Name {
    static let idempotentReplayed = HTTPField.Name("idempotent-replayed")!
}
