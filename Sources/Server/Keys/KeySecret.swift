import Crypto
import Foundation
import TuttiOpenAI

/// Keys as their owners have them: `sk-tutti-ID-SECRET`.
enum KeySecret {
    private static let prefix = "sk-tutti-"
    private static let idLength = 12
    /// 43 of 62 letters are more than 256 bits.
    private static let secretLength = 43

    /// A fresh key and its public part.
    static func make() -> (key: String, id: String) {
        let id = Identifier.make("", length: idLength)
        return ("\(prefix)\(id)-\(Identifier.make("", length: secretLength))", id)
    }

    /// The public part of a key; nil for what is no key of ours.
    static func id(of key: String) -> String? {
        guard key.hasPrefix(prefix) else { return nil }
        let parts = key.dropFirst(prefix.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == idLength else { return nil }
        return String(parts[0])
    }

    static func hash(_ key: String) -> [UInt8] { Array(SHA256.hash(data: Data(key.utf8))) }

    /// Whether two hashes are the same, in a time that does not depend on where they differ.
    static func areSame(_ first: [UInt8], _ second: [UInt8]) -> Bool {
        guard first.count == second.count else { return false }
        return zip(first, second).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
