/// Which files of a repository are one model that can be used.
package struct HubChoice: Sendable, Equatable {
    /// What the choice is called within its repository; nil where the repository is one model.
    package let selection: String?
    package let files: [HubFile]
    /// What else there was to choose from.
    package let others: [String]

    /// Whether a folder of files, each under its path in the repository, rather than GGUF files side by side.
    package let isFolder: Bool

    /// Where a file of this choice lies in the model's folder.
    func place(of file: HubFile) -> String { isFolder ? file.path : file.name }
}

extension HubChoice {
    /// The files beside safetensors that say what the numbers mean and how text becomes tokens.
    private static let companions: Set<String> = [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
        "added_tokens.json", "chat_template.jinja", "chat_template.json", "vocab.txt", "vocab.json", "merges.txt",
        "tokenizer.model", "preprocessor_config.json", "processor_config.json", "modules.json",
        "sentence_bert_config.json", "config_sentence_transformers.json", "1_Pooling/config.json",
    ]
    private static let index = "model.safetensors.index.json"
    private static let whole = "model.safetensors"
    /// Formats that can hold programs, and are therefore never fetched.
    private static let pickles = [".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"]
    private static let longestList = 40

    /// Chooses.
    /// - Parameter selection: A quantisation, a file's name, `gguf` or `safetensors`; nil for the best.
    /// - Throws: `HubError.noModel`, `.noFile` or `.unclear`, with what there is.
    package init(_ listing: HubListing, selection: String?) throws {
        let name = HubReference.prefix + listing.repository
        let models = GGUFGroup.all(listing.files), weights = Self.weights(listing.files)
        guard !models.isEmpty || !weights.isEmpty else {
            throw StoreError.hub(.noModel(name, reason: Self.whyNothing(listing)))
        }
        switch selection?.lowercased() {
        case nil: self = try models.isEmpty ? Self.folder(listing, weights, nil) : Self.best(models, listing, nil)
        case "gguf" where !models.isEmpty: self = try Self.best(models, listing, selection)
        case "safetensors" where !weights.isEmpty: self = try Self.folder(listing, weights, nil)
        case let asked?:
            let found = Self.named(asked, models)
            let files = weights.filter { $0.path.lowercased() == asked }
            if found.count == 1 {
                self = found[0].choice(among: models, listing)
            } else if found.isEmpty, files.count == 1 {
                self = try Self.folder(listing, files, files[0].path)
            } else if found.isEmpty, listing.files.contains(where: { $0.path.lowercased() == asked }) {
                throw StoreError.hub(.noModel(name, reason: "`\(asked)` is neither a GGUF model nor safetensors"))
            } else {
                let choices = (found.isEmpty ? models : found).map(\.title) + (found.isEmpty ? weights.map(\.path) : [])
                throw StoreError.hub(.unclear(name, asked: selection, choices: Self.shortened(choices)))
            }
        }
    }

    // MARK: GGUF

    /// The models that a user's word means: the file or the group itself, else the quantisation, else a part of a name.
    private static func named(_ asked: String, _ models: [GGUFGroup]) -> [GGUFGroup] {
        let exact = models.filter { $0.names.contains(asked) }
        if !exact.isEmpty { return exact }
        let quantised = models.filter { $0.quantization?.lowercased() == asked }
        return quantised.isEmpty ? models.filter { $0.stem.lowercased().contains(asked) } : quantised
    }

    private static func best(_ models: [GGUFGroup], _ listing: HubListing, _ asked: String?) throws -> HubChoice {
        if models.count == 1 { return models[0].choice(among: models, listing) }
        for wanted in QuantizationName.preferred {
            let found = models.filter { $0.quantization == wanted }
            if found.count == 1 { return found[0].choice(among: models, listing) }
            if found.count > 1 { break }
        }
        let name = HubReference.prefix + listing.repository
        throw StoreError.hub(.unclear(name, asked: asked, choices: shortened(models.map(\.title))))
    }

    // MARK: safetensors

    /// The weights in the repository's own folder: the whole file, the shards of the index, or whatever there is.
    private static func weights(_ files: [HubFile]) -> [HubFile] {
        guard files.contains(where: { $0.path == "config.json" }) else { return [] }
        return files.filter {
            $0.path == $0.name && $0.name.lowercased().hasSuffix(".safetensors") && !$0.name.hasPrefix("adapter_")
        }
    }

    private static func folder(_ listing: HubListing, _ weights: [HubFile], _ selection: String?) throws -> HubChoice {
        let name = HubReference.prefix + listing.repository
        var chosen = weights.filter { $0.path == whole }
        if chosen.isEmpty, listing.files.contains(where: { $0.path == index }) {
            let shards = weights.compactMap { file in
                file.path.firstMatch(of: /^(.*)-(\d{5})-of-(\d{5})\.safetensors$/).map { (file: file, match: $0) }
            }
            let groups = Dictionary(grouping: shards) { "\($0.match.1) \($0.match.3)" }
            // The index is of the shards that are called as it is.
            let group = groups.first { $0.key.hasPrefix("model ") }?.value ?? (groups.count == 1 ? shards : [])
            if let count = group.first.flatMap({ Int($0.match.3) }) {
                guard group.count == count else {
                    throw StoreError.hub(
                        .noModel(name, reason: "of \(count) files of weights only \(group.count) are there"))
                }
                chosen = group.map(\.file) + listing.files.filter { $0.path == index }
            }
        }
        if chosen.isEmpty, weights.count == 1 { chosen = weights }
        guard !chosen.isEmpty else {
            throw StoreError.hub(.unclear(name, asked: selection, choices: shortened(weights.map(\.path))))
        }
        let beside = listing.files.filter { companions.contains($0.path) && $0.byteCount != 0 }
        return HubChoice(selection: selection, files: beside + chosen, others: [], isFolder: true)
    }

