// Ctrl-R: looks for what is typed in the history, from the newest entry back.
extension LineEditor {
    /// The action for a key of the search; nil where it ends the search and is to do what it always does.
    mutating func pressWhileSearching(_ key: Key) -> Action? {
        guard var search else { return nil }
        switch key {
        case .text(let string), .paste(let string):
            search.query += string
            // What is shown may well hold the longer query too.
            search.match = history.find(search.query, before: (search.match ?? history.entries.count - 1) + 1)
        case .backspace:
            search.query = String(search.query.dropLast())
            search.match = history.find(search.query, before: history.entries.count)
        case .control("r"):
            search.match =
                history.find(search.query, before: search.match ?? history.entries.count) ?? search.match
        case .control("c"), .control("g"):
            (text, cursor, self.search) = (search.before, search.cursor, nil)
            return .show
        default:
            self.search = nil
            return key == .escape ? .show : nil
        }
        self.search = search
        if let match = search.match {
            set(history.entries[match])
        } else {
            (text, cursor) = (search.before, search.cursor)
        }
        return .show
    }
}
