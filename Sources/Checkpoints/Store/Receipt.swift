internal import Foundation

/// What stands beside a model's files: what it is, where it came from, and that every file was checked.
struct Receipt: Codable {
    let name: String
    let files: [ModelFile]
    /// Where a model of the hub came from; nil for one of the catalog.
    let origin: HubOrigin?

    static let fileName = "receipt.json"

    init(name: String, files: [ModelFile], origin: HubOrigin? = nil) {
        (self.name, self.files, self.origin) = (name, files, origin)
    }

    /// The receipt in a folder; nil if there is none that can be read.
    init?(in folder: URL) {
        let file = folder.appending(path: Self.fileName)
        guard let byteCount = SystemFile.byteCount(file.path), byteCount <= 1 << 24,
            let json = try? Data(contentsOf: file), let receipt = try? JSONDecoder().decode(Receipt.self, from: json)
        else { return nil }
        self = receipt
    }
}

/// Where on the hub a model came from.
public struct HubOrigin: Sendable, Equatable, Codable {
    /// `OWNER/NAME`, as the hub writes it.
    public let repository: String
    /// The branch, tag or commit that was asked for.
    public let revision: String
    /// Which of the repository's models it is; nil where the repository is one model.
    public let selection: String?
    /// The commit that the revision stood for when it was pulled.
    public let commit: String

    var reference: HubReference {
        HubReference(repository: repository, revision: revision, selection: selection)
    }
}

extension [ModelFile] {
    /// What a program opens to use a model of these files: a GGUF file, of a split one the first part; the only file;
    /// or the folder that all of them lie in.
    func location(in folder: URL) -> URL {
        let ggufs = map(\.file).filter { $0.lowercased().hasSuffix(".gguf") && !ProjectorFile.isOne($0) }.sorted()
        if let first = ggufs.first ?? (count == 1 ? self[0].file : nil) { return folder.appending(path: first) }
        return folder
    }

    /// Whether files of these names and sizes lie in a folder.
    func areComplete(in folder: URL) -> Bool {
        allSatisfy { SystemFile.byteCount(folder.appending(path: $0.file).path) == $0.byteCount }
    }
}
