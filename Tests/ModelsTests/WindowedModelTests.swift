import TestSupport
import Testing
import TuttiCheckpoints
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// Gemma 3, five of whose six layers see 512 tokens back: what the engine says with the pages behind the windows given
/// back is, bit for bit, what comes out with every page kept. Only with `FULL=1`.
@Suite(.enabled(if: TestModel.isFull), .serialized) struct WindowedModelTests {
    /// Computes one sequence after another in the engine's order, on pages that all stay.
    private final class AllPages {
        let decoder: any Decoder
        let layout: KeyValueLayout
        let step: Step
        private(set) var tokens: [Token] = []
        private var pages: [PageTable]

        init(_ decoder: any Decoder, threads: Int) {
            self.decoder = decoder
            layout = decoder.shape.layout(.f16)
            step = Step(pool: ComputePool(threads: threads))
            pages = layout.groups.map { _ in [] }
        }

        /// Forgets what came after `count` tokens.
        func keep(_ count: Int) { tokens.removeSubrange(count...) }

        /// Computes `more` in chunks of `rows`, and hands on the logits of every row or of the last.
        func append(_ more: [Token], rows: Int, all: Bool, _ body: (Tensor, _ first: Int) throws -> Void) rethrows {
            var rest = more[...]
            while !rest.isEmpty {
                let part = Array(rest.prefix(rows)), start = tokens.count
                rest = rest.dropFirst(rows)
                tokens += part
                for group in layout.groups.indices {
                    while pages[group].count * KeyValueLayout.pageTokens < tokens.count {
                        pages[group].append(KeyValuePage(layout, group: group))
                    }
                }
                // The engine asks for no logits behind the last token that it scores.
                let outputs =
                    all ? Array(0..<part.count - (rest.isEmpty ? 1 : 0)) : rest.isEmpty ? [part.count - 1] : []
                step.reset()
                let batch = Batch(
                    sequences: [SequenceRows(rows: 0..<part.count, start: start, pages: pages)], outputs: outputs,
                    layout: layout)
                try body(decoder(decoder.embed(part, step), batch, step), start)
            }
        }
    }

    private func text() throws -> [Token] {
        let texts = try #require(try PerplexityGolden.load().models["gemma"])
        return texts.sorted { $0.key < $1.key }.flatMap(\.value.ids)
    }

    private func decoder(_ pool: ComputePool) throws -> any Decoder {
        try Registry.decoder(try GGUFFile(path: try TestModel.path("gemma3-270m").path), pool: pool)
    }

    private func engine(_ decoder: any Decoder, _ pool: ComputePool, rows: Int) -> Engine {
        var options = EngineOptions()
        options.context = 4096
        options.prefillRows = rows
        return Engine(decoder: decoder, pool: pool, options: options)
    }

    @Test func scoresAreThoseWithAllPagesKept() async throws {
        let pool = ComputePool(threads: 2), decoder = try decoder(pool)
        let tokens = Array(try text().prefix(1600))
        #expect(tokens.count == 1600 && decoder.shape.windows.contains(512))
        let engine = engine(decoder, pool, rows: 256)
        var scores: [Double?] = []
        for try await choice in try engine.score(tokens) { scores.append(choice.logProbability) }
        // What was scored stays computed, for who goes on from there, until the room is wanted.
        #expect(await engine.usedCacheByteCount(emptying: true) == 0)
        var expected: [Double?] = [], measure = LogProbabilities()
        let all = AllPages(decoder, threads: 2)
        try all.append(tokens, rows: 64, all: true) { logits, first in
            for row in 0..<logits.rows {
                let values = logits.values(row: row)
                expected.append(try measure.measure(values.span, of: tokens[first + row + 1]).logProbability)
            }
        }
        #expect(scores == expected)
    }

    /// A prompt, its next turn, and a branch of each kind: one that leaves within the window, one that leaves before it.
    @Test(arguments: [100, 256])
    func greedyAnswersAreThoseWithAllPagesKept(rows: Int) async throws {
        let pool = ComputePool(threads: 2), decoder = try decoder(pool), text = try text()
        let engine = engine(decoder, pool, rows: rows)
        let prompt = Array(text.prefix(1300))
        let all = AllPages(decoder, threads: 2)
        func greedy(_ prompt: [Token], from cached: Int, count: Int) throws -> [Token] {
            var answer: [Token] = [], sampler = try Sampler(.greedy, vocabularyCount: decoder.shape.vocabulary)
            all.keep(cached)
            var next = Array(prompt.dropFirst(cached))
            for _ in 0..<count {
                try all.append(next, rows: rows, all: false) { logits, _ in
                    guard logits.rows > 0 else { return }
                    let values = logits.values(row: 0)
                    answer.append(try sampler.sample(values.span).token)
                }
                next = answer.suffix(1)
            }
            return answer
        }
        func ask(_ prompt: [Token], _ count: Int) async throws -> (answer: [Token], cached: Int) {
            var answer: [Token] = [], cached = 0
            for try await event in try engine.generate(
                GenerationRequest(prompt: prompt, sampling: .greedy, maximumTokens: count))
            {
                if case .started(_, let known) = event { cached = known }
                if case .token(let choice) = event { answer.append(choice.token) }
            }
            return (answer, cached)
        }
        let first = try await ask(prompt, 50)
        #expect(try greedy(prompt, from: 0, count: 50) == first.answer)
        let next = prompt + first.answer + text[1300..<1500]
        let second = try await ask(next, 30)
        #expect(second.cached == 1349)
        #expect(try greedy(next, from: second.cached, count: 30) == second.answer)
        for shared in [1340, 900] {
            let branch = Array(next.prefix(shared)) + text[1500..<1700]
            let (answer, cached) = try await ask(branch, 30)
            #expect(cached >= shared && cached < shared + 32)
            #expect(try greedy(branch, from: cached, count: 30) == answer)
        }
        #expect(await engine.usedCacheByteCount(emptying: true) == 0)
    }
}
