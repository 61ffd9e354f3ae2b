internal import Foundation
internal import NIOCore
internal import NIOHTTP1

/// How the hub would be reached from here.
public struct HubCheck: Sendable, Equatable {
    /// The hub's address, or that of its mirror.
    public let endpoint: String
    /// The variable or file that a token was found in; nil where there is none.
    public let tokenOrigin: String?
    /// The variable that forbids the network; nil if none does.
    public let offlineVariable: String?
    /// The proxy that stands between, as `HOST:PORT`; nil for none.
    public let proxy: String?
}

extension ModelStore {
    /// How the environment says to reach the hub.
    /// - Throws: `StoreError.hub` with the variable that cannot be used.
    public func checkHub() throws -> HubCheck {
        let settings = try HubSettings(environment)
        let proxy = URL(string: settings.endpoint).flatMap { settings.proxies.proxy(for: $0) }
        return HubCheck(
            endpoint: settings.endpoint, tokenOrigin: settings.tokenOrigin, offlineVariable: settings.offlineVariable,
            proxy: proxy.map { "\($0.host):\($0.port)" })
    }

    /// Whether a name is of the form `hf:…`.
    static func isOfHub(_ name: String) -> Bool { name.lowercased().hasPrefix(HubReference.prefix) }

    /// The pulled model that a reference means. Without a file, and where several of the repository are here, it is the
    /// one that a pull would choose.
    /// - Throws: `StoreError.notPulled`; `HubError.unclear` where none of several is the obvious one.
    func storedFromHub(_ reference: HubReference) throws -> StoredModel {
        let models = list().filter { model in model.origin.map { reference.means($0.reference) } ?? false }
        if models.count == 1 { return models[0] }
        if reference.selection == nil {
            for wanted in QuantizationName.preferred {
                if let model = models.first(where: { $0.origin?.selection == wanted }) { return model }
            }
        } else if let model = named(reference) {
            return model
        }
        guard models.isEmpty else {
            throw StoreError.hub(
                .unclear(
                    HubReference(repository: reference.repository, revision: reference.revision).description,
                    asked: reference.selection, choices: models.compactMap(\.origin?.selection)))
        }
        throw StoreError.notPulled(reference.description)
    }

    /// The pulled model of a repository that has a file of the name that the reference gives.
    private func named(_ reference: HubReference) -> StoredModel? {
        guard let asked = reference.selection?.lowercased() else { return nil }
        let whole = HubReference(repository: reference.repository, revision: reference.revision)
        let models = list().filter { model in model.origin.map { whole.means($0.reference) } ?? false }
        func only(_ isMeant: (String) -> Bool) -> StoredModel? {
            let found = models.filter { model in
                model.files.contains { !ProjectorFile.isOne($0.file) && isMeant($0.file.lowercased()) }
            }
            return found.count == 1 ? found[0] : nil
        }
        // As a pull chooses: the file's name, else a part of it.
        return only { $0 == asked || $0 == asked + ".gguf" || $0 == asked.split(separator: "/").last ?? "" }
            ?? only { $0.contains(asked) }
    }

    /// The folder of a pulled model, or of one whose pull was interrupted.
    func folderName(of reference: HubReference) throws -> String {
        do {
            return try storedFromHub(reference).origin?.reference.folderName ?? reference.folderName
        } catch StoreError.notPulled {
            let partial = ((try? FileManager.default.contentsOfDirectory(atPath: downloads.path)) ?? [])
                .filter {
                    HubPlan(in: downloads.appending(path: $0)).map { reference.means($0.origin.reference) } ?? false
                }
            return partial.count == 1 ? partial[0] : reference.folderName
        }
    }

    /// Brings a model of the hub into the store.
    func pull(_ reference: HubReference, _ report: @escaping @Sendable (PullEvent) -> Void) async throws -> URL {
        // Which of a repository's models is best may only be known after asking; what is named is here or not.
        if reference.selection != nil, let model = try? storedFromHub(reference) { return model.location }
        let settings = try HubSettings(environment)
        if let variable = settings.offlineVariable {
            if let model = try? storedFromHub(reference) { return model.location }
            throw StoreError.hub(
                .offline(reference.description, variable: variable, missing: missing(of: reference)))
        }
        return try await HubClient.with(settings, retries) { client in
            let plan = try await plan(reference, client, report)
            return try await fill(plan.origin.reference.folderName, report) { staging in
                try Staging.write(plan, to: staging.folder.appending(path: HubPlan.fileName))
                let files = try await HubPull(
                    store: self, client: client, repository: plan.origin.repository, revision: plan.origin.commit,
                    files: plan.files, staging: staging, report: report
                ).run()
                return Receipt(name: plan.origin.reference.description, files: files, origin: plan.origin)
            }
        }
    }

