import Foundation
import TuttiCheckpoints
import TuttiTensors
import TuttiText

/// Times the tokenizer of a model on a text, for `tokens.py`, which times the Python library beside it.
///
/// `TokenBenchmark MODEL TEXT [IDS]`: MODEL is a .gguf or a folder with a tokenizer.json; TEXT is documents with a NUL between them. Writes their ids to IDS as
/// little-endian int32, and a line of JSON.
@main
struct TokenBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else {
            FileHandle.standardError.write(Data("usage: TokenBenchmark MODEL.gguf TEXT [IDS]\n".utf8))
            exit(2)
        }
        let clock = ContinuousClock()
        let path = arguments[1]
        let file = path.hasSuffix(".gguf") ? try GGUFFile(path: path) : nil
        var loaded: Tokenizer?
        let loading = try clock.measure {
            loaded = try file.map { try Tokenizer($0.metadata) } ?? Tokenizer(folder: URL(filePath: path))
        }
        guard let tokenizer = loaded else { return }
        let text = try Data(contentsOf: URL(filePath: arguments[2]))
        let documents = text.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        var tokens: [Token] = []
        // The best of three: what the machine's other work takes away differs from run to run. The first of them finds no
        // word in the cache.
        let seconds = (0..<3).map { _ in
            clock.measure { tokens = documents.flatMap { tokenizer.encode($0) } } / .seconds(1)
        }
        var decoded = ""
        let decoding = clock.measure { decoded = tokenizer.decode(tokens) } / .seconds(1)
        if arguments.count > 3 {
            var bytes = Data(capacity: tokens.count * 4)
            for token in tokens {
                for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: token >> shift)) }
            }
            try bytes.write(to: URL(filePath: arguments[3]))
        }
        let line: [String: Double] = [
            "tokens": Double(tokens.count), "load_seconds": loading / .seconds(1), "encode_seconds": seconds.min() ?? 0,
            "first_encode_seconds": seconds.first ?? 0,
            "decode_seconds": decoding, "decoded_bytes": Double(decoded.utf8.count),
        ]
        let encoded = try JSONSerialization.data(withJSONObject: line, options: [.sortedKeys])
        print(String(decoding: encoded, as: UTF8.self))
    }
}
