import ArgumentParser
import Foundation
import Fuzzing
import Synchronization

/// Bends seeds and reads them, as `make fuzz` does under the address sanitizer.
///
/// Each input is made of a stream's seed and its own number; before it is read the number is put on the disk, so that a
/// crash, which ends the process, leaves behind what it crashed on.
@main struct Fuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read bent files, one after the other, until one crashes or all are done.",
        discussion: "A crash is repeated by --only with the number that --state holds.")

    @Option(
        help:
            "gguf, safetensors, config, tokenizer, template, torch, sound, image, speech, graph or projector; all, one after the other, if not given."
    )
    var target: String?
    @Option(help: "How many inputs of each.") var count = 200_000
    @Option(help: "The stream: another number, other inputs.") var seed: UInt64 = 1
    @Option(help: "Only this input.") var only: Int?
    @Option(help: "Seconds for all; what is not done by then is left out, and said.") var seconds = 3600.0
    @Option(help: "Seconds that one input may take.") var inputSeconds = 10.0
    @Option(help: "Where the number of the input at hand is written.") var state: String?
    @Option(help: "The folder of seeds.") var seeds = "Tests/Fuzzing/Seeds"

    func run() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tutti-fuzz-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let start = ContinuousClock.now
        for target in try FuzzTarget.all(seeds: URL(filePath: seeds)) where self.target ?? target.name == target.name {
            try run(target, folder, until: start + .seconds(seconds))
        }
    }

    private func run(_ target: FuzzTarget, _ folder: URL, until end: ContinuousClock.Instant) throws {
        let watch = Watch(target.name, seed: seed, state: state, limitSeconds: inputSeconds)
        if let only {
            let accepted = target.run(only..<only + 1, seed: seed, folder: folder, begin: watch.begin)
            say("\(target.name) \(only): \(accepted == 1 ? "accepted" : "refused")")
            return watch.end()
        }
        var done = 0, accepted = 0
        let start = ContinuousClock.now
        while done < count, ContinuousClock.now < end {
            let next = min(count, done + 2000)
            accepted += target.run(done..<next, seed: seed, folder: folder, begin: watch.begin)
            done = next
        }
        watch.end()
        let took = (ContinuousClock.now - start) / .seconds(1)
        say(
            "\(target.name): \(done) of \(count) inputs in \(Int(took.rounded())) s, \(accepted) accepted, none crashed"
        )
        guard done == count else { throw ExitCode(1) }
    }
}

/// Writes a line at once, also into a file or a pipe.
private func say(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }

/// Knows which input is at hand, and ends the process when one takes too long.
private final class Watch: Sendable {
    private let name: String
    private let seed: UInt64
    private let file: FileHandle?
    private let current = Atomic<Int>(-1)
    private let isOver = Atomic<Bool>(false)

    init(_ name: String, seed: UInt64, state: String?, limitSeconds: Double) {
        (self.name, self.seed) = (name, seed)
        if let state { _ = FileManager.default.createFile(atPath: state, contents: nil) }
        file = state.flatMap { FileHandle(forWritingAtPath: $0) }
        Thread.detachNewThread { [self] in
            var last = -1
            while !isOver.load(ordering: .relaxed) {
                Thread.sleep(forTimeInterval: limitSeconds)
                let now = current.load(ordering: .relaxed)
                if now == last, now >= 0, !isOver.load(ordering: .relaxed) {
                    say("\(name): input \(now) of stream \(seed) takes longer than \(limitSeconds) s")
                    abort()
                }
                last = now
            }
        }
    }

    func begin(_ index: Int) {
        current.store(index, ordering: .relaxed)
        guard let file else { return }
        try? file.seek(toOffset: 0)
        try? file.write(contentsOf: Data("\(name) --seed \(seed) --only \(index)          ".utf8))
    }

    func end() { isOver.store(true, ordering: .relaxed) }
}
