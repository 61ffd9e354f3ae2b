import Foundation
import Synchronization
import Tutti

/// Records what is said, by a program of PipeWire, PulseAudio or ALSA.
final class Microphone: Sendable {
    /// Of what is recorded; one channel.
    static let sampleRate = 16_000

    private let process: Process
    private let isOpen: Flag
    /// What comes in, some hundredths of a second at a time; ends with the program.
    let samples: AsyncStream<[Float]>

    /// The programs, the first that is there records; each writes raw 16-bit samples of one channel.
    private static let commands: [(program: String, arguments: [String])] = [
        ("pw-record", ["--rate", "\(sampleRate)", "--channels", "1", "--format", "s16", "-"]),
        ("parec", ["--raw", "--rate=\(sampleRate)", "--channels=1", "--format=s16le"]),
        ("arecord", ["-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", "\(sampleRate)"]),
    ]

    /// Whether a program that records is on the path.
    static var isThere: Bool { commands.contains { SoundProgram.find($0.program) != nil } }

    /// - Throws: ``Failure`` where none of the programs is there.
    init() throws {
        let found = Self.commands.compactMap { command in
            SoundProgram.find(command.program).map { ($0, command.arguments) }
        }.first
        guard let (path, arguments) = found else {
            throw Failure(
                "nothing here records sound: pw-record, parec and arecord are all missing. Install one, or give the names of files of sound on standard input, a line each."
            )
        }
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        self.process = process
        let isOpen = Flag()
        self.isOpen = isOpen
        let (samples, writer) = AsyncStream.makeStream(of: [Float].self)
        self.samples = samples
        try process.run()
        Thread.detachNewThread {
            var rest: [UInt8] = []
            while let data = try? pipe.fileHandleForReading.read(upToCount: 1024), !data.isEmpty {
                rest += data
                let count = rest.count / 2
                if isOpen.value.load(ordering: .relaxed) {
                    writer.yield(
                        (0..<count).map { index in
                            Float(Int16(bitPattern: UInt16(rest[2 * index]) | UInt16(rest[2 * index + 1]) << 8)) / 32768
                        })
                }
                rest.removeFirst(2 * count)
            }
            writer.finish()
        }
    }

    /// Whether what is recorded is handed on; it is lost meanwhile where not.
    func listens(_ listens: Bool) { isOpen.value.store(listens, ordering: .relaxed) }

    private final class Flag: Sendable {
        let value = Atomic(true)
    }

    deinit { if process.isRunning { process.terminate() } }
}
