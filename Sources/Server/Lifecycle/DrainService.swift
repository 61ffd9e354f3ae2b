import ServiceLifecycle

/// Waits, once the server is told to stop, until what runs has ended, or for so long as it may.
struct DrainService: Service {
    let stopping: Milestone
    let meters: Meters
    let seconds: Int
    let report: @Sendable (APIServer.Event) -> Void

    func run() async throws {
        // Ends by cancellation as well: either way it is time to stop.
        try? await gracefulShutdown()
        stopping.reach()
        let running = meters.running
        report(.stopping(running: running))
        let deadline = ContinuousClock.now + .seconds(seconds)
        while meters.running > 0, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(20))
            if Task.isCancelled { break }
        }
        // Whoever is still here has had their time: their work is cancelled, their connections close.
        ConnectionRegister.shared.leaveAll()
    }
}
