import Testing
import TuttiGeneration

@Suite struct PhiloxTests {
    /// The known answers of Random123, `kat_vectors`, philox4x32 with 10 rounds.
    @Test func givesTheKnownAnswers() {
        #expect(Philox(seed: 0).words(at: .zero) == [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8])
        #expect(
            Philox(seed: .max).words(at: SIMD4(repeating: .max))
                == [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD])
        #expect(
            Philox(seed: 0x299F_31D0_A409_3822).words(at: [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344])
                == [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1])
    }

    @Test func isUniform() {
        let random = Philox(seed: 1)
        var counts = [Int](repeating: 0, count: 10)
        for step in 0..<100_000 { counts[Int(random.uniform(step: UInt64(step)) * 10)] += 1 }
        // Five standard deviations.
        for count in counts { #expect(abs(count - 10_000) < 475) }
    }
}
