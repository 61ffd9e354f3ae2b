package import TuttiModels
import TuttiTensors

/// How an engine's cache is shared out between its model and a draft model: as one full context needs it.
struct SpeculationCache {
    /// The draft model's layout and bytes; nil without one.
    let draft: (layout: KeyValueLayout, byteCount: Int)?
    /// The bytes of the model that answers.
    let byteCount: Int

    /// - Parameters:
    ///   - layout: The layout of the model that answers.
    ///   - memory: The machine's memory in bytes, of which a quarter is used when the options do not say.
    init(_ options: EngineOptions, layout: KeyValueLayout, context: Int, memory: Int) {
        let rows = options.mostRows, least = layout.byteCount(running: context, rows: rows)
        let standard = min(4 * options.byteCount(conversation: context, layout), memory / 4)
        guard let shape = options.speculation.decoder?.shape else {
            draft = nil
            byteCount = max(least, options.cacheByteCount ?? standard)
            return
        }
        let draftLayout = shape.layout(options.storedKind)
        let draftLeast = draftLayout.byteCount(running: min(context, shape.context), rows: rows)
        let room = (options.cacheByteCount ?? standard) - least - draftLeast
        let share = Double(draftLeast) / Double(least + draftLeast)
        let draftRoom = Int(Double(max(0, room)) * share)
        draft = (draftLayout, draftLeast + draftRoom)
        byteCount = least + max(0, room) - draftRoom
    }
}

extension EngineOptions {
    /// How keys and values are stored.
    var storedKind: KeyValueKind { isExact ? .f32 : keyValueKind }

    /// The most bytes that a conversation of `tokens` tokens holds, a draft model's among them.
    package func byteCount(conversation tokens: Int, _ shape: DecoderShape) -> Int {
        byteCount(conversation: tokens, shape.layout(storedKind))
    }

    fileprivate func byteCount(conversation tokens: Int, _ layout: KeyValueLayout) -> Int {
        let own = layout.byteCount(conversation: tokens, rows: mostRows)
        guard let draft = speculation.decoder?.shape else { return own }
        return own
            + draft.layout(storedKind).byteCount(conversation: min(tokens, draft.context), rows: mostRows)
    }

    /// The most tokens of one sequence in a step; a request may bring a prediction whatever the options say.
    var mostRows: Int { max(prefillRows, 1 + Speculator.longestDraft, spanRows) }
}
