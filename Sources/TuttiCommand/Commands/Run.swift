import ArgumentParser
import Foundation
import Tutti

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer one prompt.",
        discussion: """
            The answer is written as it comes. Without a prompt, or with `-`, standard input is the prompt.

            Examples:
              tutti run "What is a fugue?"
              tutti run -m smollm2-135m --temperature 0 --max-tokens 40 "Name three rivers."
              git diff | tutti run --system "Write a commit message for this change."
              tutti run --schema person.json "Ada Lovelace, born on 10 December 1815."
              tutti run --speculate lookup "Correct the spelling of this text: …"
              tutti run --audio question.wav --speak answer.wav
              tutti run --image receipt.jpg "What does it cost altogether?"
              tutti run --file report.pdf "What did the repairs cost?"
              tutti run -m some-vl.gguf --mmproj mmproj-some-vl.gguf --image cat.jpg "What is this?"
              tutti run -m smollm2-135m --raw --json --logprobs 3 "The capital of France is"
            """)

    @OptionGroup var options: ModelOptions

    @Option(help: ArgumentHelp("What the model is told before the prompt.", valueName: "text"))
    var system: String?

    @Flag(help: "Continue the prompt as it stands, without the chat template.")
    var raw = false

    @OptionGroup var sampling: SamplingArguments

    @OptionGroup var speculation: SpeculationOptions

    @Option(help: ArgumentHelp("Give each token's log-probability, and k alternatives.", valueName: "k"))
    var logprobs: Int?

    @Option(help: ArgumentHelp("A JSON Schema that the answer is valid under.", valueName: "file"))
    var schema: String?

    @Option(help: ArgumentHelp("A file of sound that belongs to the prompt; may be repeated.", valueName: "file"))
    var audio: [String] = []

    @Option(help: ArgumentHelp("A picture that belongs to the prompt; may be repeated.", valueName: "file"))
    var image: [String] = []

    @OptionGroup var projector: ProjectorOption

    @Option(
        help: ArgumentHelp("A PDF document or a text that belongs to the prompt; may be repeated.", valueName: "file"))
    var file: [String] = []

    @Option(
        help: ArgumentHelp("Speak the answer into this file: \(SoundFileName.endings).", valueName: "file"))
    var speak: SoundFileName?

    @Option(help: ArgumentHelp("One of the voices of what speaks (default: its first).", valueName: "name"))
    var voice: String?

    @Flag(help: "Write one JSON document in place of the text.")
    var json = false

    @Argument(help: "What to answer; `-` or nothing: standard input.")
    var prompt: String?

    func validate() throws {
        if let logprobs { try require(logprobs, "--logprobs", in: 0...1000) }
        if raw, system != nil { throw ValidationError("--raw has no system prompt: leave --system out.") }
        if raw, !audio.isEmpty || !image.isEmpty || !file.isEmpty {
            throw ValidationError("--raw has no messages that sound, pictures or files could belong to.")
        }
        if prompt == nil, audio.isEmpty, isatty(STDIN_FILENO) == 1 {
            throw ValidationError("there is no prompt: give one as an argument or through standard input.")
        }
    }

    func run() async throws {
        // What is wrong with the files is said before a model is loaded.
        let pictures = try image.map { try Input.picture($0) }
        let documents = try file.map { try Input.document($0) }
        let said = try await said()
        let start = ContinuousClock.now
        let model = try await options.load(speculation, projector: projector.mmproj)
        let loadSeconds = (ContinuousClock.now - start) / .seconds(1)
        let parts =
            try await seen(pictures, by: model) + read(documents, by: model) + said.map { .text($0) }
        var answerOptions = sampling.answer
        answerOptions.sampling.logProbabilities = logprobs
        if let schema {
            answerOptions.grammar = try model.grammar(.jsonSchema(try Input.json(schema), .compact))
        }
        let stream: TextStream
        if raw {
            stream = try model.complete(said.joined(), answerOptions)
        } else {
            let messages =
                (system.map { [Message(.system, $0)] } ?? []) + [Message(.user, parts: parts)]
            stream = try model.answer(messages, answerOptions)
        }
        let isJSON = json
        let spoken = speak == nil ? nil : try await SpokenText(voice: voice, threads: options.threads)
        let answer = try await Interruption.cancels {
            var answer = Answer()
            do {
                for try await delta in stream {
                    if !isJSON { try Output.write(delta.text) }
                    spoken?.say(delta.text)
                    answer.append(delta)
                }
            } catch is CancellationError {
                if !isJSON { try Output.line() }
                throw CancellationError()
            }
            return answer
        }
        if let speak, let spoken { try speak.write(try await spoken.sound()) }
        if json {
            try Output.line(answer.json(model, loadSeconds: loadSeconds))
        } else {
            if answer.text.last?.isNewline != true { try Output.line() }
            if logprobs != nil { try answer.noteLogProbabilities(model) }
        }
    }

    /// The prompt's words and, as words, what is said in its recordings.
    private func said() async throws -> [String] {
        guard !audio.isEmpty else { return [try readPrompt()] }
        let ear = try await HearingModel.load(nil, threads: options.threads)
        let prompt = try prompt.map { _ in try readPrompt() }
        var parts = prompt.map { [$0] } ?? []
        for file in audio {
            guard FileManager.default.fileExists(atPath: file) else { throw Failure("there is no file \(file).") }
            let heard = HeardWords(try await ear.transcript(of: PCM(path: file, sampleRate: 16_000)).text)
            parts.append(heard.text(isAlone: prompt == nil && audio.count == 1))
        }
        return parts
    }

    /// The pictures as a model with eyes takes them, or for any other what is made out in them.
    private func seen(_ pictures: [Picture], by model: LanguageModel) async throws -> [Part] {
        if pictures.isEmpty || model.eyes != nil { return pictures.map { .picture(PicturePart($0)) } }
        let eyes = try await SeeingModel.load(threads: options.threads)
        var parts: [Part] = []
        for (index, picture) in pictures.enumerated() {
            let words = SeenWords(try await eyes.look(at: picture).text(budget: 6000))
            parts.append(.text(words.text(number: pictures.count > 1 ? index + 1 : nil)))
        }
        return parts
    }

    /// The documents as the model takes them, each within its share of the context.
    private func read(_ documents: [Document], by model: LanguageModel) async throws -> [Part] {
        let share = model.context / 4 * 3 / max(1, documents.count + image.count)
        var parts: [Part] = []
        for document in documents {
            parts += try await document.parts(for: model, tokenLimit: share, threads: options.threads)
        }
        return parts
    }

    /// The prompt, of standard input without the line end that `echo` adds; a raw one to the last byte.
    private func readPrompt() throws -> String {
        var text = prompt ?? "-"
        if text == "-" {
            text = try Input.text("-")
            if !raw, text.last?.isNewline == true { text.removeLast() }
        }
        guard !text.isEmpty else { throw ValidationError("the prompt is empty.") }
        return text
    }
}

