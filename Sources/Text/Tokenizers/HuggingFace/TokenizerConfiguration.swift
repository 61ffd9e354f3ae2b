public import TuttiCheckpoints
import TuttiTensors

/// What stands beside a `tokenizer.json`: which tokens begin and end a text, and how messages become a prompt.
public struct TokenizerConfiguration: Sendable, Equatable {
    /// The texts of the special tokens.
    public var bos: String?
    public var eos: String?
    public var unknown: String?
    public var padding: String?
    /// Whether `bos` stands before every text and `eos` behind it; nil: as the post-processor has it.
    public var addsBOS: Bool?
    public var addsEOS: Bool?
    /// Ids of all tokens that end an answer (`eos_token_id` of generation_config.json).
    public var endTokens: [Int] = []
    /// The chat template, in Jinja.
    public var chatTemplate: String?
    /// Templates by name, where there are several (`default`, `tool_use`, `rag`).
    public var namedTemplates: [String: String] = [:]

    public init() {}

    /// Reads tokenizer_config.json, special_tokens_map.json and generation_config.json; each may be missing.
    /// - Throws: `TokenizerFileError` where a member is of the wrong kind.
    public init(tokenizerConfig: JSON?, specialTokensMap: JSON? = nil, generationConfig: JSON? = nil) throws {
        for (json, file) in [(specialTokensMap, "special_tokens_map.json"), (tokenizerConfig, "tokenizer_config.json")]
        {
            guard let json else { continue }
            let place = JSONPlace(json, path: file)
            try place.object()
            bos = try Self.token(place, "bos_token") ?? bos
            eos = try Self.token(place, "eos_token") ?? eos
            unknown = try Self.token(place, "unk_token") ?? unknown
            padding = try Self.token(place, "pad_token") ?? padding
        }
        if let tokenizerConfig {
            let place = JSONPlace(tokenizerConfig, path: "tokenizer_config.json")
            addsBOS = try place["add_bos_token"]?.bool()
            addsEOS = try place["add_eos_token"]?.bool()
            if let template = place["chat_template"] { try readTemplate(template) }
        }
        if let generationConfig {
            let place = JSONPlace(generationConfig, path: "generation_config.json")
            try place.object()
            if let end = place["eos_token_id"] {
                endTokens = end.json.array == nil ? [try end.count()] : try end.array().map { try $0.count() }
            }
        }
    }

    /// A token as a string, or as an object with its flags.
    private static func token(_ place: JSONPlace, _ key: String) throws -> String? {
        guard let token = place[key] else { return nil }
        if case .object = token.json { return try token.required("content").string() }
        return try token.string()
    }

    /// One template, or a list of named ones, of which `default` is the one.
    private mutating func readTemplate(_ place: JSONPlace) throws {
        if place.json.array == nil {
            chatTemplate = try place.string()
            return
        }
        for item in try place.array() {
            namedTemplates[try item.required("name").string()] = try item.required("template").string()
        }
        chatTemplate = namedTemplates["default"]
    }

    /// What a GGUF says that holds a whole tokenizer.json.
    init(_ metadata: Metadata) throws {
        let count = 1 << 28
        let keys = MetadataKeys(metadata)
        ids = Ids(
            bos: try keys.token("bos_token_id", count: count), eos: try keys.token("eos_token_id", count: count),
            unknown: try keys.token("unknown_token_id", count: count),
            padding: try keys.token("padding_token_id", count: count))
        addsBOS = metadata.bool("tokenizer.ggml.add_bos_token")
        addsEOS = metadata.bool("tokenizer.ggml.add_eos_token")
        endTokens = metadata.integers("tokenizer.ggml.eos_token_ids")?.map { Int($0) } ?? []
        chatTemplate = metadata.string("tokenizer.chat_template")
    }

    /// Special tokens that are known by their ids.
    struct Ids: Sendable, Equatable {
        var bos: Token?, eos: Token?, unknown: Token?, padding: Token?
    }
    var ids = Ids()
}
