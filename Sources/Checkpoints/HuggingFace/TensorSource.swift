import TuttiTensors

/// Where a translation finds its tensors: a Hugging Face folder, or a GGUF file.
protocol TensorSource: AnyObject, Sendable {
    var path: String { get }
    var paths: [String] { get }
    var byteCount: Int { get }

    /// What the source itself calls the tensor that a rule calls `name`.
    func ownName(_ name: String) -> String

    /// The tensor of which `name` is the source's own; nil where there is none.
    func stored(_ name: String) -> StoredTensor?

    func contents(of name: String) throws -> TensorContents

    /// Gives back the memory of a tensor's pages; its bytes stay readable.
    func release(_ name: String)
}

/// A tensor as its source has it.
struct StoredTensor {
    let name: String
    /// The slowest dimension first.
    let shape: [Int]
    let dtype: DType?
    let typeName: String
}

extension HuggingFaceFolder: TensorSource {
    func ownName(_ name: String) -> String { decoderName(name) }

    func stored(_ name: String) -> StoredTensor? {
        tensor(named: name).map {
            StoredTensor(name: $0.name, shape: $0.shape, dtype: $0.dtype, typeName: $0.typeName)
        }
    }
}

extension GGUFFile: TensorSource {
    func ownName(_ name: String) -> String { name }

    func stored(_ name: String) -> StoredTensor? {
        tensor(named: name).map {
            StoredTensor(name: $0.name, shape: $0.shape, dtype: $0.dtype, typeName: $0.typeName)
        }
    }

    func contents(of name: String) throws -> TensorContents {
        guard let entry = tensor(named: name) else { throw CheckpointError.missingTensor(file: path, name: name) }
        return try contents(of: entry)
    }

    func release(_ name: String) {
        if let entry = tensor(named: name) { release(entry) }
    }
}
