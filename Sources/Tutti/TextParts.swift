import Foundation
import TuttiCheckpoints
import TuttiText

/// What a checkpoint has besides its weights: how text becomes tokens, and how messages become a prompt.
struct TextParts {
    var tokenizer: Tokenizer?
    var template: ChatTemplate?

    /// From a GGUF file's metadata, or from the files beside a folder's weights; a folder may have none.
    init(_ checkpoint: any Checkpoint) throws {
        guard !(checkpoint is TranslatedCheckpoint) else { return }
        tokenizer = try Tokenizer(checkpoint.metadata)
        template = try checkpoint.metadata.string("tokenizer.chat_template").map { try ChatTemplate($0) }
    }
}
