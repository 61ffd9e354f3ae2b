import ArgumentParser
import Tutti

struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove a model from this machine.",
        discussion: """
            Also removes what an interrupted pull of it left. `tutti pull` brings it back.

            Examples:
              tutti rm smollm2-135m
              tutti rm qwen2.5-coder-0.5b && tutti list
            """)

    @Argument(help: "A name as `tutti list` shows it.")
    var model: String

    func run() throws {
        let store = try ModelStore()
        // Looked for first, as afterwards it is gone; how it was called may be longer than what was typed.
        let found = if case .stored(let stored)? = try? store.locate(model) { stored } else { StoredModel?.none }
        let size = found?.byteCount, name = found?.name ?? model
        try store.remove(name)
        try Output.line("removed \(name)" + (size.map { ", \(ByteText($0))" } ?? ""))
    }
}
