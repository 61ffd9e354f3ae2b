internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Fetches one file of the hub: in ranges over a few connections where the server gives ranges, else in one go.
struct HubTransfer: Sendable {
    let client: HubClient
    let repository: String
    /// The commit, or what stands for it.
    let revision: String
    /// Where the file lies in the repository.
    let path: String
    let byteCount: Int
    let record: RangeRecord
    /// Told how many more bytes came; fewer than none when some are fetched anew.
    let progress: @Sendable (Int) -> Void
    let note: @Sendable (String) -> Void
    /// Where the hub sent us on to, so that not every range has to ask.
    private let direct = Mutexed<URL?>(nil)

    init(
        client: HubClient, repository: String, revision: String, path: String, byteCount: Int, record: RangeRecord,
        progress: @escaping @Sendable (Int) -> Void, note: @escaping @Sendable (String) -> Void
    ) {
        (self.client, self.repository, self.revision, self.path) = (client, repository, revision, path)
        (self.byteCount, self.record, self.progress, self.note) = (byteCount, record, progress, note)
    }

    /// What ends an attempt at the whole file, to begin anew.
    private enum Anew: Error {
        /// The content is not that of before.
        case changed
        /// The server stopped giving ranges.
        case withoutRanges
    }

    private static let mostBeginnings = 3
    private static let writtenAtOnce = 1 << 20

    /// Fetches what is missing.
    /// - Throws: `StoreError`, `CancellationError`.
    func run() async throws {
        var givesRanges = true
        for _ in 0..<Self.mostBeginnings {
            do {
                return try await fetchAll(&givesRanges)
            } catch let anew as Anew {
                if case .withoutRanges = anew { givesRanges = false }
                direct.set(nil)
                progress(-record.doneByteCount)
                try await record.clear()
            }
        }
        throw StoreError.hub(.changing(file: path))
    }

