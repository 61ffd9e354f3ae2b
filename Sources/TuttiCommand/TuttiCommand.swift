import ArgumentParser

@main struct TuttiCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tutti", subcommands: [ChatCommand.self])
}
