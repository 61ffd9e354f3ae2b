/// How one model is spread over several files, from `split.*` metadata and the file's name.
///
/// - SeeAlso: the GGUF specification, "Sharded models"; keys `split.count`, `split.no` (from 0), `split.tensors.count`.
struct Split {
    /// How many parts there are, at least 2.
    let count: Int
    /// Which part this is, from 0.
    let number: Int
    private let tensorCount: Int?
    /// What every part's path begins with, before `-00001-of-00003.gguf`.
    private let prefix: String
    private let file: String

    /// Nil for a model of one file.
    init?(_ metadata: Metadata, path: String) throws(CheckpointError) {
        guard let count = metadata.integer("split.count"), count > 1 else { return nil }
        guard let number = metadata.integer("split.no"), (0..<count).contains(number), count <= 99_999 else {
            throw .malformed(file: path, "it says that it is a part of \(count), but not which one")
        }
        let ending = Self.ending(number, of: count)
        guard path.hasSuffix(ending) else {
            throw .split(
                file: path,
                "as part \(number + 1) of \(count) its name must end in `\(ending)`, or the others are not found"
            )
        }
        (self.count, self.number, file) = (count, number, path)
        tensorCount = metadata.integer("split.tensors.count")
        prefix = String(path.dropLast(ending.count))
    }

    func path(_ number: Int) -> String { prefix + Self.ending(number, of: count) }

    private static func ending(_ number: Int, of count: Int) -> String {
        func padded(_ n: Int) -> String { String(repeating: "0", count: max(0, 5 - "\(n)".count)) + "\(n)" }
        return "-\(padded(number + 1))-of-\(padded(count)).gguf"
    }

    /// Refuses part `number` if what it says is not the same as what the first part says.
    func requireSameModel(_ first: GGUFHeader, _ other: GGUFHeader, number: Int) throws(CheckpointError) {
        for (key, value) in other.metadata.values where key != "split.no" {
            // Parts after the first may leave out what describes the model, but must not say otherwise.
            guard let ours = first.metadata[key], ours != value else { continue }
            throw .split(file: path(number), "its `\(key)` is not that of \(path(0)), so they are of different models")
        }
        guard other.metadata.integer("split.count") == count, other.metadata.integer("split.no") == number else {
            throw .split(file: path(number), "it does not say that it is part \(number + 1) of \(count)")
        }
    }

    func requireAll(_ found: Int) throws(CheckpointError) {
        guard let tensorCount, tensorCount != found else { return }
        throw .split(file: file, "its parts hold \(found) tensors together, but should hold \(tensorCount)")
    }
}