    // MARK: Words

    private static func whyNothing(_ listing: HubListing) -> String {
        let files = listing.files.map { $0.path.lowercased() }
        let hidden =
            listing.unsafeCount > 0 ? "; files with unsafe names, which were left out: \(listing.unsafeCount)" : ""
        if files.contains("adapter_config.json") { return "it is an adapter, not a whole model" + hidden }
        if files.contains(where: { file in pickles.contains { file.hasSuffix($0) } }) {
            return "its weights are pickles (.bin, .pt), which can hold programs and are never fetched; look for a "
                + "repository of the model with .safetensors or .gguf files" + hidden
        }
        if files.contains(where: { $0.hasSuffix(".safetensors") }) {
            return "it has .safetensors, but no config.json beside them that says what they are" + hidden
        }
        return "there is no .gguf file and no .safetensors in it" + hidden
    }

    private static func shortened(_ choices: [String]) -> [String] {
        let sorted = choices.sorted()
        guard sorted.count > longestList else { return sorted }
        return sorted.prefix(longestList) + ["… and \(sorted.count - longestList) more"]
    }
}

/// A GGUF model of a repository: one file, or all parts of a split one.
private struct GGUFGroup {
    /// The path without `-00001-of-00003` and `.gguf`.
    let stem: String
    var parts: [HubFile]
    let partCount: Int

    var quantization: String? { QuantizationName.find(in: stem) }

    /// The whole models among a repository's files, by name.
    static func all(_ files: [HubFile]) -> [GGUFGroup] {
        var groups: [String: GGUFGroup] = [:]
        for file in files {
            let lower = file.path.lowercased(), name = file.name.lowercased()
            // Projectors of pictures and statistics of quantisers come in the same format, but are no models.
            guard lower.hasSuffix(".gguf"), file.byteCount != 0, !ProjectorFile.isOne(name), !name.contains("imatrix")
            else { continue }
            var stem = String(file.path.dropLast(".gguf".count)), partCount = 1
            if let match = stem.firstMatch(of: /^(.*)-\d{5}-of-(\d{5})$/), let count = Int(match.2) {
                (stem, partCount) = (String(match.1), count)
            }
            groups["\(stem) \(partCount)", default: GGUFGroup(stem: stem, parts: [], partCount: partCount)].parts
                .append(file)
        }
        return groups.values.filter { $0.parts.count == $0.partCount }.sorted { $0.stem < $1.stem }
    }

    /// Everything that a user may call it by, in lower case.
    var names: Set<String> {
        var names: Set<String> = [stem.lowercased(), stem.lowercased() + ".gguf"]
        for part in parts {
            names.formUnion([
                part.path.lowercased(), part.name.lowercased(), part.name.lowercased().dropSuffix(".gguf"),
            ])
        }
        return names
    }

    /// How it is shown in a list of choices.
    var title: String {
        let byteCount = parts.reduce(0) { $0 + ($1.byteCount ?? 0) }
        let size = byteCount > 0 ? ", \(ByteText(byteCount))" : ""
        return (quantization.map { "\($0): " } ?? "")
            + (parts.count == 1 ? parts[0].path : "\(stem), \(parts.count) parts")
            + size
    }

    /// The projector that the model sees with, where the repository has one: in the best of the forms that it comes in.
    private func projector(among models: [GGUFGroup], _ listing: HubListing) -> HubFile? {
        let all = listing.files.filter { ProjectorFile.isOne($0.name) && $0.byteCount != 0 }
        func folder(_ file: HubFile) -> Substring { file.path.dropLast(file.name.count) }
        // In the model's own folder, or in the repository's.
        let near = all.filter { folder($0) == folder(parts[0]) },
            found = near.isEmpty ? all.filter { $0.path == $0.name } : near
        let fitting = ProjectorFile.fitting(
            parts[0].name, found.map(\.name), models: models.flatMap { $0.parts.map(\.name) })
        let files = found.filter { fitting.contains($0.name) }
        func rank(_ file: HubFile) -> Int {
            let kind = QuantizationName.find(in: String(file.name.dropLast(".gguf".count)))
            return ProjectorFile.preferred.firstIndex { $0 == kind } ?? ProjectorFile.preferred.count
        }
        return files.min { (rank($0), $0.path) < (rank($1), $1.path) }
    }

    func choice(among models: [GGUFGroup], _ listing: HubListing) -> HubChoice {
        let others = models.filter { $0.stem != stem }
        let isOnlyOfItsKind = !others.contains { $0.quantization == quantization }
        // Short where that is clear; the name of the file otherwise.
        let selection = isOnlyOfItsKind ? quantization ?? stem : stem
        return HubChoice(
            selection: selection,
            files: parts.sorted { $0.path < $1.path } + [projector(among: models, listing)].compactMap(\.self),
            others: others.map { $0.quantization ?? $0.stem }, isFolder: false)
    }
}

extension String {
    fileprivate func dropSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}
