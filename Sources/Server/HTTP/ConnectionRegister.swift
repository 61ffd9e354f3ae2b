import NIOCore
import Synchronization

/// The open connections, by their channels.
final class ConnectionRegister: Sendable {
    /// Of this process: channels are told apart by their identity, so servers do not get into each other's way.
    static let shared = ConnectionRegister()

    private let presences = Mutex<[ObjectIdentifier: ClientPresence]>([:])

    var count: Int { presences.withLock(\.count) }

    func add(_ channel: any Channel, _ presence: ClientPresence) {
        presences.withLock { $0[ObjectIdentifier(channel)] = presence }
    }

    func remove(_ channel: any Channel) {
        presences.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    func presence(of channel: any Channel) -> ClientPresence? {
        presences.withLock { $0[ObjectIdentifier(channel)] }
    }

    /// Gives up every client, so that what is done for them ends.
    func leaveAll() {
        for presence in presences.withLock({ Array($0.values) }) { presence.leave() }
    }
}
