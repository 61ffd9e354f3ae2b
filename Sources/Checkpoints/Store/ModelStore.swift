public import Foundation

/// The models on this machine, and the way from a name to a file.
///
/// Under `home` lie `models/NAME/…`, complete and checked, each with a receipt; `downloads/NAME`, what an interrupted
/// pull left to go on from; and the user's own `catalog.json`, if there is one. NAME is that of the catalog, or for a
/// model of the hub `hf--OWNER--NAME`, `@REVISION` and `--FILE` after it where they were given. A model appears in
/// `models` at once or not at all, so whatever is there can be used while other processes pull and remove.
public struct ModelStore: Sendable {
    public let home: URL
    public let catalog: Catalog
    /// What child processes get, with `PATH` to `python3` and `unzip`; and what says how to reach the hub.
    let environment: [String: String]
    /// The free bytes at a path, so that tests can fill a disk.
    package var freeByteCount: @Sendable (String) -> Int? = { SystemFile.freeByteCount($0) }
    /// How often and after how long a failed request to the hub is made again, so that tests need not wait.
    package var retries = RetryPolicy()

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
    /// What it is called by: a name of the catalog, `hf:OWNER/NAME…`, or the name of its folder.
    public let name: String
    /// What to open: a GGUF file (of a split model the first part), or a folder as Hugging Face lays it out.
    public let location: URL
    public let byteCount: Int
    /// What the catalog says; nil for a model that no catalog knows.
    public let entry: CatalogEntry?
    /// Where on the hub it came from; nil for one from elsewhere.
    public let origin: HubOrigin?
    /// Its files as they were checked; empty where nobody did.
    let files: [ModelFile]
}

/// Where a model is that the user named.
public enum ModelLocation: Sendable, Equatable {
    /// In the store.
    case stored(StoredModel)
    /// In the catalog, but not pulled yet.
    case known(CatalogEntry)
    /// A file, or a folder of safetensors, outside the store.
    case file(URL)
}

extension ModelStore {
    /// The models in the store, by name.
    public func list() -> [StoredModel] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: models.path)) ?? []
        return names.sorted().compactMap { $0.hasPrefix(".") ? nil : stored($0) }
    }

    /// The file or folder of a model of the catalog, or of one pulled from the hub.
    /// - Throws: `StoreError.notPulled` or `.unknownModel`.
    public func path(of name: String) throws -> URL {
        if let reference = try hubReference(name) { return try storedFromHub(reference).location }
        if let model = stored(name) { return model.location }
        throw catalog[name] == nil ? unknown(name) : StoreError.notPulled(name)
    }

    /// What a `MODEL` argument stands for: a name of the catalog, `hf:OWNER/NAME[:FILE]`, a `.gguf` file, or a folder
    /// with one or with a `config.json` and safetensors.
    /// - Returns: A GGUF file, or the folder.
    /// - Throws: `StoreError`, of which `isModelNotFound` is true.
    public func resolve(_ argument: String) throws -> URL {
        switch try locate(argument) {
        case .stored(let model): return model.location
        case .known(let entry): throw StoreError.notPulled(entry.name)
        case .file(let file): return file
        }
    }

    /// As `resolve`, but tells a model that is yet to be pulled from one that nobody knows.
    public func locate(_ argument: String) throws -> ModelLocation {
        if Self.isOfHub(argument) { return .stored(try storedFromHub(HubReference(argument))) }
        let name = argument.lowercased()
        if let entry = catalog[name], let reference = entry.reference {
            return (try? storedFromHub(HubReference(reference))).map { .stored($0) } ?? .known(entry)
        }
        if !argument.contains("/") {
            if let model = stored(name) { return .stored(model) }
            if let entry = catalog[name] { return .known(entry) }
        }
        let path = argument.hasPrefix("~/") ? NSString(string: argument).expandingTildeInPath : argument
        if FileManager.default.fileExists(atPath: path) { return .file(try ModelFolder.model(at: path)) }
        let looksLikePath =
            argument.contains("/") || name.hasSuffix(".gguf") || name.hasSuffix(".safetensors") || argument.isEmpty
        throw looksLikePath ? StoreError.noSuchPath(argument) : unknown(argument)
    }

    /// Takes a model, and whatever an interrupted pull of it left, off the disk. Programs that use it keep their copy.
    /// - Throws: `StoreError.busy` while another process pulls it; `.notPulled` or `.unknownModel` if it is not there.
    public func remove(_ name: String) throws {
        let folderName = try hubReference(name).map { try self.folderName(of: $0) } ?? name
        let folders = [folder(of: folderName), Staging(folderName, in: downloads).folder]
        guard isPlain(folderName), folders.contains(where: { SystemFile.exists($0.path) }) else {
            throw catalog[name] == nil && !Self.isOfHub(name) ? unknown(name) : StoreError.notPulled(name)
        }
        try makeFolder(downloads)
        guard let lock = try StoreLock.ifFree(lockPath(of: folderName)) else { throw StoreError.busy(name) }
        for folder in folders where SystemFile.exists(folder.path) { try discard(folder) }
        _ = consume lock
    }

    /// Takes a folder away. Moved first: nobody finds a model of which half is gone.
    func discard(_ folder: URL) throws {
        let trash = downloads.appending(path: ".trash-\(UUID().uuidString)")
        try SystemFile.rename(folder.path, to: trash.path)
        try? FileManager.default.removeItem(at: trash)
    }

    /// The model in the folder `name` of the store if it is complete.
    func stored(_ name: String) -> StoredModel? {
        guard isPlain(name), SystemFile.isFolder(folder(of: name).path) else { return nil }
        let folder = folder(of: name), receipt = Receipt(in: folder)
        func model(_ name: String, _ files: [ModelFile], _ entry: CatalogEntry?) -> StoredModel? {
            guard files.areComplete(in: folder) else { return nil }
            return StoredModel(
                name: name, location: files.location(in: folder), byteCount: files.reduce(0) { $0 + $1.byteCount },
                entry: entry, origin: receipt?.origin, files: files)
        }
        if let entry = catalog[name], entry.reference == nil {
            // A receipt of other files is that of another catalog.
            guard receipt?.files ?? entry.files == entry.files else { return nil }
            return model(name, entry.files, entry)
        }
        if let receipt, let origin = receipt.origin {
            // What the receipt says must be what is called so.
            guard origin.reference.folderName == name, !receipt.files.isEmpty else { return nil }
            let entry = catalog.entries.first { entry in
                entry.reference.flatMap { try? HubReference($0) }?.means(origin.reference) ?? false
            }
            return model(entry?.name ?? origin.reference.description, receipt.files, entry)
        }
        guard let location = try? ModelFolder.model(at: folder.path) else { return nil }
        return StoredModel(
            name: name, location: location, byteCount: ModelFolder.byteCount(at: location), entry: nil, origin: nil,
            files: [])
    }

    /// What a name means on the hub: `hf:…` itself, or a name of the catalog that stands for one; nil for others.
    func hubReference(_ name: String) throws -> HubReference? {
        if Self.isOfHub(name) { return try HubReference(name) }
        return try catalog[name]?.reference.map { try HubReference($0) }
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
