import TuttiTensors

/// A Hugging Face folder that reads as a GGUF file would.
///
/// Tensors that only have another name are handed out as they lie in the mapped file; the others are rearranged when
/// they are asked for, into memory of their own that goes with their last user.
public final class TranslatedCheckpoint: Checkpoint {
    public let folder: HuggingFaceFolder
    public let metadata: Metadata
    public let tensors: [TensorEntry]
    private let recipes: [Recipe]
    private let indices: [String: Int]

    /// Where a tensor comes from.
    enum Recipe: Sendable {
        case values([Float])
        case sources([String], TensorChange)
    }

    /// - Throws: `CheckpointError` where the folder and the family's table do not fit.
    public init(_ folder: HuggingFaceFolder, _ translation: Translation) throws {
        var described = TranslatedMetadata(architecture: translation.architecture)
        described.metadata.values["general.architecture"] = .string(translation.architecture)
        described.metadata.values["general.name"] = .string(
            folder.path.split(separator: "/").last.map(String.init) ?? translation.architecture)
        let config = folder.config.filled(translation.defaults)
        try translation.describe(config, &described)
        metadata = described.metadata

        var tensors: [TensorEntry] = [], recipes: [Recipe] = []
        func append(_ name: String, _ shape: [Int], _ dtype: DType?, _ typeName: String, _ recipe: Recipe) {
            let count = shape.reduce(1, *)
            tensors.append(
                TensorEntry(
                    name: name, dimensions: shape.reversed(), dtype: dtype, typeName: typeName,
                    byteCount: dtype?.byteCount(elements: count) ?? 0, part: 0, offset: recipes.count))
            recipes.append(recipe)
        }
        for rule in try translation.tensors(config) {
            for (name, sources) in try Self.sources(rule, folder, layers: { try Self.layers(config) }) {
                guard let first = folder.tensor(named: sources[0]) else { continue }
                for other in sources.dropFirst() where !rule.change.isMXFP4 {
                    guard let entry = folder.tensor(named: other), entry.shape == first.shape,
                        entry.typeName == first.typeName
                    else {
                        throw CheckpointError.malformed(
                            file: folder.path, "the experts `\(sources[0])` and `\(other)` are not alike")
                    }
                }
                let shape = try Self.shape(first, rule.change, count: sources.count, folder)
                let dtype: DType? =
                    rule.change == .plusOne ? .f32 : rule.change.isMXFP4 ? .mxfp4 : first.dtype
                append(name, shape, dtype, dtype?.name ?? first.typeName, .sources(sources, rule.change))
            }
        }
        for (name, values) in try translation.made(config) {
            append(name, [values.count], .f32, DType.f32.name, .values(values))
        }
        indices = Dictionary(tensors.enumerated().map { ($1.name, $0) }) { first, _ in first }
        (self.folder, self.tensors, self.recipes) = (folder, tensors, recipes)
    }

    public var path: String { folder.path }
    public var paths: [String] { folder.paths }
    public var byteCount: Int { folder.byteCount }

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
            return try folder.contents(of: names[0])
        case .sources(let names, let change):
            let shape = folder.tensor(named: names[0])?.shape ?? []
            let stored = folder.tensor(named: names[0])?.dtype ?? dtype  // bytes of MXFP4 have none
            let sources = try names.map { try folder.contents(of: $0) }
            let result = AlignedMemory(byteCount: max(1, entry.byteCount))
            unsafe change.apply(to: sources, shape: shape, dtype: stored, into: result.base, byteCount: entry.byteCount)
            return unsafe result.contents(byteCount: entry.byteCount)
        }
    }

    public func release(_ entry: TensorEntry) {
        guard case .sources(let names, _)? = try? recipe(of: entry) else { return }
        for name in names { folder.release(name) }
    }

    private func recipe(of entry: TensorEntry) throws -> Recipe {
        guard tensor(named: entry.name) == entry else {
            throw CheckpointError.missingTensor(file: path, name: entry.name)
        }
        return recipes[entry.offset]
    }

    // MARK: Names and shapes

    private static func layers(_ config: HuggingFaceConfig) throws -> Int {
        try config.requiredSize("num_hidden_layers", limit: 4096)
    }

    /// The tensors that a rule speaks of: GGUF's name, and those of the folder that it is made of.
    private static func sources(
        _ rule: TensorRule, _ folder: HuggingFaceFolder, layers: () throws -> Int
    ) throws -> [(name: String, sources: [String])] {
        func all(_ wanted: String) -> [String] {
            let pattern = folder.decoderName(wanted)
            if rule.change.isMXFP4 {
                return folder.tensor(named: pattern) == nil
                    ? [] : [pattern, pattern.replacing("_blocks", with: "_scales")]
            }
            guard rule.source.contains("{expert}") else { return folder.tensor(named: pattern) == nil ? [] : [pattern] }
            var names: [String] = []
            while true {
                let name = pattern.replacing("{expert}", with: "\(names.count)")
                guard folder.tensor(named: name) != nil else { return names }
                names.append(name)
            }
        }
        guard rule.source.contains("{layer}") else {
            let sources = all(rule.source)
            return sources.isEmpty ? [] : [(rule.name, sources)]
        }
        return (0..<(try layers())).compactMap { layer in
            let sources = all(rule.source.replacing("{layer}", with: "\(layer)"))
            return sources.isEmpty ? nil : (rule.name.replacing("{layer}", with: "\(layer)"), sources)
        }
    }

    /// The shape that a tensor has after its change.
    private static func shape(
        _ entry: SafetensorsEntry, _ change: TensorChange, count: Int, _ folder: HuggingFaceFolder
    ) throws -> [Int] {
        func misfit(_ wants: String) -> CheckpointError {
            .malformed(
                file: folder.path, "the tensor `\(entry.name)` has the shape \(entry.shape); it must have \(wants)")
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
                let other = folder.tensor(named: scales), other.typeName == "U8", other.shape == shape.dropLast()
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
