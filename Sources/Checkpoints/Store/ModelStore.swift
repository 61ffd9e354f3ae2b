public import Foundation

/// The models on this machine, and the way from a name to a file.
///
/// Under `home` lie `models/NAME/FILE`, complete and checked; `downloads/NAME`, what an interrupted pull left to go on
/// from; and the user's own `catalog.json`, if there is one. A model appears in `models` at once or not at all, so
/// whatever is there can be used while other processes pull and remove.
public struct ModelStore: Sendable {
    public let home: URL
    public let catalog: Catalog
    /// What child processes get; `PATH` says where `python3` and `unzip` are.
    let environment: [String: String]
    /// The free bytes at a path, so that tests can fill a disk.
    package var freeByteCount: @Sendable (String) -> Int? = { SystemFile.freeByteCount($0) }

    /// The store of this user: `TUTTI_HOME`, or the platform's folder for data.
    /// - Throws: `StoreError.badCatalog` if the user's own catalog cannot be read.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        try self.init(home: Self.defaultHome(environment), environment: environment)
    }

    public init(home: URL, environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        // Absolute, because programs that a pull starts run in folders of their own.
        self.home = home.absoluteURL.standardizedFileURL
        self.environment = environment
        let own = self.home.appending(path: "catalog.json")
        if FileManager.default.fileExists(atPath: own.path) {
            guard let json = try? Data(contentsOf: own) else {
                throw StoreError.badCatalog(file: own.path, reason: "it cannot be read")
            }
            catalog = try Catalog.builtIn.extended(by: json, file: own.path)
        } else {
            catalog = .builtIn
        }
    }

    /// `TUTTI_HOME`; else `~/Library/Application Support/tutti` on macOS, `$XDG_DATA_HOME/tutti` or
    /// `~/.local/share/tutti` elsewhere.
    public static func defaultHome(_ environment: [String: String]) -> URL {
        if let home = environment["TUTTI_HOME"], !home.isEmpty { return URL(filePath: home) }
        let user =
            environment["HOME"].map { URL(filePath: $0) } ?? FileManager.default.homeDirectoryForCurrentUser
        #if os(macOS)
            return user.appending(path: "Library/Application Support/tutti")
        #else
            // The XDG specification says to ignore a relative path.
            if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") {
                return URL(filePath: data).appending(path: "tutti")
            }
            return user.appending(path: ".local/share/tutti")
        #endif
    }

    var models: URL { home.appending(path: "models") }
    var downloads: URL { home.appending(path: "downloads") }
    func folder(of name: String) -> URL { models.appending(path: name) }
    func lockPath(of name: String) -> String { downloads.appending(path: "\(name).lock").path }
}

/// A model that is on this machine.
public struct StoredModel: Sendable, Equatable {
    public let name: String
    /// The model's file, or the first part of a split one.
    public let file: URL
    public let byteCount: Int
    /// What the catalog says; nil for a model that no catalog knows.
    public let entry: CatalogEntry?
}

/// Where a model is that the user named.
public enum ModelLocation: Sendable, Equatable {
    /// In the store.
    case stored(StoredModel)
    /// In the catalog, but not pulled yet.
    case known(CatalogEntry)
    /// A file outside the store.
    case file(URL)
}

