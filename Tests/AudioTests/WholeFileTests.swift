import Testing
import TuttiAudio

@Suite struct WholeFileTests {
    /// A wav file that was streamed says nothing of its length; put together it does.
    @Test func piecesPutTogetherAreAFile() throws {
        let sound = PCM(samples: (0..<5000).map { Float($0 % 100) / 200 }, sampleRate: 16_000)
        var encoder = try AudioEncoder(.wav, sampleRate: 16_000)
        var pieces: [UInt8] = []
        for first in stride(from: 0, to: 5000, by: 700) {
            pieces += try encoder.append(Array(sound.samples[first..<min(5000, first + 700)]))
        }
        pieces += try encoder.finish()
        #expect(Array(pieces[4..<8]) == [255, 255, 255, 255])
        #expect(AudioEncoder.whole(pieces, .wav) == (try sound.encoded(as: .wav)))
        #expect(AudioEncoder.whole([1, 2], .wav) == [1, 2] && AudioEncoder.whole(pieces, .mp3) == pieces)
    }
}
