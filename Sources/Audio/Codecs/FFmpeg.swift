import Foundation
import Synchronization

/// The program ffmpeg, for what libsndfile does not know; where it is not on the path those formats are refused by name.
enum FFmpeg {
    static var path: String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(
            separator: ":")
        return folders.map { "\($0)/ffmpeg" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Whether a file begins as one that ffmpeg alone would read: worth saying that it is missing.
    static func isNeeded(by head: some Collection<UInt8>) -> Bool {
        let head = Array(head.prefix(16))
        func stands(_ mark: String, at place: Int) -> Bool { head.dropFirst(place).starts(with: Array(mark.utf8)) }
        // MP4 and its kin; Matroska and WebM; AAC by itself; Windows Media; Flash.
        return stands("ftyp", at: 4) || stands("moov", at: 4) || head.starts(with: [0x1a, 0x45, 0xdf, 0xa3])
            || head.count > 1 && head[0] == 0xff && head[1] & 0xf6 == 0xf0
            || head.starts(with: [0x30, 0x26, 0xb2, 0x75]) || stands("FLV", at: 0) || stands("#!AMR", at: 0)
    }

    /// Only files, and only those formats: playlists, which name other files and addresses, are not among them.
    static let inputRules = [
        "-protocol_whitelist", "file,pipe",
        "-format_whitelist",
        "mov,matroska,webm,aac,mp3,flac,ogg,wav,aiff,caf,asf,avi,flv,mpegts,mpeg,ac3,eac3,amr,ape,wv",
    ]
}

/// A running ffmpeg with pipes to it; ended when nobody holds it any more.
final class FFmpegProcess {
    private let process = Process()
    let input = Pipe()
    let output = Pipe()
    private let errors = Pipe()
    private let messages = Messages()

    /// - Throws: ``AudioError/unreadable(file:_:)`` if it cannot be started.
    init(_ program: String, _ arguments: [String], hasInput: Bool, file: String) throws {
        process.executableURL = URL(filePath: program)
        process.arguments = ["-v", "error", "-hide_banner", "-nostats"] + (hasInput ? [] : ["-nostdin"]) + arguments
        if hasInput { process.standardInput = input } else { process.standardInput = FileHandle.nullDevice }
        process.standardOutput = output
        process.standardError = errors
        do {
            try process.run()
        } catch {
            throw AudioError.unreadable(file: file, "\(program) cannot be started: \(error.localizedDescription)")
        }
        // What this process holds of the other ends would keep them open.
        try? output.fileHandleForWriting.close()
        try? errors.fileHandleForWriting.close()
        if hasInput { try? input.fileHandleForReading.close() }
        messages.read(errors.fileHandleForReading)
    }

    deinit { if process.isRunning { process.terminate() } }

    /// Waits for its end.
    /// - Returns: What it had to say of a failure; nil if there was none.
    func failure() -> String? {
        process.waitUntilExit()
        let text = messages.last()
        return process.terminationStatus == 0 ? nil : text.isEmpty ? "ffmpeg gave up on it" : text
    }

    /// The beginning of what ffmpeg says, read on a thread of its own so that it never waits.
    private final class Messages: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        private let done = DispatchGroup()

        func read(_ stream: FileHandle) {
            DispatchQueue.global().async(group: done) { [self] in
                while let chunk = try? stream.read(upToCount: 4096), !chunk.isEmpty {
                    bytes.withLock { if $0.count < 4096 { $0 += chunk } }
                }
            }
        }

        /// Its first line, without the address of the part of ffmpeg that says it.
        func last() -> String {
            _ = done.wait(timeout: .now() + 1)
            let text = String(decoding: bytes.withLock { $0 }, as: UTF8.self)
            let line = text.split(separator: "\n").first ?? ""
            return String(line.hasPrefix("[") ? line.drop { $0 != "]" }.dropFirst(2) : line)
        }
    }
}

/// What ffmpeg decodes of a file.
///
/// It comes as Sun's au, whose head of 24 bytes tells channels and rate and asks for no length.
final class FFmpegDecoding: AudioSource {
    let name: String
    let channelCount: Int
    let sampleRate: Int
    private let process: FFmpegProcess
    private let stream: FileHandle
    private var isOver = false
    /// Where bytes lie for ffmpeg, which has to go back and forth in them.
    private let temporary: TemporaryFile?

    convenience init(bytes: [UInt8], name: String, limits: AudioLimits) throws {
        let file = try TemporaryFile(bytes, for: name)
        try self.init(path: file.path, name: name, limits: limits, temporary: file)
    }

    init(path: String, name: String, limits: AudioLimits, temporary: TemporaryFile? = nil) throws {
        guard let program = FFmpeg.path else { throw AudioError.needsProgram(file: name, program: "ffmpeg") }
        self.name = name
        self.temporary = temporary
        process = try FFmpegProcess(
            program,
            FFmpeg.inputRules + [
                "-i", "file:" + path, "-map", "0:a:0", "-t", "\(limits.seconds + 1)", "-c:a", "pcm_f32be", "-f", "au",
                "pipe:1",
            ], hasInput: false, file: name)
        stream = process.output.fileHandleForReading
        let head = try FFmpegDecoding.read(24, from: stream)
        guard head.count == 24 else {
            // Nothing came: this is no sound, or its description is damaged.
            throw AudioError.damaged(file: name, process.failure() ?? "there is no sound in it")
        }
        func number(_ place: Int) -> Int { head[4 * place..<4 * place + 4].reduce(0) { $0 << 8 | Int($1) } }
        (sampleRate, channelCount) = (number(4), number(5))
        guard channelCount > 0, sampleRate > 0 else { throw AudioError.damaged(file: name, "ffmpeg found no channels") }
        _ = try FFmpegDecoding.read(max(0, number(1) - 24), from: stream)
    }

    func read(frames: Int) throws -> [Float] {
        guard !isOver else { return [] }
        let wanted = frames * channelCount * 4
        let bytes = try FFmpegDecoding.read(wanted, from: stream)
        if bytes.count < wanted {
            isOver = true
            if let failure = process.failure() { throw AudioError.damaged(file: name, failure) }
        }
        let count = bytes.count / (4 * channelCount) * channelCount
        return (0..<count).map { place in
            Float(bitPattern: bytes[4 * place..<4 * place + 4].reduce(0) { $0 << 8 | UInt32($1) })
        }
    }

    private static func read(_ count: Int, from stream: FileHandle) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count, let more = try stream.read(upToCount: count - bytes.count), !more.isEmpty {
            bytes += more
        }
        return bytes
    }
}

/// A file that lasts as long as its owner.
final class TemporaryFile {
    let path: String

    /// - Throws: ``AudioError/unreadable(file:_:)`` if it cannot be written.
    init(_ bytes: [UInt8], for name: String) throws {
        path = FileManager.default.temporaryDirectory.appending(path: "tutti-\(UUID().uuidString)").path
        let made = FileManager.default.createFile(
            atPath: path, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
        if !made { throw AudioError.unreadable(file: name, "there is no room for it at \(path)") }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
