import ArgumentParser
import Foundation
import Synchronization
import Tutti

struct Quantize: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Store a model in another format, as a GGUF file.",
        discussion: """
            TYPE is one of \(QuantizationType.allCases.map(\.rawValue).joined(separator: ", ")). Q4_K and Q5_K mean their \
            _M mixes. Q4_K_M is a good choice for most, Q8_0 is nearly without loss; docs/guides/quantize.md has figures. \
            The new file appears when all of it is written. To do without a file, load with `--as TYPE`.

            Examples:
              tutti quantize ./Qwen3-0.6B qwen3-0.6b-q4_k_m.gguf Q4_K_M
              tutti quantize model-f16.gguf model-q8_0.gguf q8_0
              tutti quantize smollm2-135m smollm2-f32.gguf F32
            """)

    @Option(parsing: .unconditional, help: ArgumentHelp("Threads to compute on (default: every core).", valueName: "n"))
    var threads: Int?

    @Flag(help: "Replace OUT if it is there.")
    var force = false

    @Argument(help: "A name of the catalog, a .gguf file, or a Hugging Face folder.")
    var input: String

    @Argument(help: "The .gguf file to write.")
    var output: String

    @Argument(help: "The format, or the mix of formats.")
    var type: FormatName

    func validate() throws {
        if let threads { try require(threads, "--threads", in: 1...256) }
        guard output.lowercased().hasSuffix(".gguf") else {
            throw ValidationError("OUT is `\(output)`, but must end in .gguf: nothing else is written.")
        }
    }

    func run() async throws {
        let (quantization, tokenizerNote) = try Quantization.open(try ModelStore().resolve(input).path, as: type.type)
        try requireFree()
        if let tokenizerNote {
            Output.note("tutti: other programs cannot read and write text with this file: \(tokenizerNote).")
        }
        if quantization.requantizedCount > 0 {
            Output.note(
                "tutti: \(quantization.requantizedCount) tensors of \(input) are quantised already. Doing it again adds "
                    + "the errors of both; where you have the model in F16 or BF16, begin with that.")
        }
        let display = QuantizeDisplay(isTerminal: Output.errorIsTerminal)
        let threads = threads, output = output
        defer { display.finish() }
        try await Interruption.cancels {
            try await quantization.write(to: output, threads: threads) { display.show($0, $1) }
        }
        display.finish()
        let before = quantization.checkpoint.tensors.reduce(0) { $0 + $1.byteCount }, after = quantization.byteCount
        let elements = quantization.tensors.reduce(0) { $0 + $1.elementCount }
        let bits = Double(after) * 8 / Double(max(1, elements))
        var words = "\(output): \(ByteText(after)) (from \(ByteText(before))), \(bits.text(digits: 2)) bits a weight"
        if quantization.widenedCount > 0 {
            words += "; rows of \(quantization.widenedCount) tensors do not divide into 256 and took a wider format"
        }
        try Output.line(words)
    }

    /// Throws if OUT is there and may not be replaced.
    private func requireFree() throws {
        guard FileManager.default.fileExists(atPath: output), !force else { return }
        guard isatty(STDIN_FILENO) == 1, Output.errorIsTerminal else {
            throw Failure("\(output) is there already; give `--force` to replace it.")
        }
        Output.note("\(output) is there already. Replace it? [y/N] ", terminator: "")
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
            throw Failure("\(output) was left as it is.")
        }
    }
}

/// Says on standard error how far a quantisation is: a line that changes on a terminal, elsewhere one now and then.
private final class QuantizeDisplay: Sendable {
    private struct State {
        var percent = -1
        var isOpen = false
        var lastLine = ContinuousClock.now
    }

    private static let secondsBetweenLines = 10.0
    private let isTerminal: Bool
    private let state = Mutex(State())

    init(isTerminal: Bool) { self.isTerminal = isTerminal }

    func show(_ done: Int, _ total: Int) {
        let percent = total > 0 ? Int(Double(done) / Double(total) * 100) : 100
        state.withLock { state in
            guard percent != state.percent else { return }
            state.percent = percent
            if isTerminal {
                state.isOpen = true
                Output.note("\rquantising: \(percent)%\u{1b}[K", terminator: "")
            } else if (ContinuousClock.now - state.lastLine) / .seconds(1) >= Self.secondsBetweenLines {
                state.lastLine = .now
                Output.note("quantising: \(percent)%")
            }
        }
    }

    /// Leaves the line.
    func finish() {
        state.withLock { state in
            if state.isOpen { Output.note("") }
            state.isOpen = false
        }
    }
}