/// An answer as it adds up.
private struct Answer: Sendable {
    var text = ""
    var choices: [Choice] = []
    var end: TextDelta.End?

    mutating func append(_ delta: TextDelta) {
        text += delta.text
        choices += delta.choices
        end = delta.end ?? end
    }

    func json(_ model: LanguageModel, loadSeconds: Double) throws -> JSON {
        let tokenizer = try model.tokenizer
        let statistics = end?.statistics ?? GenerationStatistics()
        return [
            "model": .string(model.name),
            "text": .string(text),
            "finish_reason": .string((end?.reason ?? .stop).rawValue),
            "usage": [
                "prompt_tokens": JSON(statistics.promptTokens),
                "cached_tokens": JSON(statistics.cachedTokens),
                "completion_tokens": JSON(statistics.generatedTokens),
                "drafted_tokens": JSON(statistics.draftedTokens),
                "accepted_tokens": JSON(statistics.acceptedTokens),
            ],
            "timings": [
                "load_seconds": .number(loadSeconds),
                "prefill_seconds": .number(statistics.prefillSeconds),
                "decode_seconds": .number(statistics.decodeSeconds),
                "prefill_tokens_per_second": .number(statistics.prefillRate),
                "decode_tokens_per_second": .number(statistics.decodeRate),
            ],
            "peak_memory_bytes": JSON(Memory.peakByteCount),
            "tokens": .array(choices.map { $0.json(tokenizer) }),
        ]
    }

    /// A line a token on standard error: the answer itself stays plain.
    func noteLogProbabilities(_ model: LanguageModel) throws {
        let tokenizer = try model.tokenizer
        for choice in choices {
            let alternatives = choice.top.map {
                "\(tokenizer.shown($0.token)) \($0.logProbability.text(digits: 3))"
            }
            let own = "\(tokenizer.shown(choice.token)) \((choice.logProbability ?? 0).text(digits: 3))"
            Output.note(alternatives.isEmpty ? own : "\(own)   (\(alternatives.joined(separator: ", ")))")
        }
    }
}
