import HTTPTypes
import Hummingbird
import Logging
import NIOHTTP1
import Synchronization
import TuttiOpenAI

/// The outermost: gives each request its id, turns errors into answers, and records what came of it.
///
/// What users write is in no log line: no bodies, no queries, no parameters of paths.
struct RecordMiddleware: RouterMiddleware {
    let meters: Meters
    let routes: RouteTable
    let logger: Logger

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        let start = ContinuousClock.now
        context.requestID = Identifier.make("req_")
        context.logger = logger
        context.logger[metadataKey: "request"] = "\(context.requestID)"
        meters.requestBegan()
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as HTTPParserError {
            meters.requestEnded(route: "unreadable", method: "?", status: 400, seconds: 0)
            throw error
        } catch {
            response = answer(to: error, request, context)
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        response.headers[.xRequestID] = context.requestID
        response.headers[.openAIProcessing] = String(Int(seconds * 1000))
        response.headers[.openAIVersion] = "2020-10-01"
        response.headers[.xContentTypeOptions] = "nosniff"
        let record = Record(meters: meters, request, context, status: response.status.code, start: start)
        if response.body.contentLength == nil {
            response.body = recorded(response.body, record)
        } else {
            record.end("done")
        }
        return response
    }

    /// A stream that is recorded when it ends, however it does.
    private func recorded(_ body: ResponseBody, _ record: Record) -> ResponseBody {
        ResponseBody { writer in
            do {
                try await body.write(writer)
                record.end("done")
            } catch {
                record.end("left")
                throw error
            }
        }
    }

    private func answer(to error: any Error, _ request: Request, _ context: APIContext) -> Response {
        if let error = error as? HTTPError, error.status == .notFound, context.endpointPath == "NotFound" {
            return unknownRoute(request)
        }
        if let told = ErrorMapping.apiError(error, prompt: promptField(request.uri.path)) {
            if told.status == 503 { meters.refused(told.code ?? "unavailable") }
            if told.status >= 500 {
                context.logger.warning("request failed", metadata: ["reason": "\(told.message)"])
            }
            return .error(told)
        }
        context.logger.error("request failed", metadata: ["reason": "\(error)"])
        return .error(.internalError)
    }

    private func unknownRoute(_ request: Request) -> Response {
        let methods = routes.methods(request.uri.path)
        guard methods.isEmpty else {
            var response = Response.error(
                APIError(
                    status: 405,
                    message:
                        "\(request.method) is not allowed for \(request.uri.path.prefix(200)); \(methods.joined(separator: ", ")) would be.",
                    type: "invalid_request_error", code: "method_not_allowed"))
            response.headers[.allow] = methods.joined(separator: ", ")
            return response
        }
        return .error(
            .notFound(
                "There is no \(request.method) \(request.uri.path.prefix(200)). GET /openapi.json lists what there is.",
                code: "unknown_url"))
    }

    /// The field that holds the prompt of an endpoint.
    private func promptField(_ path: String) -> String {
        if path.hasPrefix("/v1/chat") { return "messages" }
        return path.hasPrefix("/v1/completions") ? "prompt" : "input"
    }

    /// What is noted of one request at its end, once: at the latest when nobody holds its answer any more, because its
    /// client left before a word of it was sent.
    private final class Record: Sendable {
        let meters: Meters
        let logger: Logger
        let route: String
        let method: String
        let status: Int
        let key: String?
        let start: ContinuousClock.Instant
        private let isOver = Atomic(false)

        init(meters: Meters, _ request: Request, _ context: APIContext, status: Int, start: ContinuousClock.Instant) {
            self.meters = meters
            logger = context.logger
            // The pattern, not the path: names of conversations and files are nobody's business.
            // `:id` rather than `{id}`: simple readers of Prometheus' text end a label's list at the first brace.
            route = (context.endpointPath ?? "unknown").replacing("{", with: ":").replacing("}", with: "")
            method = request.method.rawValue.count <= 10 ? request.method.rawValue : "?"
            self.status = status
            key = context.key?.id
            self.start = start
        }

        deinit { end("left") }

        func end(_ outcome: String) {
            guard !isOver.exchange(true, ordering: .relaxed) else { return }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            meters.requestEnded(route: route, method: method, status: status, seconds: seconds)
            var fields: Logger.Metadata = [
                "method": "\(method)", "route": "\(route)", "status": "\(status)",
                "ms": "\(Int(seconds * 1000))", "outcome": "\(outcome)",
            ]
            if let key { fields["key"] = "\(key)" }
            logger.info("request", metadata: fields)
        }
    }
}

extension HTTPField.Name {
    static let xContentTypeOptions = HTTPField.Name("x-content-type-options")!
}