extension ModelStore {
    /// The models in the store, by name.
    public func list() -> [StoredModel] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: models.path)) ?? []
        return names.sorted().compactMap { $0.hasPrefix(".") ? nil : stored($0) }
    }

    /// The file of a model of the catalog.
    /// - Throws: `StoreError.notPulled` or `.unknownModel`.
    public func path(of name: String) throws -> URL {
        if let model = stored(name) { return model.file }
        throw catalog[name] == nil ? unknown(name) : StoreError.notPulled(name)
    }

    /// The file that a `MODEL` argument stands for: a name of the catalog, a `.gguf`, or a folder with one in it.
    /// - Throws: `StoreError`, of which `isModelNotFound` is true.
    public func resolve(_ argument: String) throws -> URL {
        switch try locate(argument) {
        case .stored(let model): return model.file
        case .known(let entry): throw StoreError.notPulled(entry.name)
        case .file(let file): return file
        }
    }

    /// As `resolve`, but tells a model that is yet to be pulled from one that nobody knows.
    public func locate(_ argument: String) throws -> ModelLocation {
        if argument.hasPrefix("hf:") { throw StoreError.notOffered("models of the hub (`\(argument)`)") }
        let name = argument.lowercased()
        if !argument.contains("/") {
            if let model = stored(name) { return .stored(model) }
            if let entry = catalog[name] { return .known(entry) }
        }
        let path = argument.hasPrefix("~/") ? NSString(string: argument).expandingTildeInPath : argument
        if FileManager.default.fileExists(atPath: path) {
            return .file(SystemFile.isFolder(path) ? try model(in: path) : URL(filePath: path))
        }
        let looksLikePath = argument.contains("/") || name.hasSuffix(".gguf") || argument.isEmpty
        throw looksLikePath ? StoreError.noSuchPath(argument) : unknown(argument)
    }

    /// Takes a model, and whatever an interrupted pull of it left, off the disk. Programs that use it keep their copy.
    /// - Throws: `StoreError.busy` while another process pulls it; `.notPulled` or `.unknownModel` if it is not there.
    public func remove(_ name: String) throws {
        let folders = [folder(of: name), Staging(name, in: downloads).folder]
        guard isPlain(name), folders.contains(where: { FileManager.default.fileExists(atPath: $0.path) }) else {
            throw catalog[name] == nil ? unknown(name) : StoreError.notPulled(name)
        }
        try makeFolder(downloads)
        guard let lock = try StoreLock.ifFree(lockPath(of: name)) else { throw StoreError.busy(name) }
        for folder in folders where FileManager.default.fileExists(atPath: folder.path) {
            // Moved first: nobody finds a model of which half is gone.
            let trash = downloads.appending(path: ".trash-\(UUID().uuidString)")
            try SystemFile.rename(folder.path, to: trash.path)
            try? FileManager.default.removeItem(at: trash)
        }
        _ = consume lock
    }

    /// The model `name` if it is complete.
    func stored(_ name: String) -> StoredModel? {
        guard isPlain(name) else { return nil }
        let entry = catalog[name]
        if let entry {
            let file = folder(of: name).appending(path: entry.file)
            let receipt = Receipt(in: folder(of: name))
            guard SystemFile.byteCount(file.path) == entry.byteCount, receipt?.sha256 ?? entry.sha256 == entry.sha256
            else { return nil }
            return StoredModel(name: name, file: file, byteCount: entry.byteCount, entry: entry)
        }
        guard let file = try? model(in: folder(of: name).path), let byteCount = SystemFile.byteCount(file.path) else {
            return nil
        }
        return StoredModel(name: name, file: file, byteCount: byteCount, entry: nil)
    }

    /// The one GGUF model in a folder; of a split one, its first part.
    private func model(in folder: String) throws -> URL {
        let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.lowercased().hasSuffix(".gguf") }.sorted()
        let starts = files.filter { $0.firstMatch(of: /-\d{5}-of-\d{5}\.gguf$/) == nil || $0.contains("-00001-of-") }
        guard starts.count == 1 else { throw StoreError.unusableFolder(folder, files: starts) }
        return URL(filePath: folder).appending(path: starts[0])
    }

    /// Whether a name can be a folder of the store and nothing outside it.
    private func isPlain(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && !name.contains("/") && !name.contains("\0")
    }

    func unknown(_ name: String) -> StoreError {
        let known = catalog.entries.map(\.name)
        return .unknownModel(name, known: known, nearest: nearestName(to: name, among: known))
    }

    func makeFolder(_ folder: URL) throws {
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch let error as CocoaError {
            let code =
                (error.underlying as? POSIXError)?.code ?? (error.code == .fileWriteOutOfSpace ? .ENOSPC : .EACCES)
            throw code == .ENOSPC
                ? StoreError.diskFull(path: folder.path, needs: nil, free: nil)
                : .failed(action: "create the folder", path: folder.path, code: code.rawValue)
        }
    }
}

/// What stands beside a model's file: what it is and that it was checked.
struct Receipt: Codable {
    let name: String, file: String, sha256: String, byteCount: Int

    static let fileName = "receipt.json"

    init(_ entry: CatalogEntry) {
        (name, file, sha256, byteCount) = (entry.name, entry.file, entry.sha256, entry.byteCount)
    }

    init?(in folder: URL) {
        guard let json = try? Data(contentsOf: folder.appending(path: Self.fileName)),
            let receipt = try? JSONDecoder().decode(Receipt.self, from: json)
        else { return nil }
        self = receipt
    }
}
