/// What was sent before, oldest first, and the place in it that is shown.
public struct History: Sendable, Equatable {
    public private(set) var entries: [String]
    public let limit: Int
    /// The entry shown; `entries.count` for the text that is being written.
    private var place: Int
    private var draft = ""

    public init(_ entries: [String] = [], limit: Int = 1000) {
        self.entries = entries.suffix(limit)
        self.limit = limit
        place = self.entries.count
    }

    /// Notes what was sent, unless it is blank or what was sent last.
    /// - Returns: Whether it was noted.
    @discardableResult
    public mutating func append(_ entry: String) -> Bool {
        defer { (place, draft) = (entries.count, "") }
        guard !entry.allSatisfy(\.isWhitespace), entry != entries.last else { return false }
        entries.append(entry)
        if entries.count > limit { entries.removeFirst(entries.count - limit) }
        return true
    }

    /// The entry before the one shown; nil at the oldest. `text` is kept if it is the one being written.
    mutating func older(than text: String) -> String? {
        guard place > 0 else { return nil }
        if place == entries.count { draft = text }
        place -= 1
        return entries[place]
    }

    /// The entry after the one shown, at last the text that was being written; nil if that is shown.
    mutating func newer() -> String? {
        guard place < entries.count else { return nil }
        place += 1
        return place == entries.count ? draft : entries[place]
    }

    /// The newest entry before `index` that holds `query`.
    func find(_ query: String, before index: Int) -> Int? {
        guard !query.isEmpty else { return nil }
        return entries[..<min(index, entries.count)].lastIndex { $0.lowercased().contains(query.lowercased()) }
    }

    mutating func leave() { (place, draft) = (entries.count, "") }
}
