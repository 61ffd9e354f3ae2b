import CSoxr

/// Changes how many frames a second has, by soxr in its high quality (20 bits); a stream may come in pieces of any length.
///
/// What comes out lies exactly over what went in: soxr takes its own delay off.
@safe public struct Resampler: ~Copyable {
    public let from: Int
    public let to: Int
    public let channelCount: Int
    private let soxr: soxr_t?

    /// - Throws: ``AudioError/unusable(_:)`` for rates that soxr does not take.
    public init(from: Int, to: Int, channelCount: Int = 1) throws {
        guard from > 0, to > 0, channelCount > 0 else {
            throw AudioError.unusable(
                "From \(from) to \(to) frames in a second, \(channelCount) channels, is no conversion")
        }
        var error: soxr_error_t?
        var format = unsafe soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I)
        var quality = unsafe soxr_quality_spec(UInt(SOXR_20_BITQ), 0)
        var threads = unsafe soxr_runtime_spec(1)
        let made = unsafe soxr_create(
            Double(from), Double(to), UInt32(channelCount), &error, &format, &quality, &threads)
        if let error = unsafe error {
            throw AudioError.unusable(
                "From \(from) to \(to) frames in a second is not converted: \(unsafe String(cString: error))")
        }
        self.from = from
        self.to = to
        self.channelCount = channelCount
        unsafe soxr = made
    }

    deinit { unsafe soxr_delete(soxr) }

    /// Takes whole frames and gives those that are certain by then.
    public mutating func append(_ samples: [Float]) throws -> [Float] {
        precondition(
            samples.count % channelCount == 0, "Resampler: \(samples.count) samples of \(channelCount) channels")
        guard !samples.isEmpty else { return [] }
        return try process(samples)
    }

    /// The rest; afterwards nothing more may come.
    public mutating func finish() throws -> [Float] { try process(nil) }

    private mutating func process(_ samples: [Float]?) throws -> [Float] {
        var result: [Float] = []
        let frames = (samples?.count ?? 0) / channelCount
        var used = 0
        while true {
            let room = max(1024, Int(Double(frames - used) * Double(to) / Double(from)) + 64)
            var read = 0, written = 0
            var failure: soxr_error_t?
            let piece = unsafe [Float](unsafeUninitializedCapacity: room * channelCount) { out, count in
                if let samples {
                    unsafe samples.withUnsafeBufferPointer { input in
                        unsafe failure = soxr_process(
                            soxr, input.baseAddress! + used * channelCount, frames - used, &read, out.baseAddress,
                            room, &written)
                    }
                } else {
                    unsafe failure = soxr_process(soxr, nil, 0, nil, out.baseAddress, room, &written)
                }
                count = written * channelCount
            }
            if let failure = unsafe failure {
                throw AudioError.unusable("The sound cannot be resampled: \(unsafe String(cString: failure))")
            }
            result += piece
            used += read
            // Everything is in, and what came out did not fill the room: there is no more for now.
            if used == frames, written < room { return result }
        }
    }
}