    private func fetchAll(_ givesRanges: inout Bool) async throws {
        let largest = givesRanges ? rangeByteCount : byteCount
        // The first one alone: it tells if there are ranges at all.
        guard let first = record.next(largest: largest) else { return }
        if try await fetch(first, isWhole: !givesRanges) == .whole {
            givesRanges = false
            return
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<max(client.policy.connections, 1) {
                group.addTask {
                    while let range = record.next(largest: largest) { _ = try await fetch(range, isWhole: false) }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Enough ranges to share out, and not so many that asking costs more than fetching.
    private var rangeByteCount: Int {
        client.policy.rangeByteCount ?? min(max(byteCount / 64, 8 << 20), 64 << 20)
    }

    private enum Extent { case range, whole }

    /// Fetches a range to its end, however often the connection breaks; what came is noted even if it fails.
    /// - Returns: Whether the server gave the whole file in place of the range.
    private func fetch(_ range: Range<Int>, isWhole: Bool) async throws -> Extent {
        var extent = isWhole ? Extent.whole : .range, written = range.lowerBound
        do {
            try await client.repeating(note: note) {
                if extent == .whole {
                    progress(range.lowerBound - written)
                    written = 0
                }
                let start = written
                do {
                    try await attempt(extent == .whole ? 0..<byteCount : written..<range.upperBound, &extent, &written)
                } catch var failure as TransferFailure {
                    failure.hasProgressed = written > start
                    direct.set(nil)
                    throw failure
                }
            }
        } catch {
            // Without ranges a part of the file is of no use.
            let isOfUse = extent == .range
            if !isOfUse { progress(range.lowerBound - written) }
            let start = range.lowerBound
            try await record.giveBack(range, written: start..<(isOfUse ? max(written, start) : start))
            throw error
        }
        try await record.giveBack(range, written: extent == .whole ? 0..<byteCount : range)
        return extent
    }

    /// One request. `written` moves on with every piece that is in the file.
    private func attempt(_ wanted: Range<Int>, _ extent: inout Extent, _ written: inout Int) async throws {
        let url = try client.url([repository, "resolve", revision, path])
        let known = direct.get()
        let answer = try await client.get(known ?? url, range: extent == .whole ? nil : wanted)
        switch answer.status {
        case 206:
            try require(ContentRange(answer.headers.first(name: "Content-Range")), wanted, host: answer.host)
        case 200:
            if extent == .range {
                guard wanted.lowerBound == 0 else { throw Anew.withoutRanges }
                extent = .whole
            }
            // Whoever gives the whole says how much that is, or the end of the stream does.
            if let length = answer.headers.first(name: "Content-Length").flatMap({ Int($0) }), length != byteCount {
                throw StoreError.hub(.wrongLength(file: path, expected: byteCount, found: length))
            }
        case 416:
            throw StoreError.hub(
                .wrongLength(
                    file: path, expected: byteCount,
                    found: ContentRange.total(answer.headers.first(name: "Content-Range")) ?? 0))
        case 400..<500 where known != nil && answer.status != 429:
            // Where we were sent has run out: the hub is asked again.
            throw TransferFailure(lasting: .refused(host: answer.host, status: answer.status))
        default:
            throw client.refusal(answer, repository: repository, revision: revision, file: path)
        }
        if answer.url != url { direct.set(answer.url) }
        try requireSameVersion(answer)
        try await read(answer, until: extent == .whole ? byteCount : wanted.upperBound, &written)
    }

    private func requireSameVersion(_ answer: HubClient.Answer) throws {
        let tag = answer.headers.first(name: "ETag").map(HubClient.bareTag)
        if let linked = answer.linkedTag, !record.agrees(linked, of: "hub") { throw Anew.changed }
        if let tag, !record.agrees(tag, of: answer.host) { throw Anew.changed }
    }

    private func require(_ found: ContentRange?, _ wanted: Range<Int>, host: String) throws {
        guard let found else {
            throw StoreError.hub(.badAnswer(host: host, reason: "it does not say which range of \(path) it gives"))
        }
        if let total = found.total, total != byteCount {
            throw StoreError.hub(.wrongLength(file: path, expected: byteCount, found: total))
        }
        guard found.range.lowerBound == wanted.lowerBound, found.range.upperBound <= wanted.upperBound else {
            throw StoreError.hub(
                .badAnswer(
                    host: host,
                    reason: "asked for bytes \(wanted.lowerBound) to \(wanted.upperBound - 1) of \(path), it gives "
                        + "\(found.range.lowerBound) to \(found.range.upperBound - 1)"))
        }
    }

    /// Reads a body into the file; bytes beyond `end` are a lie about the length.
    private func read(_ answer: HubClient.Answer, until end: Int, _ written: inout Int) async throws {
        var pending: [UInt8] = []
        func tooShort(_ detail: String) -> TransferFailure {
            TransferFailure(
                lasting: .interrupted(file: path, received: record.doneByteCount, byteCount: byteCount, detail: detail))
        }
        do {
            for try await piece in answer.body {
                pending += piece.readableBytesView
                guard written + pending.count <= end else {
                    throw StoreError.hub(.wrongLength(file: path, expected: byteCount, found: written + pending.count))
                }
                if pending.count >= Self.writtenAtOnce { try await flush(&pending, &written) }
            }
        } catch let error as StoreError {
            throw error
        } catch {
            if Task.isCancelled || error is CancellationError {
                try await flush(&pending, &written)
                throw CancellationError()
            }
            try await flush(&pending, &written)
            // Broken after the last byte that was wanted: the digest will tell if it is right.
            if written == end { return }
            throw tooShort(TransferFailure.detail(error))
        }
        try await flush(&pending, &written)
        guard written == end else { throw tooShort("it ended too early") }
    }

    private func flush(_ pending: inout [UInt8], _ written: inout Int) async throws {
        guard !pending.isEmpty else { return }
        try await record.write(pending, at: written)
        written += pending.count
        progress(pending.count)
        pending.removeAll(keepingCapacity: true)
    }
}

/// A `Content-Range` header, such as `bytes 0-99/1000`.
package struct ContentRange: Equatable {
    package let range: Range<Int>
    /// The whole file's bytes; nil where the server does not say it (`*`).
    package let total: Int?

    package init?(_ text: String?) {
        guard let match = text?.wholeMatch(of: /bytes (\d{1,18})-(\d{1,18})\/(\d{1,18}|\*)/),
            let first = Int(match.1), let last = Int(match.2), first <= last
        else { return nil }
        (range, total) = (first..<last + 1, Int(match.3))
    }

    /// The total that an answer tells that has no such range, such as `bytes */1000`.
    package static func total(_ text: String?) -> Int? {
        text?.wholeMatch(of: /bytes \*\/(\d{1,18})/).flatMap { Int($0.1) }
    }
}

/// A value that tasks share.
private final class Mutexed<Value: Sendable>: Sendable {
    private let value: Mutex<Value>
    init(_ value: Value) { self.value = Mutex(value) }
    func get() -> Value { value.withLock { $0 } }
    func set(_ new: Value) { value.withLock { $0 = new } }
}
