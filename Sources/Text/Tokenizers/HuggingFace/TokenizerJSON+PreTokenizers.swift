extension PreTokenizer {
    /// Reads the `pre_tokenizer` of a `tokenizer.json`: sequences become one row.
    static func row(_ place: JSONPlace) throws -> [PreTokenizer] {
        if try place.type() == "Sequence" {
            return try place.required("pretokenizers").array().flatMap { try row($0) }
        }
        return [try PreTokenizer(place)]
    }

    private init(_ place: JSONPlace) throws {
        try place.object()
        switch try place.required("type").string() {
        case "ByteLevel":
            self = .byteLevel(
                addsPrefixSpace: try place.flag("add_prefix_space"), splits: try place.flag("use_regex", default: true))
        case "Split":
            self = .split(
                try place.required("pattern").pattern(), try SplitBehavior(place.required("behavior")),
                inverts: try place.flag("invert"))
        case "Whitespace": self = .whitespace
        case "WhitespaceSplit": self = .whitespaceSplit
        case "BertPreTokenizer": self = .bert
        case "Metaspace":
            let (mark, scheme) = try Self.metaspace(place)
            self = .metaspace(mark, scheme, splits: try place.flag("split", default: true))
        case "Punctuation":
            self = .punctuation(try place["behavior"].map { try SplitBehavior($0) } ?? .isolated)
        case "Digits": self = .digits(individual: try place.flag("individual_digits"))
        case "CharDelimiterSplit": self = .delimiter(try place.required("delimiter").scalar())
        case "UnicodeScripts": self = .scripts
        case "FixedLength":
            let length = try place["length"]?.count() ?? 5
            guard length > 0 else { throw place.malformed("its length is 0") }
            self = .fixedLength(length)
        case let other:
            throw TokenizerFileError.unsupported(
                path: place.path + ".type", value: other,
                known: "Sequence, ByteLevel, Split, Whitespace, WhitespaceSplit, BertPreTokenizer, Metaspace, "
                    + "Punctuation, Digits, CharDelimiterSplit, UnicodeScripts, FixedLength")
        }
    }

    /// What a Metaspace says of its mark, in a pre-tokenizer and in a decoder.
    static func metaspace(_ place: JSONPlace) throws -> (Unicode.Scalar, PrependScheme) {
        let mark = try place.required("replacement").scalar()
        var scheme = PrependScheme.always
        if let name = place["prepend_scheme"] {
            guard let known = PrependScheme(rawValue: try name.string()) else {
                throw TokenizerFileError.unsupported(
                    path: name.path, value: try name.string(), known: "first, never, always")
            }
            scheme = known
        }
        if try place["add_prefix_space"]?.bool() == false {
            guard place["prepend_scheme"] == nil || scheme == .never else {
                throw place.malformed("add_prefix_space and prepend_scheme contradict each other")
            }
            scheme = .never
        }
        return (mark, scheme)
    }
}

extension SplitBehavior {
    fileprivate init(_ place: JSONPlace) throws {
        guard let behavior = SplitBehavior(rawValue: try place.string()) else {
            throw TokenizerFileError.unsupported(
                path: place.path, value: try place.string(),
                known: "Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous")
        }
        self = behavior
    }
}

extension PublishedSplit {
    /// The name by which GGUF knows a row of pre-tokenizers that ends byte-level, if it is a published one.
    static func name(of row: [PreTokenizer]) -> String? {
        guard case .byteLevel(let addsPrefixSpace, let splits)? = row.last else { return nil }
        let before = row.dropLast()
        if before.isEmpty { return splits ? "gpt-2" : nil }
        // What comes before would be given a space piece by piece.
        if addsPrefixSpace { return nil }
        if splits {
            guard before.count == 1 else { return nil }
            switch before[before.startIndex] {
            case .digits(individual: true): return "smollm"
            case .split(.expression(let expression), .isolated, inverts: false) where expression.pattern == #"\p{N}"#:
                return "smollm"
            default: return nil
            }
        }
        var patterns: [String] = []
        for stage in before {
            switch stage {
            case .split(.expression(let expression), .isolated, inverts: false): patterns.append(expression.pattern)
            // These match every character, so that nothing lies between matches.
            case .split(.expression(let expression), .removed, inverts: true) where before.count == 1:
                patterns.append(expression.pattern)
            default: return nil
            }
        }
        return published.first { $0.patterns == patterns }?.name
    }

    private static let contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    private static let spaces = #"|\s*[\r\n]+|\s+(?!\S)|\s+"#
    private static func cl100k(_ number: String, _ letter: String = #"\p{L}"#) -> String {
        let word = letter == #"\p{L}"# ? #"\p{L}"# : "[\(letter)]"
        return contraction + #"|[^\r\n\p{L}\p{N}]?"# + word + "+|" + number + #"| ?[^\s"# + letter + #"\p{N}]+[\r\n]*"#
            + spaces
    }
    private static func o200k(_ number: String, _ contraction: String) -> String {
        let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#, lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
        let opening = #"[^\r\n\p{L}\p{N}]?"#
        return opening + upper + "*" + lower + "+" + contraction + "|" + opening + upper + "+" + lower + "*"
            + contraction
            + "|" + number + #"| ?[^\s\p{L}\p{N}]+[\r\n/]*"# + spaces
    }

    /// The patterns under which families were published. Other rows are run as they are.
    private static let published: [(name: String, patterns: [String])] = [
        ("gpt-2", [#"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#]),
        ("llama-bpe", [cl100k(#"\p{N}{1,3}"#)]),
        ("qwen2", [cl100k(#"\p{N}"#)]),
        ("qwen35", [cl100k(#"\p{N}"#, #"\p{L}\p{M}"#)]),
        ("gpt-4o", [o200k(#"\p{N}{1,3}"#, contraction + "?")]),
        ("tekken", [o200k(#"\p{N}"#, "")]),
        (
            "deepseek-v3",
            [
                #"\p{N}{1,3}"#, "[一-龥\u{3040}-ゟ゠-ヿ]+",
                ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"##
                    + spaces,
            ]
        ),
        (
            "deepseek-coder",
            [#"[\r\n]"#, #"\s?\p{L}+"#, #"\s?\p{P}+"#, "[一-龥ࠀ-一가-\u{D7FF}]+", #"\p{N}"#]
        ),
    ]
}
