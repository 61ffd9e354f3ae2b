import Foundation

/// Writes sound as it is made: frames in, bytes of a file out.
///
///     var encoder = try AudioEncoder(.mp3, sampleRate: 22_050)
///     for try await samples in speech { try await send(encoder.append(samples)) }
///     try await send(encoder.finish())
public struct AudioEncoder: ~Copyable {
    public let format: AudioFormat
    /// Frames in a second of what is written, which may be another than what comes in: not every format knows every rate.
    public let sampleRate: Int
    private var resampler: Resampler?
    private let target: any EncodingTarget

    /// - Parameter sampleRate: Frames in a second of what will be appended.
    /// - Throws: ``AudioError``: the format is written by a program that is not there, or not with so many channels.
    public init(_ format: AudioFormat, sampleRate: Int, channelCount: Int = 1) throws {
        self.format = format
        let written = format.sampleRate(for: sampleRate)
        self.sampleRate = written
        resampler =
            written == sampleRate ? nil : try Resampler(from: sampleRate, to: written, channelCount: channelCount)
        target =
            switch format {
            case .pcm: RawEncoding()
            case .aac: try FFmpegEncoding(channelCount: channelCount, sampleRate: written)
            default: try SoundFileEncoding(format, channelCount: channelCount, sampleRate: written)
            }
    }

    /// Takes whole frames; gives the bytes that are certain by then, which may be none.
    public mutating func append(_ samples: [Float]) throws -> [UInt8] {
        try target.append(resampler?.append(samples) ?? samples)
    }

    /// All that an encoder wrote, put together: what its head could not say yet, the sizes of a wav file, is there then.
    public static func whole(_ file: [UInt8], _ format: AudioFormat) -> [UInt8] {
        guard format == .wav, file.count >= 44 else { return file }
        var file = file
        for (place, size) in [(4, file.count - 8), (40, file.count - 44)] {
            for byte in 0..<4 { file[place + byte] = UInt8(truncatingIfNeeded: size >> (8 * byte)) }
        }
        return file
    }

    /// The last bytes.
    public mutating func finish() throws -> [UInt8] {
        let rest = try resampler?.finish() ?? []
        return try target.append(rest) + target.finish()
    }
}

extension PCM {
    /// The sound as a whole file, its head complete.
    /// - Throws: As ``AudioEncoder/init(_:sampleRate:channelCount:)``.
    public func encoded(as format: AudioFormat) throws -> [UInt8] {
        if let number = format.soundFileFormat {
            let rate = format.sampleRate(for: sampleRate)
            return try SoundFileEncoding.whole(try resampled(to: rate), number, format.rawValue)
        }
        var encoder = try AudioEncoder(format, sampleRate: sampleRate, channelCount: channelCount)
        return try encoder.append(samples) + encoder.finish()
    }
}

/// What takes frames and gives bytes.
private protocol EncodingTarget: AnyObject {
    func append(_ samples: [Float]) throws -> [UInt8]
    func finish() throws -> [UInt8]
}

private final class RawEncoding: EncodingTarget {
    func append(_ samples: [Float]) -> [UInt8] {
        samples.flatMap { sample in
            let value = UInt16(bitPattern: Int16((max(-1, min(1, sample.isNaN ? 0 : sample)) * 32767).rounded()))
            return [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
        }
    }

    func finish() -> [UInt8] { [] }
}

/// By libsndfile, into memory. Bytes that were given away are not changed any more: the head of a stream says nothing of its
/// length, as nobody knows it yet.
private final class SoundFileEncoding: EncodingTarget {
    private let memory = MemoryFile()
    private var file: SoundFile?
    private let format: AudioFormat
    private var sentCount = 0

    init(_ format: AudioFormat, channelCount: Int, sampleRate: Int) throws {
        self.format = format
        guard let number = format.soundFileFormat else { preconditionFailure("\(format) is not libsndfile's") }
        file = try SoundFile(
            writing: memory, name: format.rawValue, format: number, channelCount: channelCount, sampleRate: sampleRate)
    }

    static func whole(_ sound: PCM, _ number: Int32, _ name: String) throws -> [UInt8] {
        let memory = MemoryFile()
        do {
            let file = try SoundFile(
                writing: memory, name: name, format: number, channelCount: sound.channelCount,
                sampleRate: sound.sampleRate)
            try file.write(sound.samples)
        }
        return memory.bytes
    }

    func append(_ samples: [Float]) throws -> [UInt8] {
        try file?.write(samples)
        return sendable()
    }

    func finish() throws -> [UInt8] {
        // Closing writes what is left.
        file = nil
        return sendable()
    }

    private func sendable() -> [UInt8] {
        defer { sentCount = memory.bytes.count }
        var bytes = Array(memory.bytes[sentCount...])
        if format == .wav, sentCount == 0, bytes.count >= 44 {
            // The sizes of the file and of its data: as large as can be, which readers take for "until it ends".
            for place in [4, 5, 6, 7, 40, 41, 42, 43] { bytes[place] = 0xFF }
        }
        return bytes
    }
}

/// By ffmpeg, through pipes.
private final class FFmpegEncoding: EncodingTarget {
    private let process: FFmpegProcess
    private let raw = RawEncoding()
    private let output: Collected

    init(channelCount: Int, sampleRate: Int) throws {
        guard let program = FFmpeg.path else {
            throw AudioError.unwritable(
                format: "aac", "the program ffmpeg writes it and is not on the path; install it, or take another format"
            )
        }
        process = try FFmpegProcess(
            program,
            ["-f", "s16le", "-ar", "\(sampleRate)", "-ac", "\(channelCount)", "-i", "pipe:0", "-f", "adts", "pipe:1"],
            hasInput: true, file: "aac")
        output = Collected(process.output.fileHandleForReading)
    }

    func append(_ samples: [Float]) throws -> [UInt8] {
        do {
            try process.input.fileHandleForWriting.write(contentsOf: Data(raw.append(samples)))
        } catch {
            throw AudioError.unwritable(format: "aac", process.failure() ?? error.localizedDescription)
        }
        return output.take()
    }

    func finish() throws -> [UInt8] {
        try? process.input.fileHandleForWriting.close()
        if let failure = process.failure() { throw AudioError.unwritable(format: "aac", failure) }
        return output.takeAll()
    }
}
