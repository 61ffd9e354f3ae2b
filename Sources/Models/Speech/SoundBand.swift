#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Whether a sound at 16 kHz has anything above 4 kHz, which a telephone does not carry.
///
/// What a filter lets through from there on is compared with the differences of neighbouring samples, over the last second
/// or so. Of speech that was recorded wide it is a ten-thousandth at least, of what came from 8 kHz less than a millionth.
struct SoundBand: Sendable {
    private(set) var isNarrow = false
    private var all: Float = 0
    private var high: Float = 0
    /// The latest samples.
    private var latest = [Float](repeating: 0, count: SoundBand.filter.count - 1)

    /// Below the first share a sound is narrow, above the second it is wide.
    private static let shares: (narrow: Float, wide: Float) = (1e-5, 4e-5)
    /// What is left of the sums after a frame of 32 ms.
    private static let decay: Float = 0.97
    /// Every so many samples are enough to know how loud it is.
    private static let hop = 4

    /// From 4.6 kHz on: a sinc under Blackman's window, taken off the sound as it is.
    private static let filter: [Float] = {
        let reach = 31, cutoff = 4600.0 / 16_000
        var taps = (-reach...reach).map { place -> Double in
            let turn = Double.pi * Double(place) / Double(reach)
            let window = 0.42 + 0.5 * cos(turn) + 0.08 * cos(2 * turn), angle = 2 * Double.pi * cutoff * Double(place)
            return window * (place == 0 ? 1 : sin(angle) / angle)
        }
        let sum = taps.reduce(0, +)
        taps = taps.map { -$0 / sum }
        taps[reach] += 1
        return taps.map(Float.init)
    }()

    /// Takes a frame of 32 ms; the share at its end tells of it too.
    mutating func append(_ frame: ArraySlice<Float>) {
        let taps = SoundBand.filter, sound = latest + frame
        latest = Array(sound.suffix(latest.count))
        all *= SoundBand.decay
        high *= SoundBand.decay
        for first in stride(from: 0, to: frame.count, by: SoundBand.hop) {
            var sum: Float = 0
            for tap in taps.indices { sum += taps[tap] * sound[first + tap] }
            high += sum * sum
            let step = sound[first + taps.count - 1] - sound[first + taps.count - 2]
            all += step * step
        }
        isNarrow = high < all * (isNarrow ? SoundBand.shares.wide : SoundBand.shares.narrow)
    }
}
