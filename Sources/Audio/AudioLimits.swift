/// What is taken of sound that comes from outside; a file may claim anything.
public struct AudioLimits: Sendable, Hashable {
    /// The most bytes of a file.
    public var byteCount = 1 << 30
    /// The most seconds of sound.
    public var seconds = 4.0 * 3600
    /// The most channels.
    public var channelCount = 32
    /// Frames in a second that may be asked for.
    public var sampleRates = 1_000...384_000

    /// Whether what libsndfile does not know is given to the program ffmpeg.
    public var usesPrograms = true

    public init() {}

    /// - Throws: ``AudioError/tooLarge(file:_:)`` or ``AudioError/damaged(file:_:)`` with both numbers.
    func check(file: String, channelCount: Int, sampleRate: Int) throws {
        guard sampleRates.contains(sampleRate) else {
            throw AudioError.damaged(
                file: file,
                "it claims \(sampleRate) frames in a second, and \(sampleRates.lowerBound) to \(sampleRates.upperBound) "
                    + "are read")
        }
        guard (1...self.channelCount).contains(channelCount) else {
            throw AudioError.tooLarge(
                file: file, "it has \(channelCount) channels, and 1 to \(self.channelCount) are read")
        }
    }

    func check(file: String, frames: Int, sampleRate: Int) throws {
        let length = Double(frames) / Double(sampleRate)
        if length > seconds {
            throw AudioError.tooLarge(
                file: file, "it lasts more than \(Int(seconds)) s, which is the most that is read")
        }
    }

    func check(file: String, byteCount: Int) throws {
        if byteCount > self.byteCount {
            throw AudioError.tooLarge(file: file, "it has \(byteCount) bytes, and \(self.byteCount) are the most")
        }
    }
}
