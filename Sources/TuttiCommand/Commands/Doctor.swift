import ArgumentParser
import Foundation
import Tutti

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what this machine has, what is missing, and how to mend it.",
        discussion: """
            Ends with status 1 if something is missing that is needed.

            Examples:
              tutti doctor
              tutti doctor --verify
              tutti doctor --json
            """)

    @Flag(help: "Compare the models' SHA-256 with the catalog's: reads them whole.")
    var verify = false

    @Flag(help: "Write one JSON document.")
    var json = false

    func run() async throws {
        let store = try ModelStore()
        let report = Report(
            store: store, tools: await store.checkTools(), models: try await store.checkModels(verifies: verify),
            hub: Result { try store.checkHub() })
        try json ? Output.document(report.document) : Output.line(report.text)
        if !report.problems.isEmpty { throw ExitCode.failure }
    }
}

/// What was found, and what follows from it.
private struct Report {
    let store: ModelStore
    let tools: [ToolCheck]
    let models: [ModelCheck]
    let hub: Result<HubCheck, any Error>
    let freeByteCount: Int?

    init(store: ModelStore, tools: [ToolCheck], models: [ModelCheck], hub: Result<HubCheck, any Error>) {
        (self.store, self.tools, self.models, self.hub) = (store, tools, models, hub)
        freeByteCount = store.freeDiskByteCount
    }

    struct Problem {
        let what: String
        let remedy: String
    }

    var problems: [Problem] {
        var problems = tools.filter { $0.path == nil }.map {
            Problem(what: "\($0.name) is missing; `tutti pull` needs it", remedy: $0.install)
        }
        for model in models {
            guard let remedy = model.remedy else { continue }
            problems.append(Problem(what: "\(model.name) is not whole", remedy: remedy))
        }
        if case .failure(let error) = hub {
            problems.append(Problem(what: "\(error)", remedy: "correct or unset the variable"))
        }
        let name = store.catalog.defaultName
        if models.isEmpty { problems.append(Problem(what: "there is no model yet", remedy: "tutti pull \(name)")) }
        let needs = store.catalog[name]?.byteCount ?? 0
        if models.isEmpty, let free = freeByteCount, free < needs {
            problems.append(
                Problem(
                    what: "\(ByteText(free)) are free, \(name) takes \(ByteText(needs))",
                    remedy: "make room, or set TUTTI_HOME to a folder on a larger disk"))
        }
        return problems
    }

    var text: String {
        let features = Processor.features.joined(separator: " ")
        var lines = [
            ("version", tuttiVersion),
            ("processor", "\(Processor.name), \(ComputePool.defaultThreadCount) cores for this process"),
            ("features", features.isEmpty ? "none that kernels are written for" : features),
            ("kernels", Processor.kernels),
            ("memory", "\(ByteText(Memory.totalByteCount))"),
            ("store", "\(store.home.path)" + (freeByteCount.map { ", \(ByteText($0)) free" } ?? "")),
            ("catalog", "\(store.catalog.entries.count) models, default \(store.catalog.defaultName)"),
            ("hub", hubWords),
        ]
        lines += tools.map { ($0.name, $0.path ?? "missing") }
        lines += models.map { ("model", "\($0.name), \(Report.words($0.state)), \(ByteText($0.byteCount))") }
        var text = lines.map { $0.padding(toLength: 11, withPad: " ", startingAt: 0) + $1 }
        text.append("")
        text += problems.isEmpty ? ["Nothing is missing."] : problems.map { "\($0.what):\n  \($0.remedy)" }
        return text.joined(separator: "\n")
    }

    private var hubWords: String {
        guard case .success(let hub) = hub else { return "cannot be reached: see below" }
        var words = [hub.endpoint, hub.tokenOrigin.map { "token from \($0)" } ?? "no token"]
        if let proxy = hub.proxy { words.append("by the proxy \(proxy)") }
        if let variable = hub.offlineVariable { words.append("offline by \(variable)") }
        return words.joined(separator: ", ")
    }

    private var hubDocument: JSON {
        guard case .success(let hub) = hub else { return .null }
        return [
            "endpoint": .string(hub.endpoint), "token": hub.tokenOrigin.map { .string($0) } ?? .null,
            "proxy": hub.proxy.map { .string($0) } ?? .null,
            "offline": hub.offlineVariable.map { .string($0) } ?? .null,
        ]
    }

    private static func words(_ state: ModelCheck.State) -> String {
        switch state {
        case .whole(isVerified: true): "whole, SHA-256 as in the catalog"
        case .whole(isVerified: false): "whole"
        case .partial: "pulled in part"
        case .damaged(let reason): "damaged: \(reason)"
        }
    }

    var document: JSON {
        [
            "version": .string(tuttiVersion),
            "cpu": [
                "name": .string(Processor.name), "cores": JSON(ComputePool.defaultThreadCount),
                "features": .array(Processor.features.map { .string($0) }), "kernels": .string(Processor.kernels),
            ],
            "memory_bytes": JSON(Memory.totalByteCount),
            "store": [
                "path": .string(store.home.path), "free_bytes": freeByteCount.map { JSON($0) } ?? .null,
            ],
            "catalog": [
                "default": .string(store.catalog.defaultName),
                "models": .array(store.catalog.entries.map { .string($0.name) }),
            ],
            "hub": hubDocument,
            "tools": .array(
                tools.map { ["name": .string($0.name), "path": $0.path.map { .string($0) } ?? .null] }),
            "models": .array(
                models.map {
                    [
                        "name": .string($0.name), "state": .string(Report.words($0.state)),
                        "whole": .bool($0.remedy == nil), "bytes": JSON($0.byteCount),
                    ]
                }),
            "problems": .array(problems.map { ["what": .string($0.what), "remedy": .string($0.remedy)] }),
            "ok": .bool(problems.isEmpty),
        ]
    }
}
