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
        let size = store.list().first { $0.name == model }?.byteCount
        try store.remove(model)
        try Output.line("removed \(model)" + (size.map { ", \(ByteText($0))" } ?? ""))
    }
}
