internal import AsyncHTTPClient
package import Foundation
internal import NIOCore
internal import NIOPosix

/// A failure of one request that may pass, and what it is called if it does not.
struct TransferFailure: Error {
    let lasting: HubError
    /// How long the server wants to be left alone.
    var wishSeconds: Double?
    /// Whether bytes came before it.
    var hasProgressed = false

    /// Whether there was an answer, of whatever kind.
    var wasAnswered: Bool { if case .unreachable = lasting { false } else { true } }

    /// What is thrown where no answer came: a failure, or `CancellationError` if that is why.
    static func connection(_ error: any Error, host: String) throws -> TransferFailure {
        if Task.isCancelled || error is CancellationError { throw CancellationError() }
        return TransferFailure(lasting: .unreachable(host: host, detail: detail(error)))
    }

    /// What went wrong with a connection, in words.
    static func detail(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if error.dnsAError != nil || error.dnsAAAAError != nil, error.connectionErrors.isEmpty {
                return "its name is not known"
            }
            return error.connectionErrors.first.map { detail($0.error) } ?? "no connection"
        case let error as IOError: return SystemFile.message(error.errnoCode)
        case is NIOCore.ChannelError: return "the connection took too long or was closed"
        case let error as HTTPClientError:
            switch error {
            case .connectTimeout: return "no connection within ten seconds"
            case .readTimeout, .deadlineExceeded: return "it stayed silent for too long"
            case .remoteConnectionClosed: return "it closed the connection"
            case .proxyAuthenticationRequired: return "the proxy wants a name and a password"
            case .invalidProxyResponse: return "the proxy does not answer as one"
            default: return error.shortDescription
            }
        default:
            let text = String(describing: error)
            return text.contains("CERTIFICATE_VERIFY_FAILED")
                ? "its certificate cannot be trusted" : String(text.prefix(200))
        }
    }
}

/// The `Retry-After` header: seconds, or a date.
package enum RetryAfter {
    package static func seconds(_ text: String?, now: Date) -> Double? {
        guard let text = text?.trimmingCharacters(in: .whitespaces), !text.isEmpty else { return nil }
        if let seconds = Int(text) { return seconds >= 0 ? Double(seconds) : nil }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.date(from: text).map { max($0.timeIntervalSince(now), 0) }
    }
}
