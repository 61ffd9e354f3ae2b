import TuttiTensors

/// Weights as `torch.save` wrote them before PyTorch 1.6: five pickles, then the numbers of each storage.
///
/// Nothing in the file is run: see ``PickleReader``. Tensors may look into their storages by any strides.
/// - SeeAlso: `_legacy_load` in PyTorch's `torch/serialization.py`.
public final class TorchFile: Sendable {
    public let path: String
    private let tensors: [String: TorchView]
    /// Where each storage's numbers lie in the file.
    private let ranges: [String: Range<Int>]
    private let mapping: MappedFile

    private static let magic: [UInt8] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]
    private static let version = 1001

    /// - Throws: `CheckpointError`.
    public init(path: String) throws {
        let mapping: MappedFile
        do { mapping = try MappedFile(path: path) } catch { throw CheckpointError.unreadable(error) }
        var reader = ByteReader(mapping.bytes, file: path)
        try Self.readHead(&reader)
        let tensors = try Self.tensors(PickleReader.value(&reader), file: path)
        guard case .list(let keys) = try PickleReader.value(&reader) else {
            throw CheckpointError.malformed(file: path, "it does not list its storages")
        }
        var storages: [String: TorchStorage] = [:]
        for view in tensors.values {
            let storage = view.storage
            if let known = storages.updateValue(storage, forKey: storage.key),
                known.count != storage.count || known.element != storage.element
            {
                throw CheckpointError.malformed(file: path, "the storage `\(storage.key)` is of two kinds")
            }
        }
        var ranges: [String: Range<Int>] = [:]
        for key in keys {
            guard case .text(let key) = key, let storage = storages[key] else {
                throw CheckpointError.malformed(file: path, "it has a storage that no tensor looks into")
            }
            let count = try reader.nextCount(of: "numbers of the storage `\(key)`", atLeast: storage.element.byteCount)
            guard count == storage.count, ranges[key] == nil else {
                throw CheckpointError.malformed(
                    file: path, "the storage `\(key)` has \(count) numbers, its tensors ask for \(storage.count)")
            }
            let start = try reader.advance(count * storage.element.byteCount)
            ranges[key] = start..<start + count * storage.element.byteCount
        }
        for (name, view) in tensors { try Self.check(view, name, file: path, isThere: ranges[view.storage.key] != nil) }
        (self.path, self.tensors, self.ranges, self.mapping) = (path, tensors, ranges, mapping)
    }

    public var names: [String] { tensors.keys.sorted() }

    /// The slowest dimension first; nil for a name that is not there.
    public func shape(of name: String) -> [Int]? { tensors[name]?.shape }

    /// A tensor's numbers in float32, row after row, whatever its strides.
    /// - Parameter shape: What it has to be.
    /// - Throws: `CheckpointError.missingTensor`, `.wrongShape` or `.unsupportedType`.
    public func floats(_ name: String, shape: [Int]) throws -> [Float] {
        guard let view = tensors[name], let range = ranges[view.storage.key] else {
            throw CheckpointError.missingTensor(file: path, name: name)
        }
        guard view.shape == shape else {
            throw CheckpointError.wrongShape(file: path, name: name, shape: view.shape, expected: shape)
        }
        let dtype: DType
        switch view.storage.element {
        case .float32: dtype = .f32
        case .float16: dtype = .f16
        case .bfloat16: dtype = .bf16
        case .int64: throw CheckpointError.unsupportedType(file: path, name: name, type: "int64")
        }
        var stored = [Float](repeating: 0, count: view.storage.count)
        unsafe stored.withUnsafeMutableBufferPointer { stored in
            unsafe dtype.dequantize(UnsafeRawBufferPointer(rebasing: mapping.unsafeBytes[range]), into: stored)
        }
        let places = view.places()
        return places.map { stored[$0] }
    }

    // MARK: Pieces of the file

    private static func readHead(_ reader: inout ByteReader) throws {
        let zip: [UInt8] = [0x50, 0x4b, 0x03, 0x04], head = reader.bytes(in: 0..<min(4, reader.byteCount))
        if unsafe head.withUnsafeBytes({ unsafe $0.elementsEqual(zip) }) {
            throw CheckpointError.unsupported(
                file: reader.file,
                "it is PyTorch's newer container, a zip archive: save the weights as safetensors instead")
        }
        guard case .wide(let magic) = try PickleReader.value(&reader), magic == Self.magic else {
            throw CheckpointError.unsupported(file: reader.file, "it is no file of PyTorch")
        }
        guard case .integer(version) = try PickleReader.value(&reader) else {
            throw CheckpointError.unsupported(
                file: reader.file, "version \(version) of PyTorch's old container is read, and this is another")
        }
        guard case .dictionary(let system) = try PickleReader.value(&reader) else {
            throw CheckpointError.malformed(file: reader.file, "it does not say how its numbers are written")
        }
        for (key, value) in system {
            if case .text("little_endian") = key, case .bool(false) = value {
                throw CheckpointError.unsupported(file: reader.file, "its numbers are big-endian")
            }
        }
    }

    /// A dictionary of tensors, such as a model's state; what else it holds is passed over.
    private static func tensors(_ value: PickleValue, file: String) throws -> [String: TorchView] {
        guard case .dictionary(let entries) = value else {
            throw CheckpointError.unsupported(file: file, "it holds no dictionary of tensors")
        }
        var tensors: [String: TorchView] = [:]
        for (key, value) in entries {
            guard case .text(let name) = key, case .tensor(let view) = value else { continue }
            guard tensors.updateValue(view, forKey: name) == nil else {
                throw CheckpointError.malformed(file: file, "two tensors are called `\(name.prefix(200))`")
            }
        }
        return tensors
    }

    /// Whether every number that a tensor looks at is in its storage.
    private static func check(_ view: TorchView, _ name: String, file: String, isThere: Bool) throws {
        func malformed(_ reason: String) -> CheckpointError {
            .malformed(file: file, "the tensor `\(name.prefix(200))` \(reason)")
        }
        guard isThere else { throw malformed("looks into a storage that is not there") }
        if view.shape.contains(0) { return }
        var last = view.offset, count = 1
        for (size, stride) in zip(view.shape, view.strides) {
            let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
            let (place, second) = last.addingReportingOverflow(reach)
            let (product, third) = count.multipliedReportingOverflow(by: size)
            // One number repeated many times would be larger than the file that it comes from.
            guard !overflow, !second, !third, place < view.storage.count, product <= view.storage.count else {
                throw malformed("looks beyond its storage")
            }
            (last, count) = (place, product)
        }
        guard last < view.storage.count else { throw malformed("looks beyond its storage") }
    }
}

extension TorchView {
    /// Where in the storage each number lies, row after row.
    fileprivate func places() -> [Int] {
        if shape.contains(0) { return [] }
        var places = [offset]
        for (size, stride) in zip(shape, strides) {
            places = places.flatMap { start in (0..<size).map { start + $0 * stride } }
        }
        return places
    }
}
