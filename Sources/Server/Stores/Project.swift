import GRDB

/// Whose objects are whose: the keys of one project share its files, conversations and the rest, and see nobody else's.
package struct Project: RawRepresentable, Sendable, Hashable, DatabaseValueConvertible {
    /// What objects and keys belong to that were not given to another one, and requests without a key.
    package static let standard = Project(rawValue: "default")

    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    /// - Returns: nil unless the name has 1 to 64 letters, digits, dots, dashes and underscores of ASCII.
    package init?(name: String) {
        guard (1...64).contains(name.utf8.count),
            name.unicodeScalars.allSatisfy({
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789.-_".unicodeScalars.contains($0))
            })
        else { return nil }
        rawValue = name
    }

    /// What a store keeps apart by project, and the keys. Parts of these (items, answers, events) go with them.
    private static let tables = ["apiKey", "chatCompletion", "conversation", "response", "file", "upload", "batch"]

    /// After the tables themselves: what was stored before there were projects belongs to ``standard``.
    static func register(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("projects") { db in
            for table in tables {
                try db.execute(
                    sql: """
                        ALTER TABLE \(table) ADD COLUMN project TEXT NOT NULL DEFAULT 'default';
                        CREATE INDEX \(table)_project ON \(table) (project);
                        """)
            }
        }
    }
}
