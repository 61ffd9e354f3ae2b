import ArgumentParser
import Tutti

/// Whether tokens are guessed ahead.
struct SpeculationOptions: ParsableArguments {
    enum Choice: String, ExpressibleByArgument, CaseIterable { case off, lookup }

    @Option(
        help: ArgumentHelp(
            "Guess tokens ahead from what the text said before: edits and quotations come faster, no answer changes.",
            valueName: "off|lookup"))
    var speculate = Choice.off

    @Option(
        help: ArgumentHelp(
            "A smaller model with the same vocabulary that guesses tokens ahead; no answer changes.", valueName: "model"
        ))
    var draft: String?

    func validate() throws {
        if draft != nil, speculate != .off {
            throw ValidationError("--speculate lookup and --draft are two ways to guess: choose one of them.")
        }
    }

    /// What a draft model, when there is one, takes the place of.
    var kind: Speculation { speculate == .lookup ? .promptLookup : .off }
}
