import Foundation
import TestSupport
import TuttiCheckpoints
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// The committed outputs of llama.cpp (quantised weights) and `transformers` (the same, dequantised: *exact*).
struct GreedyGolden: Decodable {
    struct Scores: Decodable {
        let logprob: Double
        let margin: Double
        let top: [[Double]]
    }

    struct Step: Decodable {
        let id: Token
        let logprob: Double
        let margin: Double
        let top: [[Double]]
        let exact: Scores
    }

    struct Case: Decodable {
        let name: String
        let prompt_ids: [Token]
        let greedy_ids: [Token]
        let steps: [Step]
    }

    let cases: [Case]

    static func load(_ name: String) throws -> GreedyGolden {
        let data = try Data(contentsOf: goldens("ModelsTests").appending(path: "greedy-\(name).json"))
        return try JSONDecoder().decode(GreedyGolden.self, from: data)
    }
}

struct PerplexityGolden: Decodable {
    struct Measure: Decodable {
        let window: Int
        let scored: Int
        let perplexity: Double
    }

    struct Text: Decodable {
        let ids: [Token]
        let quantised: [Measure]
        /// Missing where only llama.cpp was run.
        let exact: [Measure]?
        /// llama.cpp's log-probabilities of the second to the 128th token, where they were kept.
        let beginning: [Double]?
    }

    let models: [String: [String: Text]]

    static func load() throws -> PerplexityGolden {
        let data = try Data(contentsOf: goldens("ModelsTests").appending(path: "perplexity.json"))
        return try JSONDecoder().decode(PerplexityGolden.self, from: data)
    }
}

/// A model of the goldens, ready to score.
struct ScoredModel {
    let engine: Engine
    let bos: Token?

    init(_ name: String, isExact: Bool, quantization: QuantizationType? = nil) throws {
        let file = try GGUFFile(path: try TestModel.path(name).path)
        let pool = ComputePool()
        var options = EngineOptions()
        options.isExact = isExact
        options.context = 2048
        engine = Engine(
            decoder: try Registry.decoder(file, pool: pool, quantization: quantization), pool: pool, options: options)
        bos =
            file.metadata.bool("tokenizer.ggml.add_bos_token") == true
            ? file.metadata.integer("tokenizer.ggml.bos_token_id").map { Token($0) } : nil
    }

    func scores(_ tokens: [Token], top: Int = 0) async throws -> [Choice] {
        var choices: [Choice] = []
        for try await choice in try engine.score(tokens, top: top) { choices.append(choice) }
        return choices
    }

    /// As the golden's script measures it: windows without overlap, BOS before each where the model asks for one.
    func perplexity(_ ids: [Token], window: Int) async throws -> (scored: Int, perplexity: Double) {
        var sum = 0.0, count = 0
        for start in stride(from: 0, to: ids.count, by: window) {
            let part = Array(ids[start..<min(start + window, ids.count)])
            guard part.count > 1 else { continue }
            for choice in try await scores((bos.map { [$0] } ?? []) + part) {
                sum += choice.logProbability ?? 0
                count += 1
            }
        }
        return (count, exp(-sum / Double(count)))
    }
}

/// How far one set of log-probabilities is from the exact ones.
struct Distance {
    private(set) var differences: [Double] = []
    private(set) var topDifferences: [Double] = []
    private(set) var wrongChoices = 0

    mutating func add(_ logprob: Double, top: [(Token, Double)], exact: GreedyGolden.Scores) {
        differences.append(abs(logprob - exact.logprob))
        let ours = Dictionary(uniqueKeysWithValues: top.map { ($0.0, $0.1) })
        for pair in exact.top {
            if let value = ours[Token(pair[0])] { topDifferences.append(abs(value - pair[1])) }
        }
        if let best = exact.top.first, exact.margin > 0.05, top.first?.0 != Token(best[0]) { wrongChoices += 1 }
    }

    var mean: Double { differences.reduce(0, +) / Double(differences.count) }
    var topMean: Double { topDifferences.reduce(0, +) / Double(max(1, topDifferences.count)) }
    var percentile99: Double { differences.sorted()[Int(Double(differences.count - 1) * 0.99)] }
}

extension GreedyGolden {
    /// Ours against the exact ones, and llama.cpp's against them, teacher-forced along the golden's tokens.
    func distances(_ model: ScoredModel) async throws -> (ours: Distance, peer: Distance) {
        var ours = Distance(), peer = Distance()
        for golden in cases {
            let choices = try await model.scores(golden.prompt_ids + golden.greedy_ids, top: 40)
            for (step, choice) in zip(golden.steps, choices.suffix(golden.steps.count)) {
                ours.add(
                    choice.logProbability ?? .nan, top: choice.top.map { ($0.token, $0.logProbability) },
                    exact: step.exact)
                peer.add(step.logprob, top: step.top.map { (Token($0[0]), $0[1]) }, exact: step.exact)
            }
        }
        return (ours, peer)
    }
}
