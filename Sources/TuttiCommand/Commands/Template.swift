import ArgumentParser
import Foundation
import Tutti

struct Template: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Render a chat template: the prompt, byte for byte.",
        discussion: """
            INPUT is a JSON object of the template's variables: messages, tools, add_generation_prompt and so on; `-` is \
            standard input. With a model, bos_token and eos_token are the model's own where INPUT does not give them.

            Examples:
              tutti template -m smollm2-135m input.json
              echo '{"messages":[{"role":"user","content":"Hi"}],"add_generation_prompt":true}' | tutti template -
              tutti template --template chat.jinja --now 2025-03-04 input.json
            """)

    @OptionGroup var name: ModelName

    @Option(help: ArgumentHelp("A file with a template, in place of a model's own.", valueName: "file"))
    var template: String?

    @Option(help: ArgumentHelp("What the template takes for now, such as 2025-03-04T15:09:26.", valueName: "iso-date"))
    var now: ISODate?

    @Argument(help: "The variables, a JSON object.")
    var input: String

    func validate() throws {
        if template != nil, name.model != nil { throw ValidationError("give -m or --template, not both.") }
    }

    func run() throws {
        let data = try Input.data(input)
        let variables: [String: JSON]
        do {
            guard let object = try JSON(parsing: data).members else { throw Failure("\(input) is no JSON object.") }
            variables = object
        } catch let error as JSONError {
            throw Failure("\(input): \(error)")
        }
        let rendered: String
        if let template {
            rendered = try ChatTemplate(try Input.text(template))
                .rendering(messages: [], extra: variables, now: now?.components).text
        } else {
            rendered = try renderOwn(variables)
        }
        try Output.write(rendered)
    }

    private func renderOwn(_ variables: [String: JSON]) throws -> String {
        let checkpoint = try name.checkpoint(), text = try TextParts(checkpoint)
        guard let template = text.template else {
            throw Failure("\(checkpoint.path) has no chat template; give one with --template.")
        }
        let vocabulary = text.tokenizer?.vocabulary
        return try template.rendering(
            messages: [], bosToken: vocabulary?.bos.flatMap { vocabulary?.text(of: $0) },
            eosToken: vocabulary?.eos.flatMap { vocabulary?.text(of: $0) }, extra: variables, now: now?.components
        ).text
    }
}

/// A date, and perhaps a time: `2025-03-04`, `2025-03-04T15:09`, `2025-03-04T15:09:26`, as the clock on the wall has it.
struct ISODate: ExpressibleByArgument {
    let components: DateComponents

    init?(argument: String) {
        let pattern = /(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?/
        guard let match = argument.wholeMatch(of: pattern)?.output else { return nil }
        let components = DateComponents(
            year: Int(match.1), month: Int(match.2), day: Int(match.3), hour: match.4.flatMap { Int($0) } ?? 0,
            minute: match.5.flatMap { Int($0) } ?? 0, second: match.6.flatMap { Int($0) } ?? 0)
        guard components.isValidDate(in: Calendar(identifier: .gregorian)) else { return nil }
        self.components = components
    }
}
