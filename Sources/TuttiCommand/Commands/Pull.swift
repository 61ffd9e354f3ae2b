import ArgumentParser
import Foundation
import Synchronization
import Tutti

struct Pull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fetch a model into the store.",
        discussion: """
            An interrupted pull goes on where it was. What arrives is checked against the catalog's SHA-256, or against \
            the hub's own record of it.

            Of a repository of the hub with several GGUF files one is taken: Q4_K_M, or the next best that is there. \
            After a colon comes another quantisation or a file's name; after an @ a branch, tag or commit. HF_TOKEN, \
            HF_ENDPOINT, HTTPS_PROXY, NO_PROXY and HF_HUB_OFFLINE are heeded.

            Examples:
              tutti pull qwen2.5-coder-0.5b
              tutti pull hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF
              tutti pull hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q8_0
              tutti pull smollm2-135m --file ~/Downloads/SmolLM2-135M-Instruct.Q4_1.gguf
            """)

    @Option(
        help: ArgumentHelp("Take the model's file, or the folder with its files, from this path.", valueName: "path"))
    var file: String?

    @Argument(help: "A name of the catalog (`tutti list` shows them), or hf:OWNER/NAME.")
    var name: String

    func run() async throws {
        let store = try ModelStore()
        let isOfHub = name.lowercased().hasPrefix("hf:"), name = isOfHub ? name : name.lowercased()
        if isOfHub, file != nil {
            throw ValidationError("--file is for models of the catalog; use a file of yours by its path: -m PATH.")
        }
        let here = store.list(), needs = store.catalog[name]?.needs ?? []
        if let model = here.first(where: { $0.name == name }),
            needs.allSatisfy({ need in here.contains { $0.name == need } })
        {
            return try Output.line("\(name) is here: \(model.location.path)")
        }
        let display = PullDisplay(name, isTerminal: Output.errorIsTerminal)
        let source = file.map { URL(filePath: $0) }
        let location: URL
        do {
            location = try await Interruption.cancels {
                if let source { return try await store.adopt(name, file: source) { display.show($0) } }
                return try await store.pull(name) { display.show($0) }
            }
        } catch {
            display.finish()
            if error is CancellationError {
                Output.note("tutti: stopped; `tutti pull \(name)` goes on from here.")
            }
            throw error
        }
        display.finish()
        try Output.line("\(name) is here: \(location.path)")
    }
}

/// Draws a pull on standard error: a bar on a terminal, elsewhere a line now and then.
final class PullDisplay: Sendable {
    private struct State {
        var hasBar = false
        var lastLine = ContinuousClock.now - .seconds(60)
        var lastShare = -1.0
    }

    private static let secondsBetweenLines = 10.0
    private let name: String
    private let isTerminal: Bool
    private let state = Mutex(State())

    init(_ name: String, isTerminal: Bool) {
        self.name = name
        self.isTerminal = isTerminal
    }

    func show(_ event: PullEvent) {
        state.withLock { state in
            switch event {
            case .waiting: line("waiting for another process that pulls \(name)", &state)
            case .note(let text): line(text, &state)
            case .verifying: line("checking \(name)", &state)
            case .progress(let progress): isTerminal ? bar(progress, &state) : intervals(progress, &state)
            }
        }
    }

    /// Leaves the bar's line.
    func finish() {
        state.withLock { state in
            if state.hasBar { Output.note("") }
            state.hasBar = false
        }
    }

    private func line(_ text: String, _ state: inout State) {
        if state.hasBar { Output.note("") }
        state.hasBar = false
        Output.note(text)
    }

    private func bar(_ progress: PullProgress, _ state: inout State) {
        let width = 30, full = Int(share(progress) * Double(width))
        let drawn = String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
        state.hasBar = true
        Output.note("\r\(drawn) \(words(progress))\u{1b}[K", terminator: "")
    }

    private func intervals(_ progress: PullProgress, _ state: inout State) {
        let now = ContinuousClock.now, share = share(progress)
        let isEnd = share >= 1 && state.lastShare < 1
        guard isEnd || (now - state.lastLine) / .seconds(1) >= Self.secondsBetweenLines else { return }
        (state.lastLine, state.lastShare) = (now, share)
        Output.note("\(name): \(words(progress))")
    }

    private func share(_ progress: PullProgress) -> Double {
        progress.bytesTotal > 0 ? Double(progress.bytesDone) / Double(progress.bytesTotal) : 0
    }

    private func words(_ progress: PullProgress) -> String {
        var text = "\(Int(share(progress) * 100))%, \(ByteText(progress.bytesDone)) of \(ByteText(progress.bytesTotal))"
        if let speed = progress.bytesPerSecond { text += ", \(ByteText(Int(speed)))/s" }
        if let seconds = progress.secondsLeft, progress.bytesDone < progress.bytesTotal {
            text += ", \(Self.duration(seconds)) left"
        }
        return text
    }

    private static func duration(_ seconds: Double) -> String {
        let seconds = Int(min(seconds, 360_000).rounded(.up))
        if seconds < 60 { return "\(seconds) s" }
        if seconds < 3600 { return "\(seconds / 60) min \(seconds % 60) s" }
        return "\(seconds / 3600) h \(seconds % 3600 / 60) min"
    }
}
