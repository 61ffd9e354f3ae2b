import Foundation
public import TuttiCheckpoints

/// What `POST /v1/embeddings` answers: a list with a vector for each input, in order.
public struct EmbeddingList: Sendable, Hashable {
    public var model: String
    public var vectors: [[Float]]
    public var encoding: EmbeddingRequest.Encoding
    public var promptTokens: Int
    /// Of these, those of pictures: the patches that the model cuts them into.
    public var imageTokens: Int

    public init(
        model: String, vectors: [[Float]], encoding: EmbeddingRequest.Encoding, promptTokens: Int, imageTokens: Int = 0
    ) {
        self.model = model
        self.vectors = vectors
        self.encoding = encoding
        self.promptTokens = promptTokens
        self.imageTokens = imageTokens
    }

    public var json: JSON {
        let data = vectors.enumerated().map { index, vector -> JSON in
            ["object": "embedding", "index": JSON(index), "embedding": written(vector)]
        }
        var usage: JSON = ["prompt_tokens": JSON(promptTokens), "total_tokens": JSON(promptTokens)]
        if imageTokens > 0 { usage.set("prompt_tokens_details", ["image_tokens": JSON(imageTokens)]) }
        return ["object": "list", "data": .array(data), "model": .string(model), "usage": usage]
    }

    private func written(_ vector: [Float]) -> JSON {
        switch encoding {
        case .float:
            // A float's own shortest decimals: written as doubles they would be twice as long and say no more.
            .array(vector.map { .number(Double($0.description) ?? Double($0)) })
        case .base64:
            .string(Data(vector.flatMap { Self.bytes(of: $0) }).base64EncodedString())
        }
    }

    /// Little-endian, whatever the machine.
    private static func bytes(of value: Float) -> [UInt8] {
        let bits = value.bitPattern
        return [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: bits >> $0) }
    }
}
