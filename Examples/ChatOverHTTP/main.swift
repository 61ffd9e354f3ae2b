import AsyncHTTPClient
import Foundation
import NIOCore

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
request.body = .bytes(ByteBuffer(data: try JSONSerialization.data(withJSONObject: body)))
let response = try await HTTPClient.shared.execute(request, timeout: .minutes(5))
guard response.status == .ok else {
    print(String(buffer: try await response.body.collect(upTo: 1 << 20)))
    exit(1)
}
var waiting = ""
for try await piece in response.body {
    waiting += String(buffer: piece)
    while let end = waiting.range(of: "\n\n") {
        let event = waiting[..<end.lowerBound].dropFirst("data: ".count)
        waiting = String(waiting[end.upperBound...])
        guard event != "[DONE]", let chunk = try? JSONDecoder().decode(Chunk.self, from: Data(event.utf8)) else {
            continue
        }
        for choice in chunk.choices { print(choice.delta.content ?? "", terminator: "") }
    }
}
print()
