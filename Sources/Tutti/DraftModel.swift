import Foundation
import TuttiCheckpoints
import TuttiGeneration
import TuttiModels
import TuttiTensors
import TuttiText

/// A model that guesses tokens for another one, read and checked.
struct DraftReader {
    let url: URL
    let name: String
    let pool: ComputePool
    let options: EngineOptions
    var families = Registry.families

    /// Loads the draft model for a model called `target` with this vocabulary and shape.
    /// - Throws: ``LanguageModelError/otherVocabulary(draft:model:difference:)``, and what reading any model throws.
    func decoder(for target: String, _ vocabulary: Vocabulary?, _ shape: DecoderShape) throws -> any Decoder {
        let checkpoint = try Registry.open(url.path, families: families)
        let own = try TextParts(checkpoint).tokenizer?.vocabulary
        let decoder = try Registry.decoder(checkpoint, pool: pool, families: families)
        var difference: String?
        if let own, let vocabulary {
            difference = own.difference(from: vocabulary)
        } else if decoder.shape.vocabulary != shape.vocabulary {
            difference = "it has \(decoder.shape.vocabulary) tokens, not \(shape.vocabulary)"
        }
        if let difference {
            throw LanguageModelError.otherVocabulary(draft: name, model: target, difference: difference)
        }
        try LanguageModelError.check(options.withoutContext, decoder.shape)
        return decoder
    }
}

extension EngineOptions {
    /// A draft model need not hold as long a context: it drafts as far as it goes.
    fileprivate var withoutContext: EngineOptions {
        var options = self
        options.context = nil
        return options
    }
}

extension Vocabulary {
    /// What keeps the tokens of one from meaning the same in the other; nil if nothing does. One may have more tokens, if
    /// those are never used.
    fileprivate func difference(from other: Vocabulary) -> String? {
        let shared = min(count, other.count)
        if let token = (0..<Token(shared)).first(where: { text(of: $0) != other.text(of: $0) }) {
            return
                "its token \(token) is \(text(of: token).debugDescription), not \(other.text(of: token).debugDescription)"
        }
        let longer = count > other.count ? self : other
        let isPadded = (Token(shared)..<Token(longer.count)).allSatisfy { longer.kind(of: $0) == .unused }
        return isPadded ? nil : "it has \(count) tokens, not \(other.count)"
    }
}
