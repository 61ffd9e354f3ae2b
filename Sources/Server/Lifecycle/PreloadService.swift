import ServiceLifecycle

/// Loads the models that the settings name while the server already listens.
struct PreloadService: Service {
    let models: ModelShelf
    let listening: Milestone
    let ready: Milestone
    let report: @Sendable (APIServer.Event) -> Void

    func run() async throws {
        try await listening.wait()
        for name in models.register.preloaded {
            report(.loading(model: name))
            let start = ContinuousClock.now
            do {
                try await models.preload(name)
                report(.loaded(model: name, seconds: (ContinuousClock.now - start) / .seconds(1)))
            } catch {
                report(.failed(model: name, reason: "\(error)"))
            }
        }
        ready.reach()
        report(.ready)
    }
}
