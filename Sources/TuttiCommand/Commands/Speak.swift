import ArgumentParser
import Foundation
import Tutti

struct Speak: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Speak a text into a file, or through the loudspeaker.",
        discussion: """
            Markdown, numbers, money, dates, units and addresses are said as people say them. Without -o the sound is \
            played by pw-play, paplay or aplay, whichever is there.

            Examples:
              tutti speak "Good morning." -o morning.wav
              tutti speak --speed 1.2 -o chapter.mp3 <chapter.md
              tutti speak "Hello there."
            """)

    @Option(
        name: [.customShort("m"), .customLong("model")],
        help: ArgumentHelp("A model that speaks: a name of the catalog or a path.", valueName: "model"))
    var model = "piper-joe"

    @Option(parsing: .unconditional, help: ArgumentHelp("Threads to compute on (default: every core).", valueName: "n"))
    var threads: Int?

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Where the sound goes: \(SoundFileName.endings).", valueName: "file"))
    var output: SoundFileName?

    @Option(help: ArgumentHelp("One of the model's speakers (default: its first).", valueName: "name"))
    var voice: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("0.25 to 4 times the speaker's own speed.", valueName: "x"))
    var speed = 1.0

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How much one saying differs from another: 0 for none, 1 as the voice has it.", valueName: "x"))
    var noise: Float = 1

    @Option(parsing: .unconditional, help: ArgumentHelp("What chance begins with.", valueName: "n"))
    var seed: UInt64 = 0

    @Argument(help: "What to say; `-` or nothing: standard input.")
    var text: String?

    func validate() throws {
        guard (0.25...4).contains(speed) else { throw ValidationError("--speed is from 0.25 to 4.") }
        guard (0...2).contains(noise) else { throw ValidationError("--noise is from 0 to 2.") }
        if let threads { try require(threads, "--threads", in: 1...256) }
    }

    func run() async throws {
        let text = try text.map { $0 == "-" ? try Input.text("-") : $0 } ?? Input.text("-")
        guard !text.allSatisfy(\.isWhitespace) else { throw ValidationError("there is nothing to say.") }
        let speaker = try await SpeakingModel.load(model, threads: threads)
        if let voice, !speaker.voices.contains(voice) {
            throw ValidationError(
                "\(speaker.name) has no voice \(voice); it has \(speaker.voices.joined(separator: ", ")).")
        }
        var options = SpeechOptions()
        options.voice = voice
        options.speed = speed
        options.noise = noise
        options.seed = seed
        let pieces = speaker.speak(text, options)
        if let output {
            let sound = try await Interruption.cancels { [options] in try await speaker.sound(of: text, options) }
            try output.write(sound)
            return Output.note("\(output.path): \(sound.seconds.text(digits: 1)) s")
        }
        let loudspeaker = try Loudspeaker(sampleRate: speaker.sampleRate)
        try await Interruption.cancels {
            for try await piece in pieces { try await loudspeaker.play(piece.samples) }
            try await loudspeaker.finish()
        }
    }
}
