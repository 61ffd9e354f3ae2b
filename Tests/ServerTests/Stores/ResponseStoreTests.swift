import Testing
import TuttiCheckpoints
import TuttiOpenAI
import TuttiServer

@Suite struct ResponseStoreTests {
    private func response(
        _ id: String, _ body: JSON = [:], status: ResponseObject.Status = .completed, says text: String? = nil
    ) throws -> ResponseObject {
        var body = body
        for (name, value) in [("model", JSON.string("m")), ("input", "x")] { body.set(name, value) }
        var response = ResponseObject(id: id, createdAt: 1, request: try ResponseRequest(body), model: "m")
        response.status = status
        if let text {
            response.output = [
                .message(.init(id: "msg_\(id)", role: .assistant, parts: [.outputText(text, logprobs: [])]))
            ]
        }
        return response
    }

    private func texts(_ items: [ResponseItem]) -> [String] {
        items.map { item in
            guard case .message(let message) = item else { return "" }
            return message.parts.map(\.text).joined()
        }
    }

    @Test func aChainIsWhatWasSaid() async throws {
        let store = try ScratchStores().responses
        try await store.add(try response("a", says: "one"), input: [ScratchStores.said("first", id: "i1")])
        try await store.add(
            try response("b", ["previous_response_id": "a"], says: "two"),
            input: [ScratchStores.said("second", id: "i2")])
        #expect(texts(try await store.context(of: "b")) == ["first", "one", "second", "two"])
        #expect(try await store.inputItems("b", ListQuery()).items.compactMap { $0["id"]?.string } == ["i2"])
        #expect(try await store.item("msg_a")?.id == "msg_a")
        try await store.delete("a")
        // What is missing is said, and not left out in silence.
        await #expect(throws: APIError.self) { try await store.context(of: "b") }
        #expect(try await store.item("msg_a") == nil)
    }

    @Test func aConversationTakesInputAndOutputTogether() async throws {
        let stores = try ScratchStores(), store = stores.responses
        let talk = try await stores.conversations.create(
            metadata: [:], items: [ScratchStores.said("before", id: "i0")])
        let body: JSON = ["conversation": .string(talk.id), "store": false]
        try await store.add(try response("a", body, says: "one"), input: [ScratchStores.said("first", id: "i0")])
        try await store.add(
            try response("b", body, status: .failed), input: [ScratchStores.said("lost", id: "i3")])
        let items = try await stores.conversations.items(talk.id)
        #expect(texts(items) == ["before", "first", "one"])
        // A name that is taken is not taken twice.
        #expect(Set(items.map(\.id)).count == 3)
        await #expect(throws: APIError.self) { try await store.body("a") }
        try await stores.conversations.delete(talk.id)
        await #expect(throws: APIError.self) { try await stores.conversations.items(talk.id) }
    }

    @Test func whatIsOverStaysAsItIs() async throws {
        let store = try ScratchStores().responses
        var running = try response("a", ["background": true], status: .queued)
        try await store.add(running, input: [])
        #expect(try await ResponseStore.unfinished(store.database).map(\.id) == ["a"])
        await #expect(throws: APIError.self) { try await store.context(of: "a") }
        #expect(try await store.end("a", as: .cancelled)?["status"]?.string == "cancelled")
        running.status = .completed
        #expect(try await !store.update(running, input: []))
        #expect(try await store.body("a")["status"]?.string == "cancelled")
        #expect(try await store.end("a", as: .failed) == nil)
    }

    @Test func whatAKilledProcessLeftIsToldToHaveFailed() async throws {
        let stores = try ScratchStores()
        let running = try response("a", ["background": true], status: .inProgress)
        try await stores.responses.add(running, input: [])
        try await stores.responses.append(
            (0..<3).map { ResponseEvent("output_text.delta", [:]).json(number: $0) }, to: "a")
        let next = try ScratchStores(folder: stores.folder).responses
        _ = try await next.end(
            "a", as: .failed, error: APIError(status: 500, message: "stopped", type: "server_error"))
        let events = try await next.events(of: "a", after: 1)
        #expect(events.compactMap { $0["sequence_number"]?.int } == [2, 3])
        #expect(events.last?["type"]?.string == "response.failed")
        #expect(events.last?["response"]?["error"]?["message"]?.string == "stopped")
    }
}
