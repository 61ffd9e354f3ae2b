/// What `hf:OWNER/NAME[@REVISION][:FILE]` says: a repository of the hub, and which of its models.
package struct HubReference: Sendable, Equatable, CustomStringConvertible {
    /// `OWNER/NAME`.
    package let repository: String
    /// A branch, tag or commit.
    package let revision: String
    /// Which model of the repository: a quantisation such as `Q4_K_M`, a file, or a format; nil for what is best.
    package let selection: String?

    package static let prefix = "hf:"
    static let mainRevision = "main"

    package init(repository: String, revision: String = "main", selection: String? = nil) {
        (self.repository, self.revision, self.selection) = (repository, revision, selection)
    }

    /// - Throws: `HubError.badReference` with what is wrong.
    package init(_ text: String) throws {
        let rest = text.dropFirst(Self.prefix.count)
        func refuse(_ reason: String) -> StoreError { .hub(.badReference(text, reason: reason)) }
        guard text.lowercased().hasPrefix(Self.prefix) else { throw refuse("it does not begin with `hf:`") }
        let halves = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let place = (halves.first ?? "").split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = place.first, Self.isRepository(String(name)) else {
            throw refuse("after `hf:` comes OWNER/NAME as the hub's pages show it")
        }
        let revision = place.count > 1 ? String(place[1]) : Self.mainRevision
        guard Self.isRevision(revision) else { throw refuse("`\(revision)` cannot be a branch, tag or commit") }
        let selection = halves.count > 1 ? String(halves[1]) : nil
        if let selection, !SafePath.isSafe(selection) {
            throw refuse("`\(selection)` cannot be a file of a repository")
        }
        self.init(repository: String(name), revision: revision, selection: selection)
    }

    /// The hub's own rule: two names of letters, digits, `.`, `_` and `-`, with `.` and `-` neither at an end nor doubled.
    static func isRepository(_ text: String) -> Bool {
        let names = text.split(separator: "/", omittingEmptySubsequences: false)
        return names.count == 2
            && names.allSatisfy { name in
                name.wholeMatch(of: /[A-Za-z0-9_]([A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?/) != nil
                    && !name.contains("..") && !name.contains("--")
            }
    }

    static func isRevision(_ text: String) -> Bool {
        text.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9._\/-]{0,99}/) != nil && !text.contains("..")
            && !text.contains("//") && !text.hasSuffix("/")
    }

    package var description: String {
        Self.prefix + repository + (revision == Self.mainRevision ? "" : "@\(revision)")
            + (selection.map { ":\($0)" } ?? "")
    }

    /// Whether this reference, as a user wrote it, can mean `model`, which has been pulled.
    func means(_ model: HubReference) -> Bool {
        guard repository.lowercased() == model.repository.lowercased(), revision == model.revision else { return false }
        return selection == nil || selection?.lowercased() == model.selection?.lowercased()
    }
}

extension HubReference {
    static let folderPrefix = "hf--"

    /// The folder of this model in the store: plain ASCII in lower case, so that every file system tells two of them
    /// apart, and never longer than it may be.
    var folderName: String {
        var name = Self.folderPrefix + repository.replacing("/", with: "--").lowercased()
        if revision != Self.mainRevision { name += "@" + Self.plain(revision, isCaseKept: true) }
        if let selection { name += "--" + Self.plain(selection, isCaseKept: false) }
        guard name.utf8.count > 200 else { return name }
        return name.prefix(150) + "-" + Hashing.sha256(of: Array(name.utf8)).prefix(32)
    }

    /// `text` with everything but lower-case letters, digits, `.`, `_` and `-` as `%` and two digits.
    private static func plain(_ text: String, isCaseKept: Bool) -> String {
        (isCaseKept ? text : text.lowercased()).utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "-"):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }.joined()
    }
}
