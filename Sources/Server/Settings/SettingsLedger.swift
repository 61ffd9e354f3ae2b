package import Configuration
import Synchronization

/// Notes where each setting came from while it is read.
package final class SettingsLedger: AccessReporter {
    /// A setting in force.
    package struct Entry: Sendable, Equatable {
        package let key: String
        package let value: String
        /// `flag --port`, `environment TUTTI_PORT`, `file PATH` or `default`.
        package let source: String
    }

    private struct State {
        var entries: [Entry] = []
        var problem: SettingsError?
    }

    private let state = Mutex(State())
    private let file: String?

    /// - Parameter file: The configuration file that is read, if one is.
    package init(file: String?) { self.file = file }

    package var entries: [Entry] { state.withLock(\.entries) }

    /// The first value that was not what its setting takes.
    package var problem: SettingsError? { state.withLock(\.problem) }

    package func report(_ event: AccessEvent) {
        let key = event.metadata.key.components.joined(separator: ".")
        var source = "default", failure: (any Error)? = event.conversionError
        for result in event.providerResults {
            source = name(result.providerName, key, (try? result.result.get())?.encodedKey)
            switch result.result {
            case .failure(let error): failure = error
            case .success(let found) where found.value != nil: break
            default: continue
            }
            break
        }
        let found = (try? event.result.get()) ?? nil
        let text = found.map { $0.isSecret ? "(set, not shown)" : Self.text($0.content) } ?? "(not set)"
        state.withLock { state in
            if failure != nil, state.problem == nil {
                state.problem = .wrongType(key: key, wants: event.metadata.valueType.words, source: source)
            }
            state.entries.append(Entry(key: key, value: text, source: found == nil ? "default" : source))
        }
    }

    private func name(_ provider: String, _ key: String, _ encodedKey: String?) -> String {
        if provider.contains("[flag]") { return "flag --\(SettingKey(rawValue: key)?.flag ?? key)" }
        if provider.contains("Environment") {
            return "environment \(encodedKey ?? SettingKey(rawValue: key)?.variable ?? key)"
        }
        if provider.contains("File") { return "file \(file ?? "")" }
        return "default"
    }

    private static func text(_ content: ConfigContent) -> String {
        switch content {
        case .string(let text): text.isEmpty ? "(not set)" : text
        case .int(let value): String(value)
        case .double(let value): String(value)
        case .bool(let value): String(value)
        case .stringArray(let texts): texts.isEmpty ? "(none)" : texts.joined(separator: ", ")
        default: "\(content)"
        }
    }
}

extension ConfigType {
    /// What it is, with its article.
    fileprivate var words: String {
        switch self {
        case .string: "a text"
        case .int: "a whole number"
        case .bool: "true or false"
        case .stringArray: "a list of texts"
        default: rawValue
        }
    }
}

/// What is wrong with the server's configuration.
package enum SettingsError: Error, Equatable, CustomStringConvertible {
    case wrongType(key: String, wants: String, source: String)
    case wrongValue(key: String, problem: String)
    case badFile(String, reason: String)
    case unknownKey(String, file: String, known: [String])
    case needsKey(host: String)

    package var description: String {
        switch self {
        case .wrongType(let key, let wants, let source):
            "`\(key)` has to be \(wants), but is not (\(source))."
        case .wrongValue(let key, let problem):
            "`\(key)` cannot be so: \(problem)."
        case .badFile(let file, let reason):
            "the configuration file \(file) cannot be used: \(reason)."
        case .unknownKey(let key, let file, let known):
            "the configuration file \(file) sets `\(key)`, which is not known. Known are \(known.joined(separator: ", "))."
        case .needsKey(let host):
            "refusing to listen on \(host), where other machines can reach it, without a key: set TUTTI_API_KEY, or make one with `tutti keys create`; or listen on 127.0.0.1."
        }
    }
}
