import TuttiCheckpoints
import TuttiTensors

extension Vocabulary {
    /// The vocabulary of a `tokenizer.json`, whose stages are read already.
    init(
        texts: StringTable, kinds: [Kind], pieces: Pieces, lexicon: Lexicon, file: ModelJSON, added: [AddedTokenJSON],
        preTokenizerName: String, stages: TokenizerStages, configuration: TokenizerConfiguration
    ) throws {
        var specials: [String: Token] = [:]
        for token in added { specials[token.text] = Token(token.id) }
        for i in kinds.indices where kinds[i] == .byte { specials[texts[i]] = Token(i) }
        /// The token of that text, if there is one. Those that a configuration names and nobody has are left out, as
        /// configurations are copied from model to model.
        func token(_ text: String?, _ id: Token?) throws -> Token? {
            if let id {
                guard Int(id) < kinds.count else {
                    throw TokenizerFileError.malformed(path: "token id", message: "\(id) is no token")
                }
                return id
            }
            return text.flatMap { specials[$0] ?? lexicon.token($0) }
        }
        switch stages.model {
        case .bytePair(let model):
            if case .bytes = model.units {
                self.model = .byteLevel
            } else if case .characters(let units) = model.units, units.byteTokens != nil {
                self.model = .sentencePiece
            } else {
                self.model = .bytePair
            }
        case .unigram: self.model = .unigram
        case .wordPiece: self.model = .wordPiece
        case .wordLevel: self.model = .wordLevel
        }
        self.preTokenizerName = preTokenizerName
        self.texts = texts
        self.kinds = kinds
        self.pieces = pieces
        self.lexicon = lexicon
        self.specials = specials
        let ids = configuration.ids
        // What is put around a text tells which tokens begin and end it where no file says.
        let around = stages.postProcessor?.joined([[-1]]) ?? []
        let before = around.first.flatMap { $0 == -1 ? nil : $0 }, behind = around.last.flatMap { $0 == -1 ? nil : $0 }
        bos = try token(configuration.bos, ids.bos) ?? before
        eos = try token(configuration.eos, ids.eos) ?? behind
        unknown = try token(configuration.unknown ?? file.place["unk_token"]?.json.string, ids.unknown)
        padding = try token(configuration.padding, ids.padding)
        addsBOS = configuration.addsBOS ?? (before != nil && before == bos)
        addsEOS = configuration.addsEOS ?? (behind != nil && behind == eos)
        if case .pieces(dropsFirstSpace: true) = stages.decoding {
            addsSpacePrefix = true
        } else {
            addsSpacePrefix = false
        }
        var ends = Self.endTokens { specials[$0] }
        if let eos { ends.insert(eos) }
        for id in configuration.endTokens {
            guard kinds.indices.contains(id) else {
                throw TokenizerFileError.malformed(
                    path: "generation_config.json.eos_token_id",
                    message: "\(id) is no token: they go from 0 to \(kinds.count - 1)")
            }
            ends.insert(Token(id))
        }
        endTokens = ends
    }
}
