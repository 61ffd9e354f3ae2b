import TuttiTensors

/// A Hugging Face folder that reads as a GGUF file would, or a GGUF file under the names of such a folder.
///
/// Tensors that only have another name are handed out as they lie in the mapped file; the others are rearranged when
/// they are asked for, into memory of their own that goes with their last user.
public final class TranslatedCheckpoint: Checkpoint {
    public let metadata: Metadata
    public let tensors: [TensorEntry]
    private let source: any TensorSource
    private let rules: [TensorRule]
    private let recipes: [Recipe]
    private let indices: [String: Int]

    /// Where a tensor comes from.
    enum Recipe: Sendable {
        case values([Float])
        case sources([String], TensorChange)
    }

    /// - Throws: `CheckpointError` where the folder and the family's table do not fit.
    public convenience init(_ folder: HuggingFaceFolder, _ translation: Translation) throws {
        var described = TranslatedMetadata(architecture: translation.architecture)
        described.metadata.values["general.architecture"] = .string(translation.architecture)
        described.metadata.values["general.name"] = .string(
            folder.path.split(separator: "/").last.map(String.init) ?? translation.architecture)
        let config = folder.config.filled(translation.defaults)
        try translation.describe(config, &described)
        try self.init(
            folder, described.metadata, try translation.tensors(config), made: try translation.made(config),
            layers: { try config.requiredSize("num_hidden_layers", limit: 4096) })
    }

    /// A GGUF file that says the same of itself, its tensors under the names of `rules`, whose sources are GGUF's.
    /// - Parameter layers: What `{layer}` counts to.
    /// - Throws: `CheckpointError` where the file and the rules do not fit.
    public convenience init(_ file: GGUFFile, _ rules: [TensorRule], layers: Int) throws {
        try self.init(file, file.metadata, rules, made: [], layers: { layers })
    }

    private init(
        _ source: any TensorSource, _ metadata: Metadata, _ rules: [TensorRule],
        made: [(name: String, values: [Float])], layers: () throws -> Int
    ) throws {
        var tensors: [TensorEntry] = [], recipes: [Recipe] = []
        func append(_ name: String, _ shape: [Int], _ dtype: DType?, _ typeName: String, _ recipe: Recipe) {
            let count = shape.reduce(1, *)
            tensors.append(
                TensorEntry(
                    name: name, dimensions: shape.reversed(), dtype: dtype, typeName: typeName,
                    byteCount: dtype?.byteCount(elements: count) ?? 0, part: 0, offset: recipes.count))
            recipes.append(recipe)
        }
        for rule in rules {
            for (name, sources) in try Self.sources(rule, source, layers: layers) {
                guard let first = source.stored(sources[0]) else { continue }
                for other in sources.dropFirst() where !rule.change.isMXFP4 {
                    guard let entry = source.stored(other), entry.shape == first.shape,
                        entry.typeName == first.typeName
                    else {
                        throw CheckpointError.malformed(
                            file: source.path,
                            "the tensors `\(sources[0])` and `\(other)`, which belong together, are not alike")
                    }
                }
                let shape = try Self.shape(first, rule.change, count: sources.count, source)
                let dtype: DType? =
                    rule.change == .plusOne ? .f32 : rule.change.isMXFP4 ? .mxfp4 : first.dtype
                append(name, shape, dtype, dtype?.name ?? first.typeName, .sources(sources, rule.change))
            }
        }
        for (name, values) in made {
            append(name, [values.count], .f32, DType.f32.name, .values(values))
        }
        indices = Dictionary(tensors.enumerated().map { ($1.name, $0) }) { first, _ in first }
        (self.source, self.metadata, self.rules) = (source, metadata, rules)
        (self.tensors, self.recipes) = (tensors, recipes)
    }

    public var path: String { source.path }
    public var paths: [String] { source.paths }
    public var byteCount: Int { source.byteCount }

    public func tensor(named name: String) -> TensorEntry? { indices[name].map { tensors[$0] } }

    public func contents(of entry: TensorEntry) throws -> TensorContents {
        guard let dtype = entry.dtype else {
            throw CheckpointError.unsupportedType(file: path, name: entry.name, type: entry.typeName)
        }
        switch try recipe(of: entry) {
        case .values(let values):
            let memory = AlignedMemory(byteCount: max(1, values.count * 4))
            unsafe memory.base.withMemoryRebound(to: Float.self, capacity: values.count) { floats in
                for i in values.indices { unsafe floats[i] = values[i] }
            }
            return unsafe memory.contents(byteCount: values.count * 4)
        case .sources(let names, .none):
            return try source.contents(of: names[0])
        case .sources(let names, let change):
            let shape = source.stored(names[0])?.shape ?? []
            let stored = source.stored(names[0])?.dtype ?? dtype  // bytes of MXFP4 have none
            let sources = try names.map { try source.contents(of: $0) }
            let result = AlignedMemory(byteCount: max(1, entry.byteCount))
            unsafe change.apply(to: sources, shape: shape, dtype: stored, into: result.base, byteCount: entry.byteCount)
            return unsafe result.contents(byteCount: entry.byteCount)
        }
    }

