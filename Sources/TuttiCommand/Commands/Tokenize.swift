import ArgumentParser
import Foundation
import Tutti

struct Tokenize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Cut a text into a model's tokens.",
        discussion: """
            FILE is a text, or, if its name ends in .jsonl, a {"text":…} a line, which gives an answer a line. `-` is \
            standard input, a text. Neither an opening nor a closing token is added. The model may also be a folder \
            with a tokenizer.json, or that file.

            Examples:
              echo -n "The cat sat." | tutti tokenize -
              tutti tokenize -m smollm2-135m --json README.md
              tutti tokenize -m smollm2-135m --special --json prompts.jsonl
            """)

    @OptionGroup var name: ModelName

    @Flag(help: "Read special tokens that are written in the text (`<|im_end|>`) as such.")
    var special = false

    @Flag(help: #"Write {"ids":[…]} in place of a line a token."#)
    var json = false

    @Argument(help: "What to cut.")
    var file: String

    func run() throws {
        let isLines = file.hasSuffix(".jsonl")
        // Read before the vocabulary is built: a wrong path is told at once.
        let lines = isLines ? try Input.lines(file) : []
        let text = isLines ? "" : try Input.text(file)
        let tokenizer = try name.tokenizer()
        guard isLines else { return try write(tokenizer.encode(text, special: special), tokenizer) }
        for line in lines {
            guard let text = try line.object()["text"]?.string else { throw line.failure("it has no \"text\"") }
            try write(tokenizer.encode(text, special: special), tokenizer)
        }
    }

    private func write(_ tokens: [Token], _ tokenizer: Tokenizer) throws {
        if json { return try Output.line(["ids": .array(tokens.map { JSON(Int($0)) })]) }
        let lines = tokens.map { "\($0)\t\(tokenizer.shown($0))\n" }
        try Output.write(lines.joined())
    }
}
