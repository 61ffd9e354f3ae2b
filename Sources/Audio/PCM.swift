/// Sound as numbers: pulse-code modulation in float32, full scale from -1 to 1.
public struct PCM: Sendable, Equatable {
    /// Frame after frame; each has a number for every channel.
    public var samples: [Float]
    public let channelCount: Int
    /// Frames in a second.
    public let sampleRate: Int

    /// - Precondition: `channelCount` and `sampleRate` are positive, and `samples` holds whole frames.
    public init(samples: [Float], channelCount: Int = 1, sampleRate: Int) {
        precondition(channelCount > 0 && sampleRate > 0, "PCM: \(channelCount) channels at \(sampleRate) Hz")
        precondition(samples.count % channelCount == 0, "PCM: \(samples.count) samples of \(channelCount) channels")
        self.samples = samples
        self.channelCount = channelCount
        self.sampleRate = sampleRate
    }

    public var frameCount: Int { samples.count / channelCount }

    /// How long it lasts.
    public var seconds: Double { Double(frameCount) / Double(sampleRate) }

    /// One channel: the mean of all.
    public func mono() -> PCM {
        guard channelCount > 1 else { return self }
        let share = 1 / Float(channelCount)
        let mixed = (0..<frameCount).map { frame in
            samples[frame * channelCount..<(frame + 1) * channelCount].reduce(0, +) * share
        }
        return PCM(samples: mixed, sampleRate: sampleRate)
    }

    /// The same sound with another number of frames in a second.
    /// - Throws: ``AudioError/unusable(_:)`` for rates that cannot be converted.
    public func resampled(to rate: Int) throws -> PCM {
        guard rate != sampleRate else { return self }
        var resampler = try Resampler(from: sampleRate, to: rate, channelCount: channelCount)
        var result = try resampler.append(samples)
        result += try resampler.finish()
        return PCM(samples: result, channelCount: channelCount, sampleRate: rate)
    }
}
