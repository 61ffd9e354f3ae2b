import Foundation
import Testing
import TuttiGeneration

@Suite struct SamplingOptionsTests {
    static let bad: [(option: String, change: @Sendable (inout SamplingOptions) -> Void)] = [
        ("temperature", { $0.temperature = -0.1 }),
        ("temperature", { $0.temperature = .nan }),
        ("temperature", { $0.temperature = 101 }),
        ("topK", { $0.topK = -1 }),
        ("topP", { $0.topP = 1.01 }),
        ("topP", { $0.topP = -0.01 }),
        ("minP", { $0.minP = 2 }),
        ("typicalP", { $0.typicalP = -1 }),
        ("repetitionPenalty", { $0.repetitionPenalty = 0 }),
        ("repetitionPenalty", { $0.repetitionPenalty = .infinity }),
        ("repetitionWindow", { $0.repetitionWindow = -1 }),
        ("presencePenalty", { $0.presencePenalty = 2.1 }),
        ("frequencyPenalty", { $0.frequencyPenalty = -2.1 }),
        ("logitBias of token 5", { $0.logitBias = [5: 1e9] }),
        ("logitBias of token 5", { $0.logitBias = [5: -.infinity] }),
        ("dry.multiplier", { $0.dry.multiplier = -1 }),
        ("dry.base", { $0.dry.base = 0.5 }),
        ("dry.allowedLength", { $0.dry.allowedLength = 0 }),
        ("dry.window", { $0.dry.window = -3 }),
        ("dry.sequenceBreakers", { $0.dry.sequenceBreakers = ["a", ""] }),
        ("logProbabilities", { $0.logProbabilities = -1 }),
    ]

    @Test(arguments: bad.indices)
    func aBadValueIsNamed(index: Int) throws {
        var options = SamplingOptions()
        try options.validate()
        Self.bad[index].change(&options)
        let error = #expect(throws: SamplingError.self) { try options.validate() }
        #expect(error?.description.hasPrefix(Self.bad[index].option + " ") == true)
        #expect(throws: SamplingError.self) { try Sampler(options, vocabularyCount: 10) }
    }

    @Test func aBiasOutsideTheVocabularyIsAnError() {
        for token: Int32 in [-1, 10] {
            var options = SamplingOptions()
            options.logitBias = [token: 1]
            #expect(throws: SamplingError.noSuchToken(option: "logitBias", token: token, vocabularyCount: 10)) {
                try Sampler(options, vocabularyCount: 10)
            }
        }
    }

    @Test func jsonKeepsEverything() throws {
        var options = SamplingOptions()
        options.temperature = 0.25
        options.topK = 3
        options.topP = 0.5
        options.minP = 0.125
        options.typicalP = 0.75
        options.repetitionPenalty = 1.5
        options.repetitionWindow = nil
        options.presencePenalty = 1
        options.frequencyPenalty = -1
        options.dry.multiplier = 0.5
        options.dry.window = 100
        options.logitBias = [1: 2, 30: -4]
        options.seed = .max
        options.logProbabilities = 5
        let json = try JSONEncoder().encode(options)
        #expect(try JSONDecoder().decode(SamplingOptions.self, from: json) == options)
        #expect(String(decoding: json, as: UTF8.self).contains("\"30\":-4"))
    }

    @Test func whatJsonLeavesOutKeepsItsDefault() throws {
        #expect(try JSONDecoder().decode(SamplingOptions.self, from: Data("{}".utf8)) == SamplingOptions())
        let some = try JSONDecoder().decode(SamplingOptions.self, from: Data(#"{"topK":7,"dry":{"base":2}}"#.utf8))
        var expected = SamplingOptions()
        (expected.topK, expected.dry.base) = (7, 2)
        #expect(some == expected)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(SamplingOptions.self, from: Data(#"{"logitBias":{"99999999999":1}}"#.utf8))
        }
    }
}
