import ArgumentParser
import Foundation
import Tutti

struct Classify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell which of some labels a picture goes with.",
        discussion: """
            Needs a CLIP or a SigLIP: a folder as Hugging Face lays it out, or hf:OWNER/NAME after `tutti pull`. CLIP's scores add \
            up to 1: which of the labels it is. SigLIP's stand alone: none may fit, or several.

            Examples:
              tutti classify -m hf:google/siglip-base-patch16-224 photo.jpg "a cat" "a dog" "a bicycle"
              tutti classify -m ./clip --json photo.jpg indoors outdoors
            """)

    @Option(
        name: [.customShort("m"), .customLong("model")],
        help: ArgumentHelp("A CLIP or SigLIP: a folder or hf:OWNER/NAME.", valueName: "model"))
    var model: String

    @Option(help: ArgumentHelp("The sentence that a label is put into, in place of {}.", valueName: "text"))
    var template = "This is a photo of {}."

    @Option(parsing: .unconditional, help: ArgumentHelp("Threads to compute on (default: every core).", valueName: "n"))
    var threads: Int?

    @Flag(help: "Write one JSON document.")
    var json = false

    @Argument(help: "A picture; `-`: standard input.")
    var image: String

    @Argument(help: "What may be seen, in a few words each.")
    var labels: [String]

    func validate() throws {
        if let threads { try require(threads, "--threads", in: 1...256) }
        guard template.contains("{}") else { throw ValidationError("--template needs {}, where the label goes.") }
    }

    func run() async throws {
        let picture = try Input.picture(image)
        let judge = try await ContrastiveModel.load(model, threads: threads)
        let scores = try await Interruption.cancels {
            try await judge.classify(picture, as: labels, template: template, urgency: .batch)
        }
        let ranked = zip(labels, scores).sorted { $0.1 > $1.1 }
        if json {
            return try Output.document([
                "model": .string(judge.name),
                "labels": .array(ranked.map { ["label": .string($0.0), "score": .number(Double($0.1))] }),
            ])
        }
        for (label, score) in ranked { try Output.line("\(Double(score).text(digits: 3))  \(label)") }
    }
}
