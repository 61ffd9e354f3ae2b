import Testing
import Tutti
import TuttiCheckpoints
import TuttiOpenAI
import TuttiServer

/// What a request's parameters make of the library's sampling options.
@Suite struct SamplingOptionsTests {
    private func options(_ body: String, index: Int = 0) throws -> SamplingOptions {
        SamplingOptions(try SamplingParameters(try Fields(try JSON(parsing: body))), index: index)
    }

    @Test func aRequestThatSaysNothingGetsTheLibrarysDefaults() throws {
        #expect(try options("{}") == SamplingOptions())
        #expect(try options(#"{"presence_penalty":1}"#).topK == SamplingOptions().topK)
    }

    @Test func aTemperatureOrATopPMeansNothingElseIsCut() throws {
        let hot = try options(#"{"temperature":1.5}"#), narrow = try options(#"{"top_p":0.5}"#)
        #expect(hot.temperature == 1.5 && hot.topP == 1 && hot.topK == 0 && hot.minP == 0)
        #expect(narrow.temperature == 1 && narrow.topP == 0.5 && narrow.topK == 0 && narrow.minP == 0)
    }

    @Test func everyAnswerHasASeedOfItsOwn() throws {
        #expect(try options(#"{"seed":7}"#).seed == 7 && options(#"{"seed":7}"#, index: 2).seed == 9)
        // Seeds may be negative, and as large as they come.
        #expect(try options(#"{"seed":-1}"#, index: 1).seed == 0)
        #expect(try options(#"{"seed":9223372036854775807}"#, index: 1).seed == 1 << 63)
        #expect(try options("{}").seed == nil)
    }

    @Test func biasesAreByToken() throws {
        #expect(try options(#"{"logit_bias":{"5":-100,"6":1.5}}"#).logitBias == [5: -100, 6: 1.5])
    }
}
