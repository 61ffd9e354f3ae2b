import Foundation

/// Reads sound of any format that is known here, in pieces, as one channel at a rate of the reader's choice, or as it is.
///
///     let reader = try AudioReader(path: "talk.mp3", sampleRate: 16_000)
///     while case let piece = try reader.read(frames: 16_000), !piece.isEmpty { … }
///
/// wav (every kind of number, µ-law and A-law among them), aiff, au, caf, flac, ogg, opus and mp3 are read by libsndfile;
/// m4a, mp4, webm, aac and what else it does not know by the program ffmpeg, where that is on the path.
public final class AudioReader {
    private let source: any AudioSource
    private let limits: AudioLimits
    private let isMono: Bool
    private var resampler: Resampler?
    private var ready: [Float] = []
    private var frameCount = 0
    private var isOver = false

    /// How many channels pieces have.
    public let channelCount: Int
    /// How many frames a second of the pieces has.
    public let sampleRate: Int

    /// - Parameters:
    ///   - name: What messages call the sound; nil for its path.
    ///   - sampleRate: Frames in a second of what is read, all channels mixed to one; nil leaves both as they are.
    /// - Throws: ``AudioError``: the file cannot be opened, is no sound, is damaged or too large.
    public convenience init(
        path: String, name: String? = nil, sampleRate: Int? = nil, limits: AudioLimits = AudioLimits()
    ) throws {
        let name = name ?? path
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        try limits.check(file: name, byteCount: size)
        do {
            try self.init(try SoundFile(reading: path, name: name), sampleRate, limits)
        } catch AudioError.unknownFormat
            where limits.usesPrograms && (FFmpeg.path != nil || FFmpeg.isNeeded(by: Self.head(of: path)))
        {
            try self.init(try FFmpegDecoding(path: path, name: name, limits: limits), sampleRate, limits)
        }
    }

    private static func head(of path: String) -> Data {
        guard let file = try? FileHandle(forReadingFrom: URL(filePath: path)) else { return Data() }
        return (try? file.read(upToCount: 16)) ?? Data()
    }

    /// - Parameter name: What messages call the sound, such as the name of a file that was sent.
    public convenience init(
        bytes: [UInt8], name: String = "the sound", sampleRate: Int? = nil, limits: AudioLimits = AudioLimits()
    ) throws {
        try limits.check(file: name, byteCount: bytes.count)
        if bytes.isEmpty { throw AudioError.damaged(file: name, "it has no bytes") }
        do {
            try self.init(try SoundFile(reading: bytes, name: name), sampleRate, limits)
        } catch AudioError.unknownFormat
            where limits.usesPrograms && (FFmpeg.path != nil || FFmpeg.isNeeded(by: bytes))
        {
            try self.init(try FFmpegDecoding(bytes: bytes, name: name, limits: limits), sampleRate, limits)
        }
    }

    private init(_ source: any AudioSource, _ sampleRate: Int?, _ limits: AudioLimits) throws {
        try limits.check(file: source.name, channelCount: source.channelCount, sampleRate: source.sampleRate)
        self.source = source
        self.limits = limits
        isMono = sampleRate != nil
        channelCount = isMono ? 1 : source.channelCount
        self.sampleRate = sampleRate ?? source.sampleRate
        if let sampleRate, sampleRate != source.sampleRate {
            resampler = try Resampler(from: source.sampleRate, to: sampleRate)
        }
    }

    /// The next frames; fewer than asked for only at the end, and none after it.
    /// - Throws: ``AudioError``: what was read before is sound all the same.
    public func read(frames: Int) throws -> [Float] {
        let wanted = frames * channelCount
        while ready.count < wanted, !isOver { try readPiece() }
        defer { ready.removeFirst(min(wanted, ready.count)) }
        return Array(ready.prefix(wanted))
    }

    private func readPiece() throws {
        let piece = try source.read(frames: AudioReader.pieceFrames)
        frameCount += piece.count / source.channelCount
        try limits.check(file: source.name, frames: frameCount, sampleRate: source.sampleRate)
        isOver = piece.count < AudioReader.pieceFrames * source.channelCount
        // A number that is none would spread through everything that is computed from it.
        var samples = piece.map { $0.isFinite ? $0 : 0 }
        if isMono, source.channelCount > 1 {
            samples =
                PCM(samples: samples, channelCount: source.channelCount, sampleRate: source.sampleRate).mono().samples
        }
        guard resampler != nil else {
            ready += samples
            return
        }
        ready += try resampler?.append(samples) ?? []
        if isOver { ready += try resampler?.finish() ?? [] }
    }

    private static let pieceFrames = 16_384

    /// All that is left.
    public func readAll() throws -> PCM {
        while !isOver { try readPiece() }
        defer { ready = [] }
        return PCM(samples: ready, channelCount: channelCount, sampleRate: sampleRate)
    }
}

extension PCM {
    /// Decodes a file: see ``AudioReader``.
    public init(path: String, sampleRate: Int? = nil, limits: AudioLimits = AudioLimits()) throws {
        self = try AudioReader(path: path, sampleRate: sampleRate, limits: limits).readAll()
    }

    /// Decodes a file that lies in memory: see ``AudioReader``.
    public init(
        bytes: [UInt8], name: String = "the sound", sampleRate: Int? = nil, limits: AudioLimits = AudioLimits()
    ) throws {
        self = try AudioReader(bytes: bytes, name: name, sampleRate: sampleRate, limits: limits).readAll()
    }
}
