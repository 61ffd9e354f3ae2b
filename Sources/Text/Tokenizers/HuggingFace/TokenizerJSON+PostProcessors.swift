import TuttiTensors

extension PostProcessor {
    /// Reads the `post_processor` of a `tokenizer.json`; nothing for one that adds no tokens.
    /// - Parameter count: The size of the vocabulary: ids lie below.
    init?(_ place: JSONPlace, count: Int) throws {
        try place.object()
        switch try place.required("type").string() {
        case "ByteLevel": return nil  // it moves offsets, which nobody asks for here
        case "Sequence":
            let stages = try place.required("processors").array().compactMap { try PostProcessor($0, count: count) }
            if stages.isEmpty { return nil }
            // A template makes pieces of its texts, which no other stage expects.
            guard stages.count == 1 else {
                throw place.malformed("more than one of its post-processors adds tokens")
            }
            self = stages[0]
        case "BertProcessing":
            self = .bert(
                opening: try Self.token(place.required("cls"), count),
                closing: try Self.token(place.required("sep"), count))
        case "RobertaProcessing":
            self = .roberta(
                opening: try Self.token(place.required("cls"), count),
                closing: try Self.token(place.required("sep"), count))
        case "TemplateProcessing":
            let tokens = try place.required("special_tokens")
            self = .template(
                single: try Self.pieces(place.required("single"), tokens, sequences: 1, count),
                pair: try Self.pieces(place.required("pair"), tokens, sequences: 2, count))
        case let other:
            throw TokenizerFileError.unsupported(
                path: place.path + ".type", value: other,
                known: "Sequence, ByteLevel, BertProcessing, RobertaProcessing, TemplateProcessing")
        }
    }

    private static let mostPieces = 64

    private static func id(_ place: JSONPlace, _ count: Int) throws -> Token {
        let id = try place.count()
        guard id < count else { throw place.malformed("\(id) is no token: they go from 0 to \(count - 1)") }
        return Token(id)
    }

    /// `["[SEP]", 102]`.
    private static func token(_ place: JSONPlace, _ count: Int) throws -> Token {
        let pair = try place.array()
        guard pair.count == 2 else { throw place.malformed("it is not a text and an id") }
        _ = try pair[0].string()
        return try id(pair[1], count)
    }

    private static func pieces(
        _ place: JSONPlace, _ tokens: JSONPlace, sequences: Int, _ count: Int
    ) throws -> [Piece] {
        let items = try place.array()
        guard items.count <= mostPieces else {
            throw TokenizerFileError.tooLarge(path: place.path, count: items.count, limit: mostPieces)
        }
        return try items.map { item in
            if let sequence = item["Sequence"] {
                switch try sequence.required("id").string() {
                case "A": return .sequence(0)
                case "B" where sequences == 2: return .sequence(1)
                case let other: throw sequence.malformed("there is no text '\(other)' here")
                }
            }
            let name = try item.required("SpecialToken").required("id")
            let token = try tokens.required(try name.string())
            let ids = try token.required("ids").array()
            guard ids.count <= mostPieces else {
                throw TokenizerFileError.tooLarge(path: token.path, count: ids.count, limit: mostPieces)
            }
            return .tokens(try ids.map { try id($0, count) })
        }
    }
}