    public func release(_ entry: TensorEntry) {
        guard case .sources(let names, _)? = try? recipe(of: entry) else { return }
        for name in names { source.release(name) }
    }

    /// What the files themselves call the tensor that is asked for as `name`, also where they do not have it; the first of
    /// several that it is made of. Nil for what no rule speaks of.
    public func sourceName(of name: String) -> String? {
        for rule in rules {
            let parts = rule.name.split(separator: "{layer}", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 1, rule.name == name { return rule.source }
            guard parts.count == 2, name.hasPrefix(parts[0]), name.hasSuffix(parts[1]) else { continue }
            let layer = name.dropFirst(parts[0].count).dropLast(parts[1].count)
            if Int(layer) != nil { return rule.source.replacing("{layer}", with: layer) }
        }
        return nil
    }

    private func recipe(of entry: TensorEntry) throws -> Recipe {
        guard tensor(named: entry.name) == entry else {
            throw CheckpointError.missingTensor(file: path, name: entry.name)
        }
        return recipes[entry.offset]
    }

    // MARK: Names and shapes

    /// The tensors that a rule speaks of: the name that it gives, and those of the source that it is made of.
    private static func sources(
        _ rule: TensorRule, _ source: any TensorSource, layers: () throws -> Int
    ) throws -> [(name: String, sources: [String])] {
        func all(_ wanted: [String]) throws -> [String] {
            let patterns = wanted.map(source.ownName), pattern = patterns[0]
            if rule.change.isMXFP4 {
                return source.stored(pattern) == nil ? [] : [pattern, pattern.replacing("_blocks", with: "_scales")]
            }
            guard pattern.contains("{expert}") else {
                guard source.stored(pattern) != nil else { return [] }
                if let missing = patterns.first(where: { source.stored($0) == nil }) {
                    throw CheckpointError.missingTensor(file: source.path, name: missing)
                }
                return patterns
            }
            var names: [String] = []
            while true {
                let name = pattern.replacing("{expert}", with: "\(names.count)")
                guard source.stored(name) != nil else { return names }
                names.append(name)
            }
        }
        guard rule.source.contains("{layer}") else {
            let sources = try all(rule.sources)
            return sources.isEmpty ? [] : [(rule.name, sources)]
        }
        return try (0..<(try layers())).compactMap { layer in
            let sources = try all(rule.sources.map { $0.replacing("{layer}", with: "\(layer)") })
            return sources.isEmpty ? nil : (rule.name.replacing("{layer}", with: "\(layer)"), sources)
        }
    }

    /// The shape that a tensor has after its change.
    private static func shape(
        _ entry: StoredTensor, _ change: TensorChange, count: Int, _ source: any TensorSource
    ) throws -> [Int] {
        func misfit(_ wants: String) -> CheckpointError {
            .malformed(
                file: source.path, "the tensor `\(entry.name)` has the shape \(entry.shape); it must have \(wants)")
        }
        let shape = entry.shape
        switch change {
        case .none: return shape
        case .plusOne:
            guard entry.dtype?.blockElements == 1 else { throw misfit("plain numbers") }
            return shape
        case .neighbouringPairs(let heads):
            guard let rows = shape.first, heads > 0, heads <= rows, rows % (2 * heads) == 0 else {
                throw misfit("rows of \(heads) heads")
            }
            return shape
        case .stacked: return [count] + shape
        case .joined:
            guard let rows = shape.first else { throw misfit("rows") }
            return [count * rows] + shape.dropFirst()
        case .frames:
            guard shape.count == 4, entry.dtype?.blockElements == 1 else {
                throw misfit("four dimensions of plain numbers")
            }
            return [shape[0], shape[1], count, shape[2], shape[3]]
        case .transposed(let first, let step):
            guard shape.count == 3, shape[2] % step == 0, first < step else { throw misfit("three dimensions") }
            return [shape[0], shape[2] / step, shape[1]]
        case .columns(let first, let step):
            guard let width = shape.last, width % step == 0, first < step else {
                throw misfit("rows in steps of \(step)")
            }
            return shape.dropLast() + [width / step]
        case .mxfp4(let first, let step):
            let scales = entry.name.replacing("_blocks", with: "_scales")
            guard shape.count == 4, shape[3] == 16, entry.typeName == "U8", shape[1] % step == 0, first < step,
                let other = source.stored(scales), other.typeName == "U8", other.shape == shape.dropLast()
            else { throw misfit("[experts, rows, blocks, 16] bytes, and `\(scales)` one byte for each block") }
            return [shape[0], shape[1] / step, shape[2] * 32]
        case .rows(let range):
            guard let rows = shape.first, range.lowerBound >= 0, range.upperBound <= rows else {
                throw misfit("at least \(range.upperBound) rows")
            }
            return [range.count] + shape.dropFirst()
        }
    }
}

extension TensorChange {
    fileprivate var isMXFP4: Bool { if case .mxfp4 = self { true } else { false } }
}

extension AlignedMemory {
    @unsafe fileprivate func contents(byteCount: Int) -> TensorContents {
        unsafe TensorContents(UnsafeRawBufferPointer(start: base, count: byteCount), owner: self)
    }
}
