import Foundation
import Synchronization
import Tutti
import TuttiOpenAI

/// Which names there are and what they stand for; it reads the store and loads nothing.
final class ModelRegister: Sendable {
    /// A model that can be loaded.
    struct Entry: Sendable, Equatable {
        let name: String
        let location: URL
        let byteCount: Int
        let kind: ModelKind
        let context: Int?
        let created: Int
        /// Whether it looks at pictures itself.
        let sees: Bool
    }

    private struct Facts: Sendable {
        let kind: ModelKind
        let context: Int?
        var sees = false
    }

    let store: ModelStore
    private let settings: ServerSettings
    /// Models outside the store that the user named when the server started.
    private let extra: [StoredFile]
    /// What files say of themselves, by path and size: reading a header takes a while.
    private let facts = Mutex<[String: Facts?]>([:])

    private struct StoredFile: Sendable {
        let name: String
        let location: URL
    }

    /// - Throws: `StoreError` for a model of the settings that is not there.
    init(store: ModelStore, settings: ServerSettings) throws {
        self.store = store
        self.settings = settings
        extra = try settings.models.compactMap { model in
            switch try store.locate(model) {
            case .file(let file): StoredFile(name: Self.name(of: file), location: file)
            case .known(let entry): throw StoreError.notPulled(entry.name)
            case .stored: nil
            }
        }
    }

    private static func name(of file: URL) -> String {
        let name = file.deletingPathExtension().lastPathComponent
        return name.isEmpty ? file.lastPathComponent : name
    }

    /// What is loaded before anybody asks: the models of the settings, or else the default ones.
    var preloaded: [String] {
        guard settings.models.isEmpty else { return named }
        let entries = entries
        // Models of speech are read in a moment when somebody needs them.
        return [.language, .embedding].compactMap { defaultName($0, entries) }
    }

    /// The names of the models of the settings.
    private var named: [String] {
        settings.models.compactMap { model in
            switch try? store.locate(model) {
            case .file(let file): Self.name(of: file)
            case .stored(let model): model.name
            default: nil
            }
        }
    }

    /// Every model that can be loaded, by kind and name; each kind's default first.
    var entries: [Entry] {
        let all =
            store.list().compactMap { entry($0.name, $0.location, byteCount: $0.byteCount) }
            + extra.compactMap { entry($0.name, $0.location, byteCount: 0) }
        return ModelKind.allCases.flatMap { kind in
            let standard = defaultName(kind, all)
            return all.filter { $0.kind == kind }
                .sorted { ($0.name == standard ? 0 : 1, $0.name) < ($1.name == standard ? 0 : 1, $1.name) }
        }
    }

    private func entry(_ name: String, _ location: URL, byteCount: Int) -> Entry? {
        guard let facts = facts(of: location) else { return nil }
        let date = try? FileManager.default.attributesOfItem(atPath: location.path)[.modificationDate] as? Date
        return Entry(
            name: name, location: location, byteCount: byteCount, kind: facts.kind, context: facts.context,
            created: Int(date?.timeIntervalSince1970 ?? 0), sees: facts.sees)
    }

    private func facts(of location: URL) -> Facts? {
        let key = location.path
        if let known = facts.withLock({ $0[key] }) { return known }
        var found: Facts?
        if let form = SpeechModelForm(at: location) {
            found = Facts(kind: form.hears ? .hearing : .speaking, context: nil)
        } else if SeeingModelForm(at: location) != nil {
            found = Facts(kind: .seeing, context: nil)
        } else if let positions = Registry.contrastivePositions(location.path) {
            found = Facts(kind: .embedding, context: positions, sees: true)
        } else if let checkpoint = try? Registry.open(location.path) {
            let architecture = checkpoint.metadata.string("general.architecture")
            if Registry.encoders.contains(where: { $0.architecture == architecture }) {
                found = Facts(kind: .embedding, context: (try? EncoderShape(checkpoint))?.maximumTokens)
            } else if let shape = try? DecoderShape(checkpoint) {
                found = Facts(kind: .language, context: shape.context, sees: Registry.hasEyes(location.path))
            }
        }
        facts.withLock { $0[key] = .some(found) }
        return found
    }

