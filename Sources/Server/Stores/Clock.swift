import Foundation

/// The time as the API tells it.
enum Clock {
    /// Seconds since 1970.
    static var now: Int { Int(Date().timeIntervalSince1970) }
}
