import ArgumentParser
import Foundation
import Tutti

struct Embed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turn texts into vectors that tell how near they are in meaning.",
        discussion: """
            FILE is a text, or, if its name ends in .jsonl, a {"text":…} a line, which gives an answer a line. `-` is \
            standard input, a text. A text longer than the model reads is cut, and the answer says so.

            Examples:
              echo "Where is my parcel?" | tutti embed --json -
              tutti embed -m minilm --json questions.jsonl
              tutti embed --similar questions.jsonl
            """)

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("A name of the catalog, a .gguf file, or a folder: an encoder.", valueName: "model"))
    var model = "minilm"

    @Option(parsing: .unconditional, help: ArgumentHelp("Threads to compute on (default: every core).", valueName: "n"))
    var threads: Int?

    @Flag(help: "Compute in float32: slow, for checking.")
    var exact = false

    @Flag(help: #"Write {"embedding":[…],"tokens":N} for each text."#)
    var json = false

    @Flag(help: "Write the cosine of every two texts, the nearest first, in place of vectors.")
    var similar = false

    @Argument(help: "What to embed.")
    var file: String

    func validate() throws {
        if let threads { try require(threads, "--threads", in: 1...256) }
        if similar, json { throw ValidationError("--similar and --json do not go together.") }
    }

    func run() async throws {
        let lines = file.hasSuffix(".jsonl") ? try Input.lines(file) : []
        let texts = try lines.map { line in
            guard let text = try line.object()["text"]?.string else { throw line.failure("it has no \"text\"") }
            return text
        }
        let own = file.hasSuffix(".jsonl") ? texts : [try Input.text(file)]
        guard !own.contains("") else { throw Failure("\(file) has an empty text, which means nothing.") }
        let encoder = try await EmbeddingModel.load(model, isExact: exact, threads: threads)
        let embeddings = try await encoder.embed(own)
        if similar { return try writeSimilar(own, embeddings) }
        for embedding in embeddings { try write(embedding) }
        let cut = embeddings.count { $0.isCut }
        if cut > 0 {
            Output.note("tutti: \(cut) of \(own.count) texts were cut at \(encoder.shape.maximumTokens) tokens.")
        }
    }

    private func write(_ embedding: EmbeddingModel.Embedding) throws {
        guard json else {
            return try Output.line(embedding.vector.map { Double($0).text(digits: 6) }.joined(separator: " "))
        }
        try Output.line([
            "embedding": .array(embedding.vector.map { .number(Double("\($0)") ?? Double($0)) }),
            "tokens": JSON(embedding.tokenCount), "cut": .bool(embedding.isCut),
        ])
    }

    private func writeSimilar(_ texts: [String], _ embeddings: [EmbeddingModel.Embedding]) throws {
        var pairs: [(cosine: Double, first: Int, second: Int)] = []
        for second in texts.indices {
            for first in 0..<second {
                let a = embeddings[first].vector, b = embeddings[second].vector
                let length = (Embed.dot(a, a) * Embed.dot(b, b)).squareRoot()
                pairs.append((length > 0 ? Embed.dot(a, b) / length : 0, first, second))
            }
        }
        var table = Table("COSINE", "TEXT", "AND", numeric: [0])
        for pair in pairs.sorted(by: { ($1.cosine, $0.first, $0.second) < ($0.cosine, $1.first, $1.second) }) {
            table.append(pair.cosine.text(digits: 3), Embed.short(texts[pair.first]), Embed.short(texts[pair.second]))
        }
        try Output.line(table.text)
    }

    private static func dot(_ a: [Float], _ b: [Float]) -> Double {
        zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    private static func short(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.count > 40 ? line.prefix(39) + "…" : line
    }
}
