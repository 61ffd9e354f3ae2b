import Logging
import Tutti
import TuttiCheckpoints
import TuttiOpenAI

/// Works on a project's batches: checks their lines, has each answered once, writes their output files.
///
/// Whatever has been done is in the database, so that a batch goes on after the process was killed: a line that has an
/// answer is not asked again.
struct BatchRunner: Sendable {
    let store: BatchStore
    let files: FileStore
    private let services: Services
    /// Lets lines of batches through, whosever they are.
    private let gate: Gate

    /// Lines that are answered at the same time: as many as fill a small batch of the engine, and leave room for those who
    /// wait for their answers.
    static let width = 4
    static let maximumLineCount = 50_000
    /// Problems of one file that are told.
    static let maximumProblemCount = 100

    /// - Parameter gate: One that all projects share.
    init(_ services: Services, of project: Project, _ gate: Gate) {
        self.services = services
        self.gate = gate
        store = services.batches(of: project)
        files = services.files(of: project)
    }

    static func gate() -> Gate { Gate(width: width) }

    /// Goes on with what an earlier process left.
    static func resume(_ services: Services, _ gate: Gate) async {
        do {
            for (id, project) in try await BatchStore.unfinished(services.database) {
                BatchRunner(services, of: project, gate).start(id)
            }
        } catch {
            services.logger.error("batches are not resumed", metadata: ["reason": "\(error)"])
        }
    }

    private static func job(_ id: String) -> String { "batch \(id)" }

    /// Begins to work on a batch, or goes on.
    func start(_ id: String) {
        services.jobs.start(Self.job(id), isResumable: true) { [self] in
            do {
                try await run(id)
            } catch is CancellationError {
                // Not part of the cancelled task: what was answered is still to be written.
                await Task { await settle(id) }.value
            } catch {
                services.logger.error("a batch failed", metadata: ["id": "\(id)", "reason": "\(error)"])
                await fail(id, [.init(code: "server_error", message: "The server could not work on this batch.")])
            }
        }
    }

    /// - Throws: `APIError` 404 if there is no such batch, 400 if it is over.
    func cancel(_ id: String) async throws -> BatchObject {
        let batch = try await store.update(id) { batch in
            guard !batch.status.isFinal else {
                throw APIError.invalid(
                    "The batch '\(id)' is \(batch.status.rawValue) already.", param: "batch_id",
                    code: "invalid_batch_status")
            }
            if batch.status != .cancelling { batch.become(.cancelling, at: Clock.now) }
        }
        services.jobs.cancel(Self.job(id))
        // One that was between two states is settled here.
        start(id)
        return batch
    }

    private func run(_ id: String) async throws {
        var batch = try await store.batch(id)
        if batch.status == .validating {
            try await validate(batch)
            batch = try await store.batch(id)
        }
        if batch.status == .inProgress {
            try await answer(batch)
            batch = try await store.update(id) { batch in
                if batch.status == .inProgress { batch.become(.finalizing, at: Clock.now) }
            }
        }
        switch batch.status {
        case .finalizing:
            let isExpired = batch.totalCount > batch.completedCount + batch.failedCount
            try await finish(batch, as: isExpired ? .expired : .completed)
        case .cancelling: try await finish(batch, as: .cancelled)
        default: break
        }
    }

    /// What is left to do for a batch whose job was cancelled: nothing when the server stops.
    private func settle(_ id: String) async {
        do {
            let batch = try await store.batch(id)
            if batch.status == .cancelling { try await finish(batch, as: .cancelled) }
        } catch {
            services.logger.error("a batch is not settled", metadata: ["id": "\(id)", "reason": "\(error)"])
        }
    }

    private func fail(_ id: String, _ problems: [BatchObject.Problem]) async {
        _ = try? await store.update(id) { batch in
            guard !batch.status.isFinal else { return }
            batch.problems = problems
            batch.become(.failed, at: Clock.now)
        }
    }
}

// Lines.
extension BatchRunner {
    private func lines(_ batch: BatchObject) async throws -> LineReader {
        LineReader(
            try await services.contents.open(batch.inputFileID, .files),
            maximumByteCount: services.settings.maximumBodyByteCount)
    }

    /// Reads every line; a batch with a bad one fails as a whole, before anything was answered.
    private func validate(_ batch: BatchObject) async throws {
        var problems: [BatchObject.Problem] = []
        var names: Set<String> = []
        var model: String?
        do {
            var lines = try await lines(batch)
            while let text = try await lines.next(), problems.count < Self.maximumProblemCount {
                try Task.checkCancellation()
                do {
                    let line = try BatchLine(text, line: lines.number, endpoint: batch.endpoint)
                    guard names.insert(line.customID).inserted else {
                        throw BatchLine.Refusal(
                            "duplicate_custom_id",
                            "The custom_id '\(line.customID)' of line \(lines.number) stands on an earlier line.",
                            "custom_id", lines.number)
                    }
                    model = model ?? line.body["model"]?.string
                } catch let refusal as BatchLine.Refusal {
                    problems.append(refusal.problem)
                }
                guard names.count <= Self.maximumLineCount else {
                    problems = [
                        .init(
                            code: "too_many_requests",
                            message: "The file has more than \(Self.maximumLineCount) requests: split it.")
                    ]
                    break
                }
            }
        } catch let error as LineReader.TooLong {
            problems.append(
                .init(
                    code: "line_too_long", message: "Line \(error.line) has more than \(error.limit) bytes.",
                    line: error.line))
        } catch let error as StoreError {
            problems.append(.init(code: "invalid_file", message: "The input file cannot be read: \(error)"))
        }
        if names.isEmpty, problems.isEmpty {
            problems.append(.init(code: "empty_file", message: "The input file has no requests.", line: 1))
        }
        guard problems.isEmpty else { return await fail(batch.id, problems) }
        let count = names.count, named = model
        try await store.update(batch.id) { batch in
            guard batch.status == .validating else { return }
            batch.totalCount = count
            batch.model = named
            batch.become(.inProgress, at: Clock.now)
        }
    }

