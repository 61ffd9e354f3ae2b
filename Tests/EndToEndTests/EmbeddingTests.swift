import Foundation
import TestSupport
import Testing
import Tutti

/// all-MiniLM-L6-v2 against `transformers` (scripts/goldens/make_minilm.py).
@Suite struct EmbeddingTests {
    struct Golden: Decodable {
        struct Sentence: Decodable {
            let text: String
            let ids: [Token]
            let embedding: [Float]
            let sum: Float
        }
        let sentences: [Sentence]
        let cosines: [[Float]]
    }

    static let golden: Golden = {
        let json = try? Data(contentsOf: goldens("EndToEndTests").appending(path: "minilm.json"))
        return json.flatMap { try? JSONDecoder().decode(Golden.self, from: $0) } ?? Golden(sentences: [], cosines: [])
    }()

    @Test func agreesWithTransformers() async throws {
        let golden = Self.golden, texts = golden.sentences.map(\.text)
        try #require(texts.count > 10)
        let model = try await EmbeddingModel.load("minilm", threads: 2)
        for sentence in golden.sentences { #expect(model.tokens(sentence.text).tokens == sentence.ids) }
        let vectors = try await model.embed(texts).map(\.vector)
        for (sentence, vector) in zip(golden.sentences, vectors) {
            #expect(vector.count == 384)
            #expect(zip(vector, sentence.embedding).allSatisfy { abs($0 - $1) < 1e-4 }, "\(sentence.text)")
            #expect(abs(vector.reduce(0, +) - sentence.sum) < 1e-3)
        }
        for (first, row) in zip(vectors, golden.cosines) {
            for (second, cosine) in zip(vectors, row) {
                #expect(abs(zip(first, second).reduce(0) { $0 + $1.0 * $1.1 } - cosine) < 1e-4)
            }
        }
    }

    @Test func aLongTextIsCutAtItsEnd() async throws {
        let model = try await EmbeddingModel.load("minilm", threads: 2)
        let long = String(repeating: "word after word ", count: 200)
        let cut = model.tokens(long)
        #expect(cut.isCut && cut.tokens.count == 256 && cut.tokens.first == 101 && cut.tokens.last == 102)
        let embedding = try await model.embed([long])[0]
        #expect(embedding.isCut && embedding.tokenCount == 256)
    }

    @Test func theCommandWritesVectorsAndNeighbours() async throws {
        let folder = try ScratchFolder()
        let lines = Self.golden.sentences.prefix(3).map { "{\"text\":\"\($0.text)\"}\n" }.joined()
        let file = try folder.write(Array(lines.utf8), "texts.jsonl")
        let vectors = try await Program.built("tutti").run(["embed", "-m", "minilm", "--json", file])
        #expect(vectors.status == 0)
        let first = try JSON(parsing: vectors.output.split(separator: "\n").first.map(String.init) ?? "")
        #expect(first["embedding"]?.array?.count == 384 && first["tokens"]?.int == Self.golden.sentences[0].ids.count)
        let similar = try await Program.built("tutti").run(["embed", "--similar", file])
        #expect(similar.status == 0 && similar.output.contains("How do I reset my password?"))
        let none = try await Program.built("tutti").run(["embed", "-m", "smollm2-135m", "--json", file])
        #expect(none.status == 1 && none.error.contains("embeds no text"))
    }
}
