import ArgumentParser
import Foundation
import Tutti

/// Which model a command means.
struct ModelName: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "A name of the catalog, hf:OWNER/NAME[:FILE], a .gguf file, or a folder (default: the catalog's).",
            valueName: "model"))
    var model: String?

    /// The name, or the catalog's default.
    func name(_ store: ModelStore) -> String { model ?? store.catalog.defaultName }

    /// The model's files, opened.
    func checkpoint() throws -> any Checkpoint {
        let store = try ModelStore()
        return try Registry.open(try store.resolve(name(store)).path)
    }

    /// The model's tokenizer; also of a folder without weights, or of a tokenizer.json by itself.
    func tokenizer() throws -> Tokenizer {
        if let model {
            let url = URL(filePath: model)
            let file = url.lastPathComponent == "tokenizer.json" ? url : url.appending(path: "tokenizer.json")
            if FileManager.default.fileExists(atPath: file.path) { return try Tokenizer(folder: url) }
        }
        let checkpoint = try checkpoint()
        guard let tokenizer = try TextParts(checkpoint).tokenizer else {
            throw LanguageModelError.noTokenizer(checkpoint.path)
        }
        return tokenizer
    }
}

/// Which model, and how it is computed.
struct ModelOptions: ParsableArguments {
    enum CacheType: String, ExpressibleByArgument, CaseIterable {
        case f16, q8_0

        var kind: KeyValueKind { self == .f16 ? .f16 : .q8_0 }
    }

    @OptionGroup var name: ModelName

    @Option(parsing: .unconditional, help: ArgumentHelp("Threads to compute on (default: every core).", valueName: "n"))
    var threads: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The longest sequence, in tokens (default: the model's own).", valueName: "tokens"))
    var context: Int?

    @Option(help: "How cached keys and values are stored: q8_0 takes half the memory of f16.")
    var cacheType: CacheType = .f16

    @OptionGroup var format: FormatOption

    @Flag(help: "Compute in float32 on dequantised weights: slow, for checking.")
    var exact = false

    func validate() throws {
        if let threads { try require(threads, "--threads", in: 1...256) }
        if let context { try require(context, "--context", in: 2...(1 << 30)) }
    }

    var engine: EngineOptions {
        var options = EngineOptions()
        options.context = context
        options.keyValueKind = cacheType.kind
        options.isExact = exact
        return options
    }

    /// - Parameters:
    ///   - speculation: Left out where nothing is generated.
    ///   - projector: A file, or `none`; left out where the model sees with what lies beside it.
    func load(
        _ speculation: SpeculationOptions? = nil, projector: String? = nil
    ) async throws -> LanguageModel {
        let store = try ModelStore()
        var options = LoadOptions()
        options.engine = engine
        options.threads = threads
        options.quantization = format.type
        options.engine.speculation = speculation?.kind ?? .off
        options.draft = speculation?.draft
        if projector == "none" {
            options.visionFamilies = []
        } else {
            options.projector = projector
        }
        return try await LanguageModel.load(name.name(store), options: options, store: store)
    }
}

/// What a model's matrices are turned into while they are read.
struct FormatOption: ParsableArguments {
    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "Quantise the weights to this format while loading, such as q8_0; `tutti quantize` writes a file.",
            valueName: "type"))
    var name: FormatName?

    var type: QuantizationType? { name?.type }
}

/// A format's name as people write it.
struct FormatName: ExpressibleByArgument {
    let type: QuantizationType

    init?(argument: String) {
        guard let type = QuantizationType(name: argument) else { return nil }
        self.type = type
    }

    static var allValueStrings: [String] { QuantizationType.allCases.map(\.rawValue) }
}

/// Refuses a number outside its range as wrong use.
func require(_ value: Int, _ option: String, in range: ClosedRange<Int>) throws {
    guard range.contains(value) else {
        throw ValidationError("\(option) is \(value), but must be from \(range.lowerBound) to \(range.upperBound).")
    }
}

/// Numbers with commas between them, such as `64,512`.
struct NumberList: ExpressibleByArgument {
    let values: [Int]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard !parts.isEmpty, parts.allSatisfy({ $0 != nil }) else { return nil }
        values = parts.compactMap { $0 }
    }

    init(_ values: [Int]) { self.values = values }

    var defaultValueDescription: String { values.map(String.init).joined(separator: ",") }
}