    /// What OpenAI's names stand for.
    private func defaultName(_ kind: ModelKind, _ entries: [Entry]) -> String? {
        let own = entries.filter { $0.kind == kind }, names = own.map(\.name)
        let wanted = [settings.standard(kind), named.first { names.contains($0) }, ownDefault(kind)]
        return wanted.compactMap { $0 }.first { names.contains($0) }
            // Of those that embed, one that was made for texts goes before one that also takes pictures.
            ?? own.min {
                ($0.kind == .embedding && $0.sees ? 1 : 0, $0.name) < (
                    $1.kind == .embedding && $1.sees ? 1 : 0, $1.name
                )
            }?.name
    }

    /// The catalog's model of a kind. Of those that hear, the one that knows languages and words.
    private func ownDefault(_ kind: ModelKind) -> String {
        switch kind {
        case .language: store.catalog.defaultName
        case .embedding: "minilm"
        case .hearing: "whisper-base"
        case .speaking: "piper-joe"
        case .seeing: SeeingModel.textReaderName
        }
    }

    /// The default model of a kind.
    /// - Throws: `APIError` 404: there is none of the kind; it says which to pull.
    func standard(_ kind: ModelKind) throws(APIError) -> Entry {
        let entries = entries
        if let name = defaultName(kind, entries), let entry = entries.first(where: { $0.name == name }) { return entry }
        throw .notFound(
            "No model on this machine \(kind == .speaking ? "speaks" : "does that"): run `tutti pull \(ownDefault(kind))`.",
            param: "model", code: "model_not_found")
    }

    /// The model that a request names.
    /// - Throws: `APIError.modelNotFound`.
    func entry(_ name: String) throws(APIError) -> Entry {
        let entries = entries
        if let own = entries.first(where: { $0.name == name }) { return own }
        guard let target = target(of: name, entries) else {
            // Names of the catalog are written in small letters.
            if let own = entries.first(where: { $0.name == name.lowercased() }) { return own }
            throw .modelNotFound(name)
        }
        guard let model = entries.first(where: { $0.name == target }) else {
            throw .notFound(
                "The model `\(name)` stands for `\(target)` here, which is not on this machine: run `tutti pull \(target)`.",
                param: "model", code: "model_not_found")
        }
        return model
    }

    private func target(of name: String, _ entries: [Entry]) -> String? {
        if let own = settings.aliases[name] { return own }
        let plain = ModelAliases.withoutDate(name)
        guard let kind = ModelKind.allCases.first(where: { ModelAliases.names($0).contains(plain) }) else { return nil }
        return defaultName(kind, entries) ?? ownDefault(kind)
    }

    /// What `GET /v1/models` lists: models, then the names that stand for one.
    var listings: [ModelListing] {
        let entries = entries
        let own = entries.map {
            ModelListing(id: $0.name, kind: $0.kind, created: $0.created, context: $0.context, sees: $0.sees)
        }
        let names = settings.aliases.keys.sorted() + ModelKind.allCases.flatMap(ModelAliases.names)
        var seen = Set(own.map(\.id))
        let others = names.compactMap { name -> ModelListing? in
            guard let target = target(of: name, entries), let model = entries.first(where: { $0.name == target }),
                seen.insert(name).inserted
            else { return nil }
            return ModelListing(
                id: name, kind: model.kind, created: model.created, aliasOf: model.name, context: model.context,
                sees: model.sees)
        }
        return own + others
    }

    /// One entry of the list; a name that is known but not listed (`gpt-4o-2024-08-06`) is told of too.
    /// - Throws: `APIError.modelNotFound`.
    func listing(_ name: String) throws(APIError) -> ModelListing {
        if let listed = listings.first(where: { $0.id == name }) { return listed }
        let entry = try entry(name)
        return ModelListing(
            id: name, kind: entry.kind, created: entry.created, aliasOf: entry.name, context: entry.context,
            sees: entry.sees)
    }
}
