import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// What this program reads of a streamed chunk.
struct Chunk: Decodable {
    struct Choice: Decodable {
        struct Delta: Decodable { let content: String? }
        let delta: Delta
    }
    let choices: [Choice]
}

// usage: ChatOverHTTP "prompt" [http://127.0.0.1:8080]
let prompt = CommandLine.arguments.dropFirst().first ?? "What is a fugue?"
let server = CommandLine.arguments.dropFirst(2).first ?? "http://127.0.0.1:8080"
let body: [String: Any] = [
    "model": "gpt-4o-mini", "messages": [["role": "user", "content": prompt]], "stream": true, "temperature": 0,
]
var request = HTTPClientRequest(url: server + "/v1/chat/completions")
request.method = .POST
request.headers.add(name: "content-type", value: "application/json")
request.body = .bytes(ByteBuffer(bytes: try JSONSerialization.data(withJSONObject: body)))
let response = try await HTTPClient.shared.execute(request, timeout: .minutes(5))
guard response.status == .ok else {
    print(String(buffer: try await response.body.collect(upTo: 1 << 20)))
    exit(1)
}
// Events end with an empty line; how they are cut into pieces is up to the network.
var waiting = Data()
for try await piece in response.body {
    waiting.append(contentsOf: piece.readableBytesView)
    while let end = waiting.firstRange(of: Data("\n\n".utf8)) {
        let event = waiting[..<end.lowerBound].dropFirst("data: ".utf8.count)
        waiting = Data(waiting[end.upperBound...])
        // The last event, `[DONE]`, is no JSON.
        guard let chunk = try? JSONDecoder().decode(Chunk.self, from: Data(event)) else { continue }
        for choice in chunk.choices { print(choice.delta.content ?? "", terminator: "") }
    }
}
print()
