import Foundation
import Logging
import Synchronization

/// Says whose a key is, without a look at the database for each request.
final class KeyRing: Sendable {
    /// What came of looking for a key.
    enum Finding: Sendable, Equatable {
        case valid(KeyRecord)
        case expired
        case unknown
    }

    private struct State {
        var records: [String: KeyRecord] = [:]
        var read: ContinuousClock.Instant?
        /// A server that once asked for keys goes on to, also when the last one is revoked.
        var demandsKey: Bool
        var lastNoted: [String: Date] = [:]
    }

    private let store: KeyStore
    private let logger: Logger
    private let ownHash: [UInt8]?
    private let ownRecord: KeyRecord?
    private let state: Mutex<State>
    /// How long a revoked key may go on to work.
    private static let freshness = Duration.seconds(1)

    /// - Parameter ownKey: The key of the settings, which may do everything.
    init(_ store: KeyStore, ownKey: String?, logger: Logger) {
        self.store = store
        self.logger = logger
        ownHash = ownKey.map(KeySecret.hash)
        ownRecord = ownHash.map {
            KeyRecord(
                id: "environment", name: "TUTTI_API_KEY", hash: $0, scopes: [.all], project: .standard, created: .now,
                expires: nil)
        }
        state = Mutex(State(demandsKey: ownKey != nil))
    }

    /// Whether requests need a key: once there is one, for as long as the server runs.
    var demandsKey: Bool {
        refresh()
        return state.withLock(\.demandsKey)
    }

    func record(of key: String, at date: Date = .now) -> Finding {
        let hash = KeySecret.hash(key)
        if let ownHash, let ownRecord, KeySecret.areSame(hash, ownHash) { return .valid(ownRecord) }
        refresh()
        let found = KeySecret.id(of: key).flatMap { id in state.withLock { $0.records[id] } }
        // Compared in any case: how long it takes does not tell which ids there are.
        let isSame = KeySecret.areSame(hash, found?.hash ?? [UInt8](repeating: 0, count: hash.count))
        guard let found, isSame, found.revoked == nil else { return .unknown }
        return found.isUsable(at: date) ? .valid(found) : .expired
    }

    /// Reads the keys anew when what is known is older than a moment.
    private func refresh() {
        let now = ContinuousClock.now
        let isDue = state.withLock { state -> Bool in
            if let read = state.read, now - read < Self.freshness { return false }
            state.read = now
            return true
        }
        guard isDue else { return }
        do {
            let records = try store.listNow()
            state.withLock { state in
                state.records = Dictionary(records.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
                if records.contains(where: { $0.revoked == nil }) { state.demandsKey = true }
            }
        } catch {
            logger.error("keys cannot be read", metadata: ["reason": "\(error)"])
        }
    }

    /// Notes that a key was used, once a minute at most.
    func noteUse(of record: KeyRecord, at date: Date = .now) {
        guard record.id != ownRecord?.id else { return }
        let isDue = state.withLock { state -> Bool in
            if let last = state.lastNoted[record.id], date.timeIntervalSince(last) < 60 { return false }
            state.lastNoted[record.id] = date
            return true
        }
        guard isDue else { return }
        Task { [store, logger] in
            do {
                try await store.noteUse(of: record.id, at: date)
            } catch {
                logger.warning("a key's use cannot be noted", metadata: ["reason": "\(error)"])
            }
        }
    }
}
