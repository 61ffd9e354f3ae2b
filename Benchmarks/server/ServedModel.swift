import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Tutti

/// Through `tutti serve`, a program of its own.
final class ServedModel: AskedModel {
    private let model: String
    private let url: String
    private let process: Process

    private init(model: String, url: String, process: Process) {
        (self.model, self.url, self.process) = (model, url, process)
    }

    struct NotStarted: Error {}

    /// Starts the program beside this one, and waits until it is ready.
    static func start(_ model: String) async throws -> ServedModel {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tutti-bench-\(UUID().uuidString)")
        let process = Process(), said = Pipe()
        process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appending(path: "tutti")
        process.arguments = [
            "serve", "--port", "0", "--model", model, "--data", folder.path, "--log-level", "warning",
        ]
        process.standardError = said
        try process.run()
        var text = "", url: String?
        while !text.contains("ready;") {
            let piece = said.fileHandleForReading.availableData
            guard !piece.isEmpty else { throw NotStarted() }
            text += String(decoding: piece, as: UTF8.self)
            url = text.firstMatch(of: /listens on (http:[^\s]+)/).map { String($0.1) } ?? url
        }
        guard let url else { throw NotStarted() }
        return ServedModel(model: model, url: url, process: process)
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    private func ask(_ prompt: String, tokens: Int) async throws -> HTTPClientResponse.Body {
        let body: JSON = [
            "model": .string(model), "messages": [["role": "user", "content": .string(prompt)]], "temperature": 0,
            "max_completion_tokens": .integer(Int128(tokens)), "stream": true,
            "stream_options": ["include_usage": true],
        ]
        var request = HTTPClientRequest(url: url + "/v1/chat/completions")
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: body.text(.compact)))
        let response = try await HTTPClient.shared.execute(request, timeout: .minutes(5))
        guard response.status == .ok else { throw NotStarted() }
        return response.body
    }

    func firstToken(_ prompt: String) async throws -> Double {
        let start = ContinuousClock.now
        var seconds: Double?
        // Read to its end, so that the connection can be used again.
        for try await event in try await ask(prompt, tokens: 4).events {
            if seconds == nil, event["choices"]?[0]?["delta"]?["content"]?.string?.isEmpty == false {
                seconds = (ContinuousClock.now - start) / .seconds(1)
            }
        }
        return seconds ?? (ContinuousClock.now - start) / .seconds(1)
    }

    func answer(_ prompt: String, tokens: Int) async throws -> Int {
        var count = 0
        for try await event in try await ask(prompt, tokens: tokens).events {
            count = event["usage"]?["completion_tokens"]?.int ?? count
        }
        return count
    }
}

extension HTTPClientResponse.Body {
    /// The JSON of each event.
    var events: AsyncThrowingStream<JSON, any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                var waiting = ""
                do {
                    for try await piece in self {
                        waiting += String(buffer: piece)
                        while let end = waiting.firstRange(of: "\n\n") {
                            let event = waiting[..<end.lowerBound].drop { $0 != "{" }
                            if let json = try? JSON(parsing: String(event)) { continuation.yield(json) }
                            waiting = String(waiting[end.upperBound...])
                        }
                    }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}
