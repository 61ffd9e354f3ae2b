import ArgumentParser
import Foundation
import Tutti

struct Score: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give the log-probability of every token of given texts.",
        discussion: """
            A line of FILE is {"text":…} or {"ids":[…]}; `-` is standard input. No token is added, so the first entry of \
            an answer is about the second token. Natural logarithms.

            Examples:
              tutti score -m smollm2-135m --json texts.jsonl
              echo '{"text":"The cat sat on the mat."}' | tutti score --top 5 --json -
              echo '{"ids":[504,2633,314]}' | tutti score -m smollm2-135m --exact -
            """)

    @OptionGroup var options: ModelOptions

    @Option(help: ArgumentHelp("List the k likeliest tokens at each place.", valueName: "k"))
    var top = 0

    @Flag(help: "Read special tokens that are written in a text (`<|im_end|>`) as such.")
    var special = false

    @Flag(help: "Write a JSON document for each line.")
    var json = false

    @Argument(help: "The texts, a JSON object a line.")
    var file: String

    func validate() throws { try require(top, "--top", in: 0...1000) }

    func run() async throws {
        let lines = try Input.lines(file)
        let model = try await options.load()
        for line in lines {
            let tokens = try tokens(line, model)
            let choices: [Choice]
            do {
                choices = try await model.score(tokens, top: top)
            } catch let error as EngineError {
                throw line.failure("\(error)")
            }
            if json {
                try Output.line(["tokens": .array(choices.map(Score.json))])
            } else {
                try write(choices, model)
            }
        }
    }

    private func tokens(_ line: JSONLine, _ model: LanguageModel) throws -> [Token] {
        let object = try line.object()
        switch (object["text"], object["ids"]) {
        case (.string(let text)?, nil): return try model.tokenizer.encode(text, special: special)
        case (nil, .array(let items)?):
            return try items.map { item in
                guard let token = item.int.flatMap({ Token(exactly: $0) }) else {
                    throw line.failure("`ids` holds \(item.text()), which is no token")
                }
                return token
            }
        default: throw line.failure("it has neither \"text\" (a string) nor \"ids\" (an array), or both")
        }
    }

    private static func json(_ choice: Choice) -> JSON {
        [
            "id": JSON(Int(choice.token)), "logprob": .number(choice.logProbability ?? 0),
            "top": .array(
                choice.top.map { ["id": JSON(Int($0.token)), "logprob": .number($0.logProbability)] }),
        ]
    }

    private func write(_ choices: [Choice], _ model: LanguageModel) throws {
        var table = Table("LOGPROB", "TOKEN", "LIKELIEST", numeric: [0])
        for choice in choices {
            let top = choice.top.map { "\(shown($0.token, model)) \($0.logProbability.text(digits: 3))" }
            table.append(
                (choice.logProbability ?? 0).text(digits: 4), shown(choice.token, model),
                top.joined(separator: "  "))
        }
        let sum = choices.reduce(0) { $0 + ($1.logProbability ?? 0) }
        try Output.line(table.text)
        try Output.line("\(choices.count) tokens, together \(sum.text(digits: 4))\n")
    }

    /// A token as people read it; its id where the model has no tokenizer.
    private func shown(_ token: Token, _ model: LanguageModel) -> String {
        (try? model.tokenizer)?.shown(token) ?? "\(token)"
    }
}
