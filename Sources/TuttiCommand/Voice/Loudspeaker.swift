import Foundation
import Synchronization
import Tutti

/// Plays sound as it comes, by a program of PipeWire, PulseAudio or ALSA.
final class Loudspeaker: Sendable {
    private let process: Process
    private let input: FileHandle
    private let sampleRate: Int
    private let queue = DispatchQueue(label: "tutti loudspeaker")

    /// The programs, the first that is there plays; each reads raw 16-bit samples of one channel.
    private static func commands(_ sampleRate: Int) -> [(program: String, arguments: [String])] {
        [
            ("pw-play", ["--rate", "\(sampleRate)", "--channels", "1", "--format", "s16", "-"]),
            ("paplay", ["--raw", "--rate=\(sampleRate)", "--channels=1", "--format=s16le"]),
            ("aplay", ["-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", "\(sampleRate)", "-"]),
        ]
    }

    /// - Throws: ``Failure`` where none of the programs is there.
    init(sampleRate: Int) throws {
        let found = Self.commands(sampleRate).compactMap { command in
            SoundProgram.find(command.program).map { ($0, command.arguments) }
        }.first
        guard let (path, arguments) = found else {
            throw Failure(
                "nothing here plays sound: pw-play, paplay and aplay are all missing. Install one, or give a file with -o."
            )
        }
        self.sampleRate = sampleRate
        process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardInput = pipe
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        input = pipe.fileHandleForWriting
        try process.run()
    }

    deinit { if process.isRunning { process.terminate() } }

    /// Waits while the program has more than it can play soon.
    func play(_ samples: [Float]) async throws {
        var encoder = try AudioEncoder(.pcm, sampleRate: sampleRate)
        let bytes = try encoder.append(samples)
        try await onQueue { try self.input.write(contentsOf: Data(bytes)) }
    }

    /// Waits until all was played.
    func finish() async throws {
        try await onQueue {
            try? self.input.close()
            self.process.waitUntilExit()
        }
        guard process.terminationStatus == 0 else {
            throw Failure("\(process.executableURL?.lastPathComponent ?? "the program") could not play the sound.")
        }
    }

    /// Stops at once.
    func stop() { process.terminate() }

    private func onQueue(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }
}

/// Programs of the machine that record and play.
enum SoundProgram {
    /// Where a program lies; nil if it is not on the path.
    static func find(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
