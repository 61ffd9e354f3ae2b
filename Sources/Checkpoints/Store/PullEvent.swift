/// What a pull tells while it works; the caller draws it.
public enum PullEvent: Sendable, Equatable {
    /// Another process is pulling the same model; this one waits for it.
    case waiting
    /// Something that the user should read, such as a source that was skipped.
    case note(String)
    case progress(PullProgress)
    /// All bytes are here and are being checked against the catalog's SHA-256.
    case verifying
}

/// How far a pull is.
public struct PullProgress: Sendable, Equatable {
    public var bytesDone: Int
    public var bytesTotal: Int
    /// Over the last seconds; nil until it can be told.
    public var bytesPerSecond: Double?
    /// At that speed; nil until it can be told.
    public var secondsLeft: Double?

    public init(bytesDone: Int, bytesTotal: Int, bytesPerSecond: Double? = nil, secondsLeft: Double? = nil) {
        (self.bytesDone, self.bytesTotal) = (bytesDone, bytesTotal)
        (self.bytesPerSecond, self.secondsLeft) = (bytesPerSecond, secondsLeft)
    }
}

/// Turns counts of bytes into progress: speed over a window of a few seconds, never going back.
package struct PullMeter {
    private let bytesTotal: Int
    private let windowSeconds = 8.0
    private var samples: [(seconds: Double, bytes: Int)] = []

    package init(bytesTotal: Int) { self.bytesTotal = bytesTotal }

    /// Takes in that `bytes` are done at `seconds` on any clock. The first sample is where this pull began, so that what
    /// an earlier one fetched does not count as speed.
    package mutating func progress(bytes: Int, at seconds: Double) -> PullProgress {
        let bytes = min(max(bytes, samples.last?.bytes ?? 0), bytesTotal)
        samples.append((seconds, bytes))
        while samples.count > 2 && seconds - samples[1].seconds >= windowSeconds { samples.removeFirst() }
        var progress = PullProgress(bytesDone: bytes, bytesTotal: bytesTotal)
        let first = samples[0]
        if seconds - first.seconds >= 0.5, bytes > first.bytes {
            let speed = Double(bytes - first.bytes) / (seconds - first.seconds)
            (progress.bytesPerSecond, progress.secondsLeft) = (speed, Double(bytesTotal - bytes) / speed)
        }
        return progress
    }
}
