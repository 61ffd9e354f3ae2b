public import TuttiCheckpoints

/// The body of `POST /v1/embeddings`.
public struct EmbeddingRequest: Sendable, Hashable {
    /// How vectors are written.
    public enum Encoding: String, Sendable, Hashable {
        /// As lists of numbers.
        case float
        /// As the base64 of little-endian float32.
        case base64
    }

    public var model: String
    public var inputs: [EmbeddingInput]
    /// To how many numbers each vector is cut.
    public var dimensions: Int?
    public var encoding = Encoding.float

    /// - Throws: `APIError` 400 that names the first field that is wrong.
    public init(_ body: JSON) throws(APIError) {
        let fields = try Fields(body)
        model = try fields.requiredString("model")
        guard let inputs = try EmbeddingInput.list(fields, "input") else { throw fields.missing("input") }
        self.inputs = inputs
        for (index, input) in inputs.enumerated() where input == .prompt(.text("")) {
            throw fields.wrongValue(inputs.count == 1 ? "input" : "input[\(index)]", "it is an empty string")
        }
        dimensions = try fields.int("dimensions", in: 1 ... .max)
        if let word = try fields.word("encoding_format", of: ["float", "base64"]),
            let encoding = Encoding(rawValue: word)
        {
            self.encoding = encoding
        }
        _ = try fields.string("user")
    }
}