    /// Fetches the files of a model of the catalog from a repository that is said to have them.
    func fetch(
        _ entry: CatalogEntry, from source: HubSource, _ staging: Staging,
        _ report: @escaping @Sendable (PullEvent) -> Void
    ) async throws {
        let settings = try HubSettings(environment)
        if let variable = settings.offlineVariable {
            let missing = entry.files.indices.filter {
                !staging.hasWhole($0, entry.files[$0].sha256, byteCount: entry.files[$0].byteCount)
            }
            throw StoreError.hub(
                .offline(entry.name, variable: variable, missing: missing.map { entry.files[$0].file }))
        }
        let files = entry.files.map {
            HubPlan.File(path: $0.file, place: $0.file, byteCount: $0.byteCount, digest: .sha256($0.sha256))
        }
        _ = try await HubClient.with(settings, retries) { client in
            try await HubPull(
                store: self, client: client, repository: source.repository, revision: source.revision, files: files,
                staging: staging, report: report
            ).run()
        }
    }

    /// What of a model an interrupted pull did not bring; its repository's list where that is not known either.
    private func missing(of reference: HubReference) -> [String] {
        guard let name = try? folderName(of: reference), let plan = HubPlan(in: downloads.appending(path: name)) else {
            return ["everything, the list of its files too"]
        }
        let staging = Staging(name, in: downloads)
        return plan.files.enumerated().compactMap { number, file in
            if case .sha256(let digest) = file.digest,
                staging.hasWhole(number, digest, byteCount: file.byteCount)
            {
                return nil
            }
            return file.path
        }
    }

    // MARK: What to fetch

    /// Asks the hub what a repository holds, and chooses.
    private func plan(
        _ reference: HubReference, _ client: HubClient, _ report: @escaping @Sendable (PullEvent) -> Void
    ) async throws -> HubPlan {
        let listing = try await listing(reference, client, report)
        let choice = try HubChoice(listing, selection: reference.selection)
        if reference.selection == nil, let selection = choice.selection, !choice.others.isEmpty {
            let others = choice.others.count
            report(
                .note(
                    "taking \(selection) of \(others + 1) models; \(HubReference.prefix)\(listing.repository):NAME is another"
                ))
        }
        for file in choice.files where ProjectorFile.isOne(file.name) {
            report(.note("taking \(file.name) too, with which it sees"))
        }
        var files: [HubPlan.File] = []
        for file in choice.files { files.append(try await measured(file, choice, listing, client, report)) }
        if let reason = SafePath.conflict(among: files.map(\.place)) {
            throw StoreError.hub(.noModel(HubReference.prefix + listing.repository, reason: reason))
        }
        let origin = HubOrigin(
            repository: listing.repository, revision: reference.revision, selection: choice.selection,
            commit: listing.commit)
        return HubPlan(origin: origin, files: files)
    }

    private func listing(
        _ reference: HubReference, _ client: HubClient, _ report: @escaping @Sendable (PullEvent) -> Void
    ) async throws -> HubListing {
        // A slash in a branch's name is escaped there, unlike in a path.
        let revision = reference.revision.replacing("/", with: "%2F")
        let base = try client.url(["api", "models", reference.repository, "revision"]).absoluteString
        guard let url = URL(string: "\(base)/\(revision)?blobs=true") else {
            throw StoreError.hub(.badReference(reference.description, reason: "`\(reference.revision)` is no revision"))
        }
        return try await client.repeating(note: { report(.note($0)) }) {
            let answer = try await client.get(url)
            guard answer.status == 200 else {
                throw client.refusal(
                    answer, repository: reference.repository, revision: reference.revision, file: nil)
            }
            let json: Data
            do {
                json = Data(try await answer.body.collect(upTo: HubListing.largestByteCount).readableBytesView)
            } catch is NIOTooManyBytesError {
                throw StoreError.hub(
                    .badAnswer(
                        host: answer.host,
                        reason: "its list of files is longer than \(ByteText(HubListing.largestByteCount))"))
            } catch {
                throw try TransferFailure.connection(error, host: answer.host)
            }
            return try HubListing(json, asked: reference.repository, host: answer.host)
        }
    }

    /// A file of the plan; the file's own server is asked for what the list does not tell.
    private func measured(
        _ file: HubFile, _ choice: HubChoice, _ listing: HubListing, _ client: HubClient,
        _ report: @escaping @Sendable (PullEvent) -> Void
    ) async throws -> HubPlan.File {
        if let byteCount = file.byteCount, let digest = file.digest {
            return HubPlan.File(path: file.path, place: choice.place(of: file), byteCount: byteCount, digest: digest)
        }
        let url = try client.url([listing.repository, "resolve", listing.commit, file.path])
        let (found, tag) = try await client.repeating(note: { report(.note($0)) }) {
            let answer = try await client.get(url, range: 0..<1)
            guard answer.status == 200 || answer.status == 206 else {
                throw client.refusal(
                    answer, repository: listing.repository, revision: listing.commit, file: file.path)
            }
            let length = answer.headers.first(name: "Content-Length").flatMap { Int($0) }
            let range = ContentRange(answer.headers.first(name: "Content-Range"))
            return (answer.status == 206 ? range?.total : length, answer.linkedTag)
        }
        guard let digest = file.digest ?? tag.flatMap(HubDigest.init) else {
            throw StoreError.hub(.noDigest(file: file.path))
        }
        guard let byteCount = file.byteCount ?? found, CatalogChecks.isByteCount(byteCount) else {
            throw StoreError.hub(.badAnswer(host: url.host() ?? "", reason: "it does not say how long \(file.path) is"))
        }
        return HubPlan.File(path: file.path, place: choice.place(of: file), byteCount: byteCount, digest: digest)
    }
}
