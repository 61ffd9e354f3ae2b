public import Foundation
public import TuttiCheckpoints
public import TuttiDialogue
public import TuttiGeneration
public import TuttiModels
public import TuttiTensors
public import TuttiText

/// How a model is loaded.
public struct LoadOptions: Sendable {
    public var engine = EngineOptions()
    /// Threads to compute on; nil for every processor that this process may use.
    public var threads: Int?
    /// What its matrices are quantised to while they are read, without a file in between; nil takes them as they are.
    public var quantization: QuantizationType?
    /// A smaller model with the same vocabulary that guesses tokens ahead, named as for ``LanguageModel/load(_:options:store:)``;
    /// it takes the place of what `engine.speculation` says. See `Speculation`.
    public var draft: String?
    /// The families that may be met; add your own (docs/guides/add-a-model.md).
    public var families = Registry.families
    /// The families of eyes that may be met; none leaves a model that sees without its eyes.
    public var visionFamilies = Registry.visionFamilies
    /// The file that a GGUF model sees with, llama.cpp's `mmproj`; nil for what lies beside the model and belongs to it.
    public var projector: String?

    public init() {}
}

/// A language model, loaded and ready to answer any number of requests at once.
///
///     let model = try await LanguageModel.load("qwen2.5-coder-0.5b")
///     for try await delta in try model.complete("The capital of France is") { print(delta.text, terminator: "") }
public final class LanguageModel: Sendable {
    /// What it was asked for by.
    public let name: String
    public let checkpoint: any Checkpoint
    public let engine: Engine
    /// How its messages become a prompt; nil for a model that was not made for chat.
    public let template: ChatTemplate?
    /// What it sees pictures with, in messages and in raw prompts; nil for a model that has no eyes.
    public let eyes: Eyes?

    private let ownTokenizer: Tokenizer?
    private let ownDialect: ChatDialect?
    let grammars = GrammarCache()

    /// How text becomes tokens.
    /// - Throws: ``LanguageModelError/noTokenizer(_:)`` for a folder that has none: its model takes and gives ids only.
    public var tokenizer: Tokenizer {
        get throws {
            guard let ownTokenizer else { throw LanguageModelError.noTokenizer(name) }
            return ownTokenizer
        }
    }
    public var vocabulary: Vocabulary { get throws { try tokenizer.vocabulary } }
    /// What its chat template can say, and how it writes calls and reasoning.
    /// - Throws: ``LanguageModelError/noChatTemplate(_:)`` for a model that was not made for chat.
    public var dialect: ChatDialect {
        get throws {
            guard let ownDialect else { throw LanguageModelError.noChatTemplate(name) }
            return ownDialect
        }
    }
    /// The longest sequence, prompt and answer together, in tokens.
    public var context: Int { engine.context }
    public var shape: DecoderShape { engine.shape }

    init(name: String, checkpoint: any Checkpoint, text: TextParts, eyes: Eyes?, engine: Engine) {
        self.name = name
        self.checkpoint = checkpoint
        ownTokenizer = text.tokenizer
        template = text.template
        let vocabulary = text.tokenizer?.vocabulary
        ownDialect = text.template.map { template in
            ChatDialect(
                template, bosToken: vocabulary?.bos.flatMap { vocabulary?.text(of: $0) },
                eosToken: vocabulary?.eos.flatMap { vocabulary?.text(of: $0) },
                // Templates of language models that got their eyes later know no pictures.
                pictureMark: eyes.flatMap { template.source.contains($0.placeholder) ? nil : $0.placeholder })
        }
        self.eyes = eyes
        self.engine = engine
    }

    /// Loads the model that `model` stands for.
    /// - Parameters:
    ///   - model: A name of the catalog, a `.gguf` file, a folder with one, or a Hugging Face folder.
    ///   - store: Where models lie; nil for the user's own.
    /// - Throws: `StoreError` when there is no such model, `CheckpointError`, `ModelError`, `VocabularyError` or
    ///   `TemplateError` when its file cannot be used.
    public static func load(
        _ model: String, options: LoadOptions = LoadOptions(), store: ModelStore? = nil
    ) async throws -> LanguageModel {
        let store = try store ?? ModelStore()
        return try await load(file: try store.resolve(model), name: model, options: options, store: store)
    }

