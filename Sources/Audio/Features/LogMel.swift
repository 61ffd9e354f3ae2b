import Foundation

/// Whisper's features (arXiv:2212.04356, section 2.2): logarithms of the energy in bands that are evenly spaced on the mel
/// scale, for windows of 25 ms every 10 ms of sound at 16 kHz.
///
/// The scale and the triangles are Slaney's (Auditory Toolbox, 1998): linear to 1 kHz, logarithmic above, each band of unit area.
public struct LogMel: Sendable {
    public static let sampleRate = 16_000
    /// Samples between frames, and in a window.
    public static let hop = 160
    static let window = 400

    /// How many bands there are: 80, or 128 for large-v3.
    public let bandCount: Int
    private let transform = FourierTransform(count: LogMel.window)
    private let weighting: [Float]
    private let bands: [Band]

    /// A triangle over bins of the spectrum.
    private struct Band: Sendable {
        let start: Int
        let weights: [Float]
    }

    /// - Precondition: `bandCount` is positive.
    public init(bandCount: Int = 80) {
        self.bandCount = bandCount
        // Hann's, periodic: the window's end is the next one's beginning.
        weighting = (0..<LogMel.window).map { place in
            Float(0.5 - 0.5 * cos(2 * Double.pi * Double(place) / Double(LogMel.window)))
        }
        let top = LogMel.mel(Double(LogMel.sampleRate) / 2)
        let edges = (0..<bandCount + 2).map { LogMel.hertz(top * Double($0) / Double(bandCount + 1)) }
        let bins = (0...LogMel.window / 2).map { Double($0 * LogMel.sampleRate) / Double(LogMel.window) }
        bands = (0..<bandCount).map { band in
            let (low, middle, high) = (edges[band], edges[band + 1], edges[band + 2])
            let weights = bins.map { bin in
                max(0, min((bin - low) / (middle - low), (high - bin) / (high - middle))) * 2 / (high - low)
            }
            let start = weights.firstIndex { $0 > 0 } ?? 0, end = (weights.lastIndex { $0 > 0 } ?? -1) + 1
            return Band(start: start, weights: start < end ? weights[start..<end].map { Float($0) } : [])
        }
    }

    private static func mel(_ hertz: Double) -> Double {
        hertz < 1000 ? hertz * 3 / 200 : 15 + log(hertz / 1000) * 27 / log(6.4)
    }

    private static func hertz(_ mel: Double) -> Double {
        mel < 15 ? mel * 200 / 3 : 1000 * exp((mel - 15) * log(6.4) / 27)
    }

    /// The features of a whole recording.
    ///
    /// Its loudest band sets the floor, 80 dB below: where parts are made one by one, as by
    /// ``logarithms(_:frames:appending:)``, the floor is found in all of them first.
    /// - Parameters:
    ///   - samples: One channel at ``sampleRate``.
    ///   - zeros: Silence behind it: 160 samples as faster-whisper has it, or 480,000 as OpenAI's own code.
    /// - Returns: `[frames, bandCount]`, about -1 to 1; a frame for every full hop.
    public func callAsFunction(_ samples: [Float], appending zeros: Int = 160) -> [Float] {
        var features = logarithms(
            samples, frames: 0..<LogMel.frameCount(samples.count, appending: zeros), appending: zeros)
        let loudest = features.max() ?? 0
        for place in features.indices { features[place] = LogMel.feature(features[place], loudest: loudest) }
        return features
    }

    /// How many frames so many samples have.
    public static func frameCount(_ samples: Int, appending zeros: Int = 160) -> Int { (samples + zeros) / hop }

    /// A feature from a logarithm, given the recording's greatest.
    public static func feature(_ logarithm: Float, loudest: Float) -> Float { (max(logarithm, loudest - 8) + 4) / 4 }

    /// Logarithms to base 10 of the energy in each band, of some of a recording's frames.
    /// - Returns: `[frames, bandCount]`.
    /// - Precondition: The frames are within ``frameCount(_:appending:)``.
    public func logarithms(_ samples: [Float], frames: Range<Int>, appending zeros: Int = 160) -> [Float] {
        precondition(frames.upperBound <= LogMel.frameCount(samples.count, appending: zeros), "frames \(frames)")
        guard !frames.isEmpty else { return [] }
        let start = frames.lowerBound * LogMel.hop - LogMel.window / 2
        let end = (frames.upperBound - 1) * LogMel.hop + LogMel.window / 2
        let padded = LogMel.mirrored(samples, start..<end, total: samples.count + zeros)
        var features = [Float](repeating: 0, count: frames.count * bandCount)
        var values = [SIMD2<Float>](repeating: SIMD2(0, 0), count: LogMel.window), scratch = values
        // Two windows at once: one as the real parts, the next as the imaginary ones.
        for frame in stride(from: 0, to: frames.count, by: 2) {
            let first = frame * LogMel.hop, second = min(frame + 1, frames.count - 1) * LogMel.hop
            for place in 0..<LogMel.window {
                values[place] = SIMD2(padded[first + place], padded[second + place]) * weighting[place]
            }
            transform(&values, scratch: &scratch)
            write(values, to: frame, of: &features, isPair: frame + 1 < frames.count)
        }
        return features
    }

    /// The logarithms of one or two windows' bands.
    private func write(_ values: [SIMD2<Float>], to frame: Int, of features: inout [Float], isPair: Bool) {
        var power = [SIMD2<Float>](repeating: SIMD2(0, 0), count: LogMel.window / 2 + 1)
        for bin in power.indices {
            // What is even about the zero frequency belongs to the real parts, what is odd to the imaginary ones.
            let a = values[bin], b = values[(LogMel.window - bin) % LogMel.window]
            let real = SIMD2(a.x + b.x, a.y - b.y) * 0.5, imaginary = SIMD2(a.y + b.y, b.x - a.x) * 0.5
            power[bin] = SIMD2((real * real).sum(), (imaginary * imaginary).sum())
        }
        for (index, band) in bands.enumerated() {
            var energy = SIMD2<Float>(0, 0)
            for (place, weight) in band.weights.enumerated() { energy += power[band.start + place] * weight }
            features[frame * bandCount + index] = log10(max(energy.x, 1e-10))
            if isPair { features[(frame + 1) * bandCount + index] = log10(max(energy.y, 1e-10)) }
        }
    }

    /// A stretch of the sound and the silence behind it, `total` samples, with its mirror image before and behind, as far
    /// as there is any; silence beyond that.
    private static func mirrored(_ samples: [Float], _ range: Range<Int>, total: Int) -> [Float] {
        range.map { place in
            let inside = place < 0 ? -place : place < total ? place : 2 * total - 2 - place
            return samples.indices.contains(inside) ? samples[inside] : 0
        }
    }
}
