import HTTPTypes
import Hummingbird
import Tutti
import TuttiCheckpoints
import TuttiOpenAI

/// What the server tells of itself: `/health`, `/metrics`.
struct ServiceRoutes: Sendable {
    let services: Services
    let stopping: Milestone
    let ready: Milestone

    func add(to router: Router<APIContext>) {
        router.get("/") { _, _ in Response.redirect(to: "/docs", type: .temporary) }
        router.get("health", use: health)
        router.get("health/live", use: live)
        router.get("health/ready", use: readiness)
        router.get("metrics", use: metrics)
        router.get("openapi.json") { _, _ in Response.json(OpenAPIDocument.json) }
        router.get("docs") { _, _ in
            var page = Response.text(ReferencePage.html, type: "text/html; charset=utf-8")
            page.headers[.contentSecurityPolicy] = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"
            return page
        }
    }

    @Sendable func health(_ request: Request, _ context: APIContext) async throws -> Response {
        .json([
            "status": stopping.isReached ? "draining" : "ok", "ready": .bool(isReady), "version": .string(tuttiVersion),
            "models": .array(services.models.loaded.map { .string($0.name) }),
        ])
    }

    @Sendable func live(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(["status": "ok"])
    }

    /// 503 while models of the settings are being loaded, and when the server is about to stop.
    @Sendable func readiness(_ request: Request, _ context: APIContext) async throws -> Response {
        isReady ? .json(["status": "ok"]) : .json(["status": stopping.isReached ? "draining" : "loading"], status: 503)
    }

    @Sendable func metrics(_ request: Request, _ context: APIContext) async throws -> Response {
        .text(
            services.meters.text(shelf: services.models, connections: ConnectionRegister.shared.count),
            type: "text/plain; version=0.0.4; charset=utf-8")
    }

    private var isReady: Bool { ready.isReached && !stopping.isReached }
}
