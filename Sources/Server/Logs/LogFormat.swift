import Foundation
package import Logging
import OrderedCollections
import TuttiCheckpoints

/// How log lines are written.
package enum LogFormat: String, Sendable, CaseIterable {
    /// `time=… level=info msg="…" key=value`.
    case logfmt
    /// One JSON object a line.
    case json
}

/// Writes log lines to standard error.
package struct LineLog: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let format: LogFormat
    private let write: @Sendable (String) -> Void

    package init(
        _ format: LogFormat, level: Logger.Level,
        write: @escaping @Sendable (String) -> Void = { try? FileHandle.standardError.write(contentsOf: Data($0.utf8)) }
    ) {
        self.format = format
        logLevel = level
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let own = event.metadata { fields.merge(own) { $1 } }
        write(
            line(level: event.level, message: event.message.description, fields: fields.mapValues(\.description)) + "\n"
        )
    }

    /// One line, its fields by name.
    private func line(level: Logger.Level, message: String, fields: [String: String]) -> String {
        let time = Date.now.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
        let head = [("time", time + "Z"), ("level", level.rawValue), ("msg", message)]
        let all = head + fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        switch format {
        case .logfmt: return all.map { "\($0)=\(Self.quoted($1))" }.joined(separator: " ")
        case .json:
            return JSON.object(.init(all.map { (JSON.Key($0), JSON.string($1)) }, uniquingKeysWith: { $1 })).text(
                .compact)
        }
    }

    /// In quotes where it would not be one word.
    private static func quoted(_ text: String) -> String {
        let isWord =
            !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x3d && $0 != 0x5c }
        return isWord ? text : JSON.string(text).text(.compact)
    }
}
