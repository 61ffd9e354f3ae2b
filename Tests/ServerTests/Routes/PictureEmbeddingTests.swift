import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import TestSupport
import Testing
import Tutti
import TuttiCheckpoints

/// `/v1/embeddings` with pictures, by the tiny CLIP and SigLIP: the library's vectors.
@Suite struct PictureEmbeddingTests {
    private let picture = Picture(
        width: 40, height: 30, pixels: (0..<40 * 30 * 3).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 90) })

    private func ask(_ folder: ScratchFolder, _ work: @escaping @Sendable (any TestClientProtocol) async throws -> Void)
        async throws
    {
        try await TestServer.ask({ $0.models = [folder.url.path] }) { try await work($0) }
    }

    private static func embed(_ client: any TestClientProtocol, _ body: JSON) async throws -> TestResponse {
        try await client.execute(
            uri: "/v1/embeddings", method: .post, headers: [.contentType: "application/json"],
            body: ByteBuffer(string: body.text(.compact)))
    }

    private static func vectors(_ response: TestResponse) throws -> [[Float]] {
        try (response.json["data"]?.array ?? []).map {
            ($0["embedding"]?.array ?? []).compactMap { $0.double.map(Float.init) }
        }
    }

    @Test(arguments: [("clip", true, 255), ("siglip", false, 2)])
    func theVectorsAreTheLibrarys(name: String, begin: Bool, end: Int) async throws {
        let folder = try ContrastiveFolder.make(name, begin: begin, end: end), picture = picture
        let model = try await ContrastiveModel.load(folder.url.path, threads: 2)
        let expected = [try await model.embed(picture)] + (try await model.embed(["a cat", "a dog"]))
        let url = "data:image/png;base64," + Data(try picture.png()).base64EncodedString()
        let id = JSON.string(folder.url.lastPathComponent)
        try await ask(folder) { client in
            let body: JSON = ["model": id, "input": [["image": .string(url)], ["text": "a cat"], "a dog"]]
            let response = try await Self.embed(client, body)
            #expect(response.status == .ok, "\(String(buffer: response.body))")
            let given = try Self.vectors(response)
            #expect(
                given.count == 3 && zip(given, expected).allSatisfy { zip($0, $1).allSatisfy { abs($0 - $1) < 1e-6 } })
            let usage = try response.json["usage"],
                count = model.tokenCount(of: "a cat") + model.tokenCount(of: "a dog")
            #expect(usage?["prompt_tokens"]?.int == count + model.shape.patches)
            #expect(usage?["prompt_tokens_details"]?["image_tokens"]?.int == model.shape.patches)

            var short = body
            short.set("dimensions", 4)
            short.set("encoding_format", "base64")
            let text = try await Self.embed(client, short).json["data"]?.array?.first?["embedding"]?.string ?? ""
            #expect(Data(base64Encoded: text)?.count == 16)

            let listed = try await client.execute(uri: "/v1/models", method: .get).json["data"]?.array?.first
            #expect(listed?["kind"] == "embedding" && listed?["input_modalities"] == ["text", "image"])
            #expect(listed?["context_window"]?.int == model.shape.positions)
        }
    }

    @Test func whatItDoesNotTakeIsRefused() async throws {
        let folder = try ContrastiveFolder.make("clip", begin: true, end: 255)
        let id = JSON.string(folder.url.lastPathComponent)
        try await ask(folder) { client in
            let long = JSON.string(String(repeating: "tree ", count: 40))
            let broken = JSON.string("data:image/png;base64," + Data("no picture".utf8).base64EncodedString())
            let cases: [(JSON, String)] = [
                ([["text": long]], "input"), ([["image": broken], "a cat"], "input[0].image"), ([1, 2], "input"),
                ([["image": "https://192.168.0.1/a.png"]], "input[0].image"),
                ([["file_id": "file-0"]], "input[0].file_id"),
            ]
            for (input, param) in cases {
                let response = try await Self.embed(client, ["model": id, "input": input])
                #expect(response.status == .badRequest)
                let refused = try response.json
                #expect(refused["error"]?["param"]?.string == param, "\(refused)")
            }
            let body: JSON = ["model": id, "messages": [["role": "user", "content": "hi"]]]
            let chat = try await client.execute(
                uri: "/v1/chat/completions", method: .post, body: ByteBuffer(string: body.text(.compact)))
            #expect(try chat.code == "model_not_supported")
        }
    }
}