    /// Loads a model from its file.
    /// - Parameter store: Where a draft model lies; nil for the user's own.
    public static func load(
        file url: URL, name: String? = nil, options: LoadOptions = LoadOptions(), store: ModelStore? = nil
    ) async throws -> LanguageModel {
        let draft = try options.draft.map { try (store ?? ModelStore()).resolve($0) }
        // Packing keeps every core busy for a while: not on the threads that tasks share.
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result { try read(url, name: name ?? url.lastPathComponent, options, draft: draft) })
            }
        }
    }

    private static func read(
        _ url: URL, name: String, _ options: LoadOptions, draft: URL?
    ) throws -> LanguageModel {
        let projector = try Registry.projector(
            of: url.path, named: options.projector, families: options.visionFamilies)
        let checkpoint = try Registry.open(url.path, projector: projector, families: options.families)
        let architecture = checkpoint.metadata.string("general.architecture")
        guard architecture != ProjectorFile.architecture else {
            throw ModelError.unknownArchitecture(ProjectorFile.architecture, known: [], file: url.path)
        }
        let text = try TextParts(checkpoint)
        let pool = ComputePool(threads: options.threads ?? ComputePool.defaultThreadCount)
        let decoder = try Registry.decoder(
            checkpoint, pool: pool, quantization: options.quantization, families: options.families)
        if let count = text.tokenizer?.vocabulary.count, count > decoder.shape.vocabulary {
            throw ModelError.badValue(
                key: "its vocabulary", value: "\(count) tokens",
                wants: "at most the \(decoder.shape.vocabulary) rows of the embedding table", file: url.path)
        }
        var engine = options.engine
        try LanguageModelError.check(engine, decoder.shape)
        if let draft {
            let reader = DraftReader(
                url: draft, name: options.draft ?? draft.path, pool: pool, options: engine, families: options.families)
            engine.speculation = .draft(
                try reader.decoder(for: name, text.tokenizer?.vocabulary, decoder.shape))
        }
        let eyes = try Registry.eyes(
            url.path, hidden: decoder.shape.hidden, pool: pool, projector: projector, families: options.visionFamilies)
        return LanguageModel(
            name: name, checkpoint: checkpoint, text: text, eyes: eyes,
            engine: Engine(decoder: decoder, pool: pool, options: engine))
    }
}

/// What a model cannot do.
public enum LanguageModelError: Error, Equatable, CustomStringConvertible {
    case noChatTemplate(String)
    case noTokenizer(String)
    /// It was not made to fill in the middle of a text.
    case cannotFill(String)
    /// Keys and values of this width cannot be stored so.
    case cacheKind(KeyValueKind, headWidth: Int)
    /// More tokens than the model was made for.
    case contextTooLong(tokens: Int, limit: Int)
    /// A draft model whose tokens mean something else.
    case otherVocabulary(draft: String, model: String, difference: String)
    /// It was shown a picture.
    case noEyes(String)
    /// Its chat template, or a raw prompt, has not as many places as there are pictures.
    case picturePlaces(String, found: Int, pictures: Int, placeholder: String)

    public var description: String {
        switch self {
        case .noChatTemplate(let name):
            "\(name) has no chat template: it continues text rather than answers. Use `tutti run --raw`, or an instruct model."
        case .noTokenizer(let name):
            "\(name) has no tokenizer.json, so it can score ids (`{\"ids\":[…]}`) but neither read nor write text."
        case .cannotFill(let name):
            "\(name) was not made to fill in the middle of a text: leave the suffix out, or take a model for code, such as qwen2.5-coder-0.5b."
        case .cacheKind(let kind, let width):
            "This model's heads are \(width) wide, which a cache of \(kind.rawValue) cannot hold: leave it at f16."
        case .contextTooLong(let tokens, let limit):
            "A context of \(tokens) tokens was asked for, but this model was made for \(limit): ask for \(limit) or less, or take a model with a longer context."
        case .noEyes(let name):
            "\(name) has no eyes: take a model that sees, such as smolvlm-256m, or let a picture be read to it (docs/guides/vision.md)."
        case .picturePlaces(let name, let found, let pictures, let placeholder):
            "\(name) was shown \(pictures) pictures, and its prompt has \(found) places for them, written `\(placeholder)`: give one for each."
        case .otherVocabulary(let draft, let model, let difference):
            "\(draft) cannot draft for \(model), because its vocabulary is another one: \(difference). Take a smaller model of the same family."
        }
    }

