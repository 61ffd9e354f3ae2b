package import Foundation

/// A key as it is stored: what it may do, and a hash in place of itself.
package struct KeyRecord: Sendable, Equatable {
    /// Public: part of the key, and what `tutti keys revoke` takes.
    package let id: String
    package let name: String
    /// SHA-256 of the whole key.
    package let hash: [UInt8]
    package let scopes: Set<KeyScope>
    /// Whose objects it uses.
    package let project: Project
    package let created: Date
    package let expires: Date?
    package var lastUsed: Date?
    package var revoked: Date?

    package func isUsable(at date: Date) -> Bool { revoked == nil && (expires.map { date < $0 } ?? true) }
}
