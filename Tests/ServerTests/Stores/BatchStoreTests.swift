import Testing
import TuttiCheckpoints
import TuttiOpenAI
import TuttiServer

@Suite struct BatchStoreTests {
    private func batch(_ store: BatchStore) async throws -> BatchObject {
        var batch = BatchObject(
            id: "batch_1", createdAt: 1, endpoint: "/v1/responses", inputFileID: "file-1", expiresAt: 9,
            metadata: ["a": "b"], outputLifetimeSeconds: 5)
        batch.become(.inProgress, at: 2)
        batch.totalCount = 3
        try await store.add(batch)
        return batch
    }

    @Test func aBatchIsReadAsItWasWritten() async throws {
        let stores = try ScratchStores()
        var batch = try await batch(stores.batches)
        #expect(try await stores.batches.batch(batch.id) == batch)
        batch.problems = [.init(code: "c", message: "m", param: "p", line: 3)]
        let problems = batch.problems
        try await stores.batches.update(batch.id) { $0.problems = problems }
        #expect(try await ScratchStores(folder: stores.folder).batches.batch(batch.id) == batch)
    }

    @Test func aLineIsAnsweredOnce() async throws {
        let store = try ScratchStores().batches
        let batch = try await batch(store)
        let usage: JSON = ["usage": ["input_tokens": 3, "output_tokens": 4]]
        let answer = BatchLine.answer(customID: "one", status: 200, body: usage)
        for _ in 0..<2 { try await store.record(answer, line: 1, isError: false, of: batch.id) }
        try await store.record(answer, line: 3, isError: true, of: batch.id)
        let now = try await store.batch(batch.id)
        #expect((now.completedCount, now.failedCount) == (1, 1))
        #expect((now.usage.inputTokens, now.usage.outputTokens) == (6, 8))
        #expect(try await store.answeredLines(batch.id) == [1, 3])
        let rows = try await store.answers(batch.id, isError: false, after: 0)
        #expect(rows.map(\.line) == [1])
    }

    @Test func theEndIsOneStep() async throws {
        let stores = try ScratchStores()
        let batch = try await batch(stores.batches)
        try await stores.batches.record([:], line: 1, isError: false, of: batch.id)
        let output = FileObject(
            id: "file-o", byteCount: 1, createdAt: 1, expiresAt: nil, filename: "o", purpose: "batch_output")
        try await stores.batches.finish(batch.id, as: .completed, output: output, errors: nil)
        // A second attempt, of a process that did not know, changes nothing.
        try await stores.batches.finish(batch.id, as: .cancelled, output: output, errors: nil)
        let now = try await stores.batches.batch(batch.id)
        #expect(now.status == .completed && now.outputFileID == "file-o" && now.errorFileID == nil)
        #expect(try await stores.files.file("file-o") == output)
        #expect(try await stores.batches.answeredLines(batch.id).isEmpty)
        #expect(try await BatchStore.unfinished(stores.database).isEmpty)
    }
}
