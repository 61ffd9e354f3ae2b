public import TuttiDialogue
public import TuttiImages
public import TuttiModels
public import TuttiVision

extension Document {
    /// The file as parts of a message.
    ///
    /// A text goes in as it is. Of a PDF document a model with eyes is shown the pages; any other gets their words, laid out as
    /// they stand: from the text layer, which is exact and costs nothing, and where a page has none (a scan) as they are read
    /// from the drawn page. What there is no room for is left out from the end, and the parts say so.
    /// - Parameters:
    ///   - model: That is to read it.
    ///   - detail: How closely pages are drawn.
    ///   - tokenLimit: The most tokens that the parts may take; nil for three quarters of the model's context.
    ///   - look: Reads a page that has no text layer.
    /// - Throws: `PictureError` for a page that cannot be drawn; what `look` throws; `VisionError` for pages that the model
    ///   cannot take; `CancellationError`.
    public func parts(
        for model: LanguageModel, detail: PictureDetail = .auto, tokenLimit: Int? = nil,
        reading look: (Picture) async throws -> Perception
    ) async throws -> [Part] {
        let tokenizer = try model.tokenizer
        let passage = DocumentPassage(
            document: self, detail: detail, tokenLimit: tokenLimit ?? model.context / 4 * 3,
            cost: { tokenizer.encode($0).count })
        switch content {
        case .text(let text): return [.text(passage.told(text))]
        case .pages(let pages, let count) where model.eyes == nil:
            return [.text(try await passage.told(pages, count: count, look))]
        case .pages(let pages, let count):
            return try await passage.shown(pages, count: count) { try model.tokenCount(of: $0) }
        }
    }

    /// The file as parts of a message; pages without a text layer are read by the store's ``SeeingModel``, which is loaded
    /// when there is one.
    /// - Parameter threads: Threads to read on; nil for every processor that this process may use.
    /// - Throws: `StoreError` where nothing in the store reads; otherwise as ``parts(for:detail:tokenLimit:reading:)``.
    public func parts(
        for model: LanguageModel, detail: PictureDetail = .auto, tokenLimit: Int? = nil, threads: Int? = nil
    ) async throws -> [Part] {
        var eyes: SeeingModel?
        return try await parts(for: model, detail: detail, tokenLimit: tokenLimit) { picture in
            let model: SeeingModel
            if let eyes { model = eyes } else { model = try await SeeingModel.load(threads: threads) }
            eyes = model
            return try await model.look(at: picture)
        }
    }
}
