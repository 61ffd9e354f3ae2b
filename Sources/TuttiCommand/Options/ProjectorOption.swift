import ArgumentParser

/// What a GGUF model sees with, where that does not lie beside it.
struct ProjectorOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What a GGUF model sees with (default: the mmproj file beside it); `none` leaves it without eyes.",
            valueName: "file"))
    var mmproj: String?
}
