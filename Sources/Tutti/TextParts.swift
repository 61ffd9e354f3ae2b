import Foundation
public import TuttiCheckpoints
public import TuttiText

/// What a checkpoint has besides its weights: how text becomes tokens, and how messages become a prompt.
public struct TextParts: Sendable {
    /// Nil for a folder without a `tokenizer.json`.
    public let tokenizer: Tokenizer?
    /// Nil for a model that was not made for chat.
    public let template: ChatTemplate?

    /// From a GGUF file's metadata, or from the files beside a folder's weights; a folder may have none.
    /// - Throws: `VocabularyError`, `TokenizerFileError` or `TemplateError` for what is damaged.
    public init(_ checkpoint: any Checkpoint) throws {
        if checkpoint is TranslatedCheckpoint {
            let url = URL(filePath: checkpoint.path)
            guard FileManager.default.fileExists(atPath: url.appending(path: "tokenizer.json").path) else {
                (tokenizer, template) = (nil, nil)
                return
            }
            let folder = try TokenizerFolder(url)
            tokenizer = try folder.tokenizer()
            template = try folder.chatTemplate.map { try ChatTemplate($0) }
            return
        }
        tokenizer = try Tokenizer(checkpoint.metadata)
        template = try checkpoint.metadata.string("tokenizer.chat_template").map { try ChatTemplate($0) }
    }
}
