internal import Foundation
internal import Synchronization

/// Fetches files of one repository into a staging folder and checks each against the hub's, or the catalog's, digest.
struct HubPull {
    let store: ModelStore
    let client: HubClient
    let repository: String
    /// The commit, or the revision where the digests come from elsewhere.
    let revision: String
    let files: [HubPlan.File]
    let staging: Staging
    let report: @Sendable (PullEvent) -> Void

    /// Fetches what is not whole yet.
    /// - Returns: The files as they are now known: with the SHA-256 of each.
    /// - Throws: `StoreError`, `CancellationError`. What was fetched until then is kept, unless it is wrong.
    func run() async throws -> [ModelFile] {
        let missing = files.indices.filter { !isWhole($0) }
        var records: [Int: RangeRecord] = [:]
        for number in missing { records[number] = try record(of: number) }
        let done = records.values.reduce(0) { $0 + $1.doneByteCount }
        try store.requireRoom(missing.reduce(0) { $0 + files[$1].byteCount } - done)
        let total = files.reduce(0) { $0 + $1.byteCount }
        let reporter = PullReporter(bytesTotal: total, report), report = report
        let count = Count(total - missing.reduce(0) { $0 + files[$1].byteCount } + done)
        reporter.update(count.add(0))
        var result: [ModelFile] = []
        for number in files.indices {
            guard let record = records.removeValue(forKey: number) else {
                result.append(known(number))
                continue
            }
            let file = files[number]
            let transfer = HubTransfer(
                client: client, repository: repository, revision: revision, path: file.path,
                byteCount: file.byteCount, record: record, progress: { reporter.update(count.add($0)) },
                note: { report(.note($0)) })
            do {
                try await transfer.run()
                result.append(try await check(number, reportsIt: file.byteCount >= Self.noticeableByteCount))
            } catch let error as StoreError {
                if error.isOfContent { discard(number) }
                throw error
            }
        }
        return result
    }

    /// Checking less takes no time that anybody sees.
    private static let noticeableByteCount = 64 << 20

    private func record(of number: Int) throws -> RangeRecord {
        try RangeRecord(
            file: staging.fetched(number).path, record: staging.ranges(number),
            identity: "\(files[number].digest.text) \(repository) \(files[number].path)",
            byteCount: files[number].byteCount)
    }

    /// Small files are known by another digest, so they are fetched again where a killed pull left them.
    private func isWhole(_ number: Int) -> Bool {
        guard case .sha256(let digest) = files[number].digest else { return false }
        return staging.hasWhole(number, digest, byteCount: files[number].byteCount)
    }

    private func known(_ number: Int) -> ModelFile {
        ModelFile(file: files[number].place, byteCount: files[number].byteCount, sha256: files[number].digest.text)
    }

    /// Compares the digest of a fetched file and puts it among the whole ones.
    private func check(_ number: Int, reportsIt: Bool) async throws -> ModelFile {
        let file = files[number], fetched = staging.fetched(number)
        if reportsIt { report(.verifying) }
        let digests = try await Hashing.digests(fetched.path)
        let found =
            switch file.digest {
            case .sha256: digests.sha256
            case .gitBlob: digests.gitBlob
            }
        guard found == file.digest.text else {
            throw StoreError.hub(.wrongDigest(file: file.path, expected: file.digest.text, found: found))
        }
        try SystemFile.rename(fetched.path, to: staging.whole(number, digests.sha256).path)
        try? FileManager.default.removeItem(at: staging.ranges(number))
        return ModelFile(file: file.place, byteCount: file.byteCount, sha256: digests.sha256)
    }

    private func discard(_ number: Int) {
        try? FileManager.default.removeItem(at: staging.fetched(number))
        try? FileManager.default.removeItem(at: staging.ranges(number))
    }
}

/// The bytes that are here, counted by several connections.
private final class Count: Sendable {
    private let bytes: Atomic<Int>
    init(_ bytes: Int) { self.bytes = Atomic(bytes) }
    func add(_ more: Int) -> Int { bytes.add(more, ordering: .relaxed).newValue }
}

extension StoreError {
    /// Whether what came is wrong, so that going on from it would be too.
    fileprivate var isOfContent: Bool {
        switch self {
        case .hub(.wrongDigest), .hub(.wrongLength), .hub(.changing): true
        default: false
        }
    }
}
