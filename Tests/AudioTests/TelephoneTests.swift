import Testing
import TuttiAudio

@Suite struct TelephoneTests {
    /// The ends of tables 1 and 2 of the recommendation, in 16 bits.
    @Test func codesAreTheRecommendations() {
        #expect(G711.muLaw.decode([0x80, 0x00, 0xFF, 0x7F]).map { $0 * 32768 } == [32124, -32124, 0, 0])
        #expect(G711.aLaw.decode([0xAA, 0x2A, 0xD5, 0x55]).map { $0 * 32768 } == [32256, -32256, 8, -8])
    }

    @Test(arguments: [G711.muLaw, .aLaw])
    func everyCodeComesBack(law: G711) {
        // µ-law has two zeros.
        for code in UInt8.min...UInt8.max where !(law == .muLaw && code == 0x7F) {
            #expect(law.encode(law.decode([code])) == [code])
        }
    }

    @Test(arguments: [G711.muLaw, .aLaw])
    func errorsAreSmallBesideTheSound(law: G711) {
        let samples = (-1000...1000).map { Float($0) / 1000 }
        for (sample, again) in zip(samples, law.decode(law.encode(samples))) {
            #expect(abs(sample - again) <= max(0.001, 0.035 * abs(sample)), "\(sample) became \(again)")
        }
        #expect(law.decode(law.encode([2, -2, .nan])).map { ($0 * 10).rounded() } == [10, -10, 0])
    }
}
