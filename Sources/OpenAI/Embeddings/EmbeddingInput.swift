import TuttiCheckpoints

/// One of the things that a request wants embedded.
public enum EmbeddingInput: Sendable, Hashable {
    case prompt(PromptInput)
    /// An extension: a picture, for models that put pictures and texts into one space.
    case image(InputImage)

    /// Reads what `PromptInput` reads, and lists in which objects stand beside strings: `{"text": "…"}`, `{"image": "…"}`
    /// (a URL or Base64), and the parts of messages (`{"type": "image_url", "image_url": {"url": "…"}}` and so on).
    /// - Returns: nil where it is absent or null.
    /// - Throws: `APIError` 400 for anything else, and for more than `limit` of them.
    static func list(_ fields: Fields, _ name: String, limit: Int = 2048) throws(APIError) -> [EmbeddingInput]? {
        guard let items = fields[name]?.array, items.contains(where: { $0.object != nil }) else {
            return try PromptInput.list(fields, name, limit: limit)?.map { .prompt($0) }
        }
        guard items.count <= limit else {
            throw fields.wrongValue(name, "it has \(items.count) items, and \(limit) are the most")
        }
        var inputs: [EmbeddingInput] = []
        for (index, item) in items.enumerated() {
            if let text = item.string {
                inputs.append(.prompt(.text(text)))
            } else {
                inputs.append(try EmbeddingInput(try Fields(item, path: "\(fields.path(of: name))[\(index)]")))
            }
        }
        return inputs
    }

    private init(_ item: Fields) throws(APIError) {
        let text = try item.string("text")
        let image: InputImage? =
            if item["image"] != nil {
                try InputImage(embedding: item)
            } else if item["image_url"] != nil {
                try InputImage(chat: item)
            } else if item["file_id"] != nil {
                try InputImage(response: item)
            } else {
                nil
            }
        switch (text, image) {
        case (let text?, nil): self = .prompt(.text(text))
        case (nil, let image?): self = .image(image)
        case (nil, nil): throw item.missing("text")
        case (_?, let image?):
            throw image.refusal("an item is a text or a picture: for a vector of each, send two")
        }
    }
}
