/// A GGUF model together with the projector that it sees through: its own tensors, and both files.
///
/// Safe to share between threads.
public final class SeeingGGUF: Checkpoint {
    public let model: GGUFFile
    public let projector: GGUFFile
    /// What the model says of itself, and what its decoder has to know of how it sees.
    public let metadata: Metadata

    /// - Parameter more: What the projector adds to what the model says; what that says itself stays.
    public init(_ model: GGUFFile, _ projector: GGUFFile, more: [String: MetadataValue]) {
        (self.model, self.projector) = (model, projector)
        metadata = Metadata(model.metadata.values.merging(more) { own, _ in own })
    }

    public var path: String { model.path }
    public var paths: [String] { model.paths + projector.paths }
    public var byteCount: Int { model.byteCount + projector.byteCount }
    public var tensors: [TensorEntry] { model.tensors }

    public func tensor(named name: String) -> TensorEntry? { model.tensor(named: name) }
    public func contents(of entry: TensorEntry) throws -> TensorContents { try model.contents(of: entry) }
    public func release(_ entry: TensorEntry) { model.release(entry) }
}