    /// Throws unless an engine with these options can hold the keys and values of such a decoder, as many as asked for.
    static func check(_ options: EngineOptions, _ shape: DecoderShape) throws {
        guard options.isExact || shape.canCache(options.keyValueKind) else {
            throw LanguageModelError.cacheKind(options.keyValueKind, headWidth: shape.headWidth)
        }
        guard options.context ?? 0 <= shape.context else {
            throw LanguageModelError.contextTooLong(tokens: options.context ?? 0, limit: shape.context)
        }
    }
}

/// How an answer is made.
public struct AnswerOptions: Sendable {
    public var sampling = SamplingOptions()
    /// The most tokens of the answer; nil for as many as the context holds.
    public var maximumTokens: Int?
    /// Strings that end the answer; they are no part of it.
    public var stops: [String] = []
    /// Who goes first when answers wait for each other.
    public var priority = GenerationRequest.Priority.interactive
    /// What the answer must look like, if anything is asked of it: see ``LanguageModel/grammar(_:)``.
    public var grammar: Grammar?

    public init(
        sampling: SamplingOptions = SamplingOptions(), maximumTokens: Int? = nil, stops: [String] = [],
        priority: GenerationRequest.Priority = .interactive, grammar: Grammar? = nil
    ) {
        self.sampling = sampling
        self.maximumTokens = maximumTokens
        self.stops = stops
        self.priority = priority
        self.grammar = grammar
    }
}

extension LanguageModel {
    /// The grammar of what answers of this model must look like, to be asked for in ``AnswerOptions/grammar``.
    ///
    ///     let schema: JSON = ["type": "object", "properties": ["city": ["type": "string"]], "required": ["city"]]
    ///     let options = AnswerOptions(grammar: try model.grammar(.jsonSchema(schema, .compact)))
    ///
    /// Those that were compiled last are kept.
    /// - Throws: `GrammarError` for what cannot be compiled: what it is, and where it stands.
    public func grammar(_ expression: GrammarExpression) throws -> Grammar {
        try grammars.grammar(expression, tools: [], try tokenizer)
    }

    /// The tokens of `text` as a prompt: special tokens written in it count as such, and the token that opens a sequence
    /// comes first where the model wants one.
    public func tokens(_ text: String) throws -> [Token] {
        let vocabulary = try vocabulary, tokens = try tokenizer.encode(text, special: true)
        guard vocabulary.addsBOS, let bos = vocabulary.bos, tokens.first != bos else { return tokens }
        return [bos] + tokens
    }

    /// The prompt that `messages` become by the model's template, ready for the assistant's answer.
    /// - Throws: ``LanguageModelError/noChatTemplate(_:)``; `TemplateError` when the template refuses the messages.
    public func prompt(_ messages: [Message]) throws -> String {
        try dialect.prompt(messages)
    }

    /// Continues `text` as it stands, without a template.
    public func complete(_ text: String, _ options: AnswerOptions = AnswerOptions()) throws -> TextStream {
        try complete(try tokens(text), options)
    }

    /// Answers a conversation, which must fit the context; ``Chat`` sees to that.
    public func answer(_ messages: [Message], _ options: AnswerOptions = AnswerOptions()) throws -> TextStream {
        let messages = try readable(messages)
        let prompt = try seenPrompt(try prompt(messages), messages.flatMap(\.pictures))
        return try complete(prompt.tokens, options, embeddings: prompt.embeddings)
    }
}
