import ArgumentParser
import Foundation
import Tutti

struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what a model is and what it needs.",
        discussion: """
            Reads the header of its files, not its weights.

            Examples:
              tutti show qwen2.5-coder-0.5b
              tutti show ~/models/some.gguf --json
              tutti show smollm2-135m --template
            """)

    @Flag(help: "Write one JSON document.")
    var json = false

    @Flag(help: "Write the chat template, whole, and nothing else.")
    var template = false

    @Argument(help: "A name of the catalog, hf:OWNER/NAME, a .gguf file, or a folder.")
    var model: String

    func run() throws {
        let store = try ModelStore()
        if let card = try SenseCard(model, store) {
            if template { throw Failure("\(model) has no chat template.") }
            return try json ? Output.document(card.json) : Output.line(card.text)
        }
        let (card, origin) = try find(store)
        if template {
            guard let template = card.template else { throw Failure("\(model) has no chat template.") }
            return try Output.write(template)
        }
        if json { return try Output.document(document(card, origin)) }
        try Output.line(text(card, origin))
        if let problem = card.problem { Output.note("tutti: \(problem)") }
    }

    /// The model's card, and where on the hub it came from.
    private func find(_ store: ModelStore) throws -> (ModelCard, HubOrigin?) {
        switch try store.locate(model) {
        case .stored(let stored): (try ModelCard(file: stored.location.path, entry: stored.entry), stored.origin)
        case .known(let entry): throw StoreError.notPulled(entry.name)
        case .file(let file): (try ModelCard(file: file.path), nil)
        }
    }

    // MARK: Text

    private func text(_ card: ModelCard, _ origin: HubOrigin?) -> String {
        var lines: [(String, String)] = [("model", card.entry?.name ?? card.name ?? model)]
        if let description = card.entry?.description { lines.append(("", description)) }
        lines.append(("architecture", card.architecture + (card.problem == nil ? "" : ", cannot be run: see below")))
        if let shape = card.shape {
            lines += [
                ("layers", "\(shape.layers), \(shape.hidden) wide, feed-forward \(shape.feedForward)"),
                (
                    "heads",
                    "\(shape.heads), \(shape.keyValueHeads) for keys and values, \(shape.headWidth) wide"
                        + (windows(shape))
                ),
                ("context", "\(shape.context) tokens"),
            ]
        }
        if let encoder = card.encoder {
            lines += [
                ("layers", "\(encoder.layers), \(encoder.hidden) wide, feed-forward \(encoder.feedForward)"),
                ("heads", "\(encoder.heads), \(encoder.headWidth) wide"),
                ("reads", "\(encoder.maximumTokens) tokens of a text, of \(encoder.positions) that it has places for"),
                (
                    "embedding",
                    "\(encoder.hidden) numbers, \(encoder.pooling == .mean ? "the mean of all places" : "the \(encoder.pooling.name) place")"
                        + (encoder.normalizes ? ", of length one" : "")
                ),
            ]
        }
        let types = card.tensorGroups.map { "\($0.type) \($0.count) (\(ByteText($0.byteCount)))" }
        lines += [
            ("tokenizer", "\(card.tokenizer), \(card.tokenCount) tokens"),
            ("parameters", Show.count(card.parameterCount)),
            ("tensors", "\(card.checkpoint.tensors.count): " + types.joined(separator: ", ")),
            ("file", "\(card.checkpoint.path), \(ByteText(card.checkpoint.byteCount))"),
        ]
        if card.checkpoint.paths.count > 1 { lines.append(("", "in \(card.checkpoint.paths.count) parts")) }
        if let projector = card.projector {
            lines += [
                ("eyes", projector.summary),
                ("", "\(projector.file.path), \(ByteText(projector.file.byteCount))"),
            ]
        }
        lines += memory(card)
        lines += [
            (
                "senses",
                card.encoder == nil
                    ? "text: native; sound: heard by a recogniser and spoken by a voice beside it; pictures: \(card.sees ? "native" : "read and named beside it")"
                    : "text, which it embeds (`tutti embed`)"
            ),
            ("licence", card.licence ?? "not stated"),
        ]
        if let note = card.entry?.licenceNote { lines.append(("", note)) }
        lines.append(("source", Show.sources(card.entry, origin).joined(separator: "; ")))
        let head = lines.map(Show.line)
        return (head + (card.encoder == nil ? templateLines(card) : [])).joined(separator: "\n")
    }

    static func line(_ name: String, _ value: String) -> String {
        name.padding(toLength: 13, withPad: " ", startingAt: 0) + value
    }

    /// How far back layers see that do not see all.
    private func windows(_ shape: DecoderShape) -> String {
        var counts: [Int: Int] = [:]
        for case let window? in shape.windows { counts[window, default: 0] += 1 }
        return counts.sorted { $0.key < $1.key }.map { ", \($1) layers see \($0) tokens back" }.joined()
    }

    private func memory(_ card: ModelCard) -> [(String, String)] {
        guard let shape = card.shape, let memory = card.memory() else {
            return [("memory", "\(ByteText(card.weightByteCount)) of weights")]
        }
        let parts = [
            "weights \(ByteText(memory.weightByteCount))", "embeddings \(ByteText(memory.embeddingByteCount))",
            "program \(ByteText(memory.programByteCount))", "scratch \(ByteText(memory.scratchByteCount))",
        ]
        let totals = Show.contexts(shape).flatMap { tokens in
            [KeyValueKind.f16, .q8_0].compactMap { kind -> (String, String)? in
                guard let cache = memory.cacheByteCount(kind, tokens: tokens),
                    let total = memory.totalByteCount(kind, tokens: tokens)
                else { return nil }
                return (
                    "",
                    "\(ByteText(total)) for a conversation of \(tokens) tokens with a cache in \(kind.rawValue) "
                        + "(\(ByteText(cache)))"
                )
            }
        }
        return [("memory", parts.joined(separator: ", "))] + totals
    }

    /// The lengths of conversation whose memory is foretold: usual ones, and the model's own.
    private static func contexts(_ shape: DecoderShape) -> [Int] {
        [8192, 32_768].filter { $0 < shape.context } + [shape.context]
    }

    private func templateLines(_ card: ModelCard) -> [String] {
        guard let template = card.template else { return ["template     none: it continues text, it does not chat"] }
        let lines = template.split(separator: "\n", omittingEmptySubsequences: false)
        let shown = lines.prefix(6).map { "             " + ($0.count > 100 ? $0.prefix(100) + "…" : $0) }
        let more = "\(lines.count) lines, \(template.utf8.count) bytes; `tutti show --template` prints it whole"
        return ["template     " + more] + shown
    }

    private static func count(_ number: Int) -> String {
        switch number {
        case 1_000_000_000...: "\((Double(number) / 1e9).text(digits: 2)) billion"
        case 1_000_000...: "\((Double(number) / 1e6).text(digits: 1)) million"
        default: "\(number)"
        }
    }

    static func sources(_ entry: CatalogEntry?, _ origin: HubOrigin?) -> [String] {
        if let origin { return ["\(origin.repository) on the hub, commit \(origin.commit)"] }
        guard let entry else { return ["a file of yours"] }
        return entry.sources.map { source in
            switch source {
            case .pythonPackages(let packages):
                "Python packages " + packages.packages.map(\.package).joined(separator: ", ") + " \(packages.version)"
            case .hub(let hub): "\(hub.repository) on the hub"
            case .file(let path): "the file \(path)"
            case .unknown(let kind): "a source of the kind \(kind), which this version does not know"
            }
        }
    }

    // MARK: JSON

    private func document(_ card: ModelCard, _ origin: HubOrigin?) -> JSON {
        var memory: JSON = .null, sizes: JSON = .null
        if let shape = card.shape {
            memory = card.memory().map { Show.document($0, shape) } ?? .null
            sizes = [
                "layers": JSON(shape.layers), "hidden": JSON(shape.hidden), "feed_forward": JSON(shape.feedForward),
                "heads": JSON(shape.heads), "key_value_heads": JSON(shape.keyValueHeads),
                "head_width": JSON(shape.headWidth), "context": JSON(shape.context),
                "windows": .array(shape.windows.map { $0.map { JSON($0) } ?? .null }),
            ]
        }
        var embedding: JSON = .null
        if let encoder = card.encoder {
            embedding = [
                "dimensions": JSON(encoder.hidden), "maximum_tokens": JSON(encoder.maximumTokens),
                "pooling": .string(encoder.pooling.name), "normalized": .bool(encoder.normalizes),
            ]
        }
        return [
            "name": (card.entry?.name ?? card.name).map { .string($0) } ?? .null,
            "description": card.entry.map { .string($0.description) } ?? .null,
            "architecture": .string(card.architecture),
            "usable": .bool(card.problem == nil),
            "problem": card.problem.map { .string($0) } ?? .null,
            "shape": sizes,
            "embedding": embedding,
            "vocabulary": JSON(card.tokenCount),
            "tokenizer": .string(card.tokenizer),
            "parameters": JSON(card.parameterCount),
            "tensors": .array(
                card.tensorGroups.map {
                    ["type": .string($0.type), "count": JSON($0.count), "bytes": JSON($0.byteCount)]
                }),
            "file": .string(card.checkpoint.path),
            "files": .array(card.checkpoint.paths.map { .string($0) }),
            "file_bytes": JSON(card.checkpoint.byteCount),
            "memory": memory,
            "senses": ["text": "native", "image": card.sees ? "native" : .null, "audio": .null],
            "input_modalities": card.sees ? ["text", "image"] : ["text"],
            "projector": card.projector.map { .string($0.file.path) } ?? .null,
            "licence": card.licence.map { .string($0) } ?? .null,
            "licence_note": card.entry?.licenceNote.map { .string($0) } ?? .null,
            "sources": .array(Show.sources(card.entry, origin).map { .string($0) }),
            "template": card.template.map { .string($0) } ?? .null,
        ]
    }

    private static func document(_ memory: MemoryForecast, _ shape: DecoderShape) -> JSON {
        func bytes(_ count: Int?) -> JSON { count.map { JSON($0) } ?? .null }
        return [
            "weights": JSON(memory.weightByteCount),
            "embeddings": JSON(memory.embeddingByteCount),
            "program": JSON(memory.programByteCount),
            "scratch": JSON(memory.scratchByteCount),
            "conversations": .array(
                contexts(shape).map { tokens in
                    [
                        "tokens": JSON(tokens),
                        "cache": [
                            "f16": bytes(memory.cacheByteCount(.f16, tokens: tokens)),
                            "q8_0": bytes(memory.cacheByteCount(.q8_0, tokens: tokens)),
                        ],
                        "total": [
                            "f16": bytes(memory.totalByteCount(.f16, tokens: tokens)),
                            "q8_0": bytes(memory.totalByteCount(.q8_0, tokens: tokens)),
                        ],
                    ]
                }),
        ]
    }
}
