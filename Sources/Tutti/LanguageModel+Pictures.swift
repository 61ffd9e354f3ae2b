public import TuttiDialogue
public import TuttiGeneration
import TuttiImages
import TuttiModels
import TuttiTensors

/// What a model reads: tokens, and places of pictures among them.
struct SeenPrompt {
    var tokens: [Token]
    var embeddings: [EmbeddingRun] = []
}

extension LanguageModel {
    /// Continues `text` as it stands, without a template, looking at pictures.
    ///
    ///     let photo = PicturePart(try Picture(contentsOf: file))
    ///     let caption = try paligemma.complete("<image><bos>caption en\\n", seeing: [photo])
    ///
    /// - Parameter pictures: One for each of the text's places, which are written as the model's ``Eyes/placeholder``.
    /// - Throws: ``LanguageModelError/noEyes(_:)`` or ``LanguageModelError/picturePlaces(_:found:pictures:placeholder:)``;
    ///   `VisionError` for a picture that the model cannot take; otherwise as ``complete(_:_:)``.
    public func complete(
        _ text: String, seeing pictures: [PicturePart], _ options: AnswerOptions = AnswerOptions()
    ) throws -> TextStream {
        let prompt = try seenPrompt(text, pictures)
        return try complete(prompt.tokens, options, embeddings: prompt.embeddings)
    }

    /// What a picture costs in tokens, those that mark its beginning and end included.
    /// - Throws: ``LanguageModelError/noEyes(_:)``; `VisionError` for a picture that the model cannot take.
    public func tokenCount(of picture: PicturePart) throws -> Int {
        guard let eyes else { throw LanguageModelError.noEyes(name) }
        return try seenPrompt(eyes.placeholder, [picture]).tokens.count - tokens("").count
    }

    /// Messages that can be rendered: what they say is not taken for a place of a picture.
    /// - Throws: ``LanguageModelError/noEyes(_:)`` for pictures that the model cannot see.
    func readable(_ messages: [Message]) throws -> [Message] {
        guard let eyes else {
            guard messages.allSatisfy({ $0.pictures.isEmpty }) else { throw LanguageModelError.noEyes(name) }
            return messages
        }
        return messages.map { message in
            var message = message
            message.parts = message.parts.map { part in
                guard case .text(let text) = part else { return part }
                return .text(eyes.unmarked(text))
            }
            return message
        }
    }

    /// The tokens of `text`, in which every place of a picture has given way to what stands for it.
    func seenPrompt(_ text: String, _ pictures: [PicturePart]) throws -> SeenPrompt {
        guard !pictures.isEmpty else { return SeenPrompt(tokens: try tokens(text)) }
        guard let eyes else { throw LanguageModelError.noEyes(name) }
        let pieces = text.split(separator: eyes.placeholder, omittingEmptySubsequences: false)
        func misfit(_ found: Int) -> LanguageModelError {
            .picturePlaces(name, found: found, pictures: pictures.count, placeholder: eyes.placeholder)
        }
        guard pieces.count == pictures.count + 1 else { throw misfit(pieces.count - 1) }
        var parts = [PictureLayout.Part.text(String(pieces[0]))], runs: [EmbeddingRun] = []
        for (picture, piece) in zip(pictures, pieces.dropFirst()) {
            let (layout, run) = try eyes.run(picture)
            runs.append(run)
            parts += layout.parts + [.text(String(piece))]
        }
        let vocabulary = try vocabulary, row = vocabulary.token(for: eyes.rowToken)
        let written = try row == nil ? tokens(parts) : tokenizer.encode(eyes.written(parts), special: true)
        var prompt = SeenPrompt(tokens: written, embeddings: runs)
        // Each token that a row was written as gives way to that row.
        var owners = runs.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element.count) }[...]
        for place in prompt.tokens.indices where prompt.tokens[place] == row ?? Self.rowMark {
            guard let owner = owners.popFirst() else { throw misfit(pictures.count + 1) }
            prompt.tokens[place] = EmbeddingRun.placeholder(owner)
        }
        guard owners.isEmpty else { throw misfit(0) }
        // Some models want it behind their pictures.
        if vocabulary.addsBOS, let bos = vocabulary.bos, !prompt.tokens.contains(bos) {
            prompt.tokens.insert(bos, at: 0)
        }
        return prompt
    }

    /// What stands for a row until its embedding takes its place, in a vocabulary that has no token for that: LLaVA's own.
    private static let rowMark = Token.min

    /// The tokens of texts with rows between them, stretch by stretch.
    private func tokens(_ parts: [PictureLayout.Part]) throws -> [Token] {
        var tokens: [Token] = [], text = ""
        for part in parts {
            switch part {
            case .text(let more): text += more
            case .rows(let count):
                tokens += try tokenizer.encode(text, special: true)
                tokens += repeatElement(Self.rowMark, count: count)
                text = ""
            }
        }
        return try tokens + tokenizer.encode(text, special: true)
    }
}

extension Eyes {
    /// A picture's layout, and its rows as an engine takes them: prepared and encoded when they are wanted.
    func run(_ part: PicturePart) throws -> (PictureLayout, EmbeddingRun) {
        let layout = try processor.layout(
            width: part.picture.width, height: part.picture.height, detail: part.detail)
        let run = EmbeddingRun(key: part.key, count: layout.rowCount, grid: layout.grid) { step in
            let rows = rows(of: try processor.prepare(part.picture, detail: part.detail), step)
            return (0..<rows.rows).flatMap { rows.values(row: $0) }
        }
        return (layout, run)
    }

    /// Texts and rows as one text, each row as its token.
    func written(_ parts: [PictureLayout.Part]) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .rows(let count): String(repeating: rowToken, count: count)
            }
        }.joined()
    }

    /// The same text, whose reader takes nothing in it for a picture's place: a character of no width parts the marks.
    func unmarked(_ text: String) -> String {
        [placeholder, rowToken].reduce(text) { text, mark in
            guard let first = mark.first else { return text }
            return text.replacing(mark, with: "\(first)\u{200B}\(mark.dropFirst())")
        }
    }
}