    /// Has every line answered that is not yet, until the batch expires.
    private func answer(_ batch: BatchObject) async throws {
        guard let endpoint = services.endpoints[batch.endpoint] else {
            return await fail(
                batch.id,
                [.init(code: "invalid_endpoint", message: "\(batch.endpoint) is not offered any more.")])
        }
        let answered = try await store.answeredLines(batch.id)
        var lines = try await lines(batch)
        try await withThrowingTaskGroup(of: Void.self) { group in
            var running = 0
            while Clock.now < batch.expiresAt, let text = try await lines.next() {
                let number = lines.number
                if answered.contains(number) { continue }
                if running == Self.width {
                    _ = try await group.next()
                    running -= 1
                }
                let line = try BatchLine(text, line: number, endpoint: batch.endpoint)
                group.addTask {
                    try await gate.pass { try await answer(line, number: number, of: batch, endpoint) }
                }
                running += 1
            }
            try await group.waitForAll()
        }
        try Task.checkCancellation()
    }

    private func answer(
        _ line: BatchLine, number: Int, of batch: BatchObject, _ endpoint: EndpointTable.Endpoint
    ) async throws {
        while Clock.now < batch.expiresAt {
            do {
                let body = try await endpoint(line.body, store.project, .batch)
                try Task.checkCancellation()
                let answer = BatchLine.answer(customID: line.customID, status: 200, body: body)
                return try await store.record(answer, line: number, isError: false, of: batch.id)
            } catch {
                if Task.isCancelled { throw CancellationError() }
                let told = ErrorMapping.apiError(error) ?? .internalError
                if told.status == 429 || told.status == 503 {
                    // The server is busy; the line waits, and is not refused.
                    try await Task.sleep(for: .seconds(min(told.retryAfterSeconds ?? 1, 5)))
                    continue
                }
                if told.status >= 500 {
                    services.logger.error(
                        "a line of a batch failed", metadata: ["line": "\(number)", "reason": "\(error)"])
                }
                let answer = BatchLine.answer(customID: line.customID, status: told.status, body: told.json)
                return try await store.record(answer, line: number, isError: true, of: batch.id)
            }
        }
    }
}

// Output.
extension BatchRunner {
    /// Writes the output and error files, and ends the batch.
    private func finish(_ batch: BatchObject, as status: BatchObject.Status) async throws {
        if status == .expired { try await expire(batch) }
        let output = try await file(batch, isError: false), errors = try await file(batch, isError: true)
        try await store.finish(batch.id, as: status, output: output, errors: errors)
    }

    /// Writes of the lines that were not reached why.
    private func expire(_ batch: BatchObject) async throws {
        let answered = try await store.answeredLines(batch.id)
        var lines = try await lines(batch)
        while let text = try await lines.next() {
            guard !answered.contains(lines.number) else { continue }
            let line = try BatchLine(text, line: lines.number, endpoint: batch.endpoint)
            let answer = BatchLine.unanswered(
                customID: line.customID, code: "batch_expired",
                message: "This request could not be answered before the batch expired.")
            try await store.record(answer, line: lines.number, isError: true, of: batch.id)
        }
    }

    /// The answers of one kind as a file, in the order of their lines; nil if there are none.
    ///
    /// Its name follows from the batch's, so that a second attempt writes over what a killed first one left.
    private func file(_ batch: BatchObject, isError: Bool) async throws -> FileObject? {
        let staged = try await services.contents.stage()
        var last = 0
        while true {
            let answers = try await store.answers(batch.id, isError: isError, after: last)
            guard let end = answers.last else { break }
            try await staged.write(Array(answers.map { $0.body + "\n" }.joined().utf8))
            last = end.line
        }
        guard staged.byteCount > 0 else { return nil }
        let kind = isError ? "errors" : "output", name = batch.id.dropFirst("batch_".count)
        let now = Clock.now
        let file = FileObject(
            id: "file-\(name)-\(kind)", byteCount: staged.byteCount, createdAt: now,
            expiresAt: batch.outputLifetimeSeconds.map { now + $0 }, filename: "\(batch.id)_\(kind).jsonl",
            purpose: "batch_output")
        try await services.contents.place(staged, as: file.id, .files)
        return file
    }
}
