/// The text that a person is writing: keys go in, the text and what to do come out. It knows no terminal.
///
/// Its unit is the grapheme cluster, what a reader takes for one character. The keys are those of Emacs, as in most
/// shells; see ``press(_:)``.
public struct LineEditor: Sendable {
    /// The text, by characters; a newline is one.
    public internal(set) var text: [Character] = []
    /// The character that the cursor stands on; `text.count` behind the last.
    public internal(set) var cursor = 0
    /// What is looked for in the history; nil while nothing is.
    public internal(set) var search: Search?
    public internal(set) var history: History
    /// How the text before the cursor can go on; nil where nothing is on offer.
    let complete: @Sendable (_ before: String) -> Completion?
    /// What was cut last, and whether the key before this one cut it.
    private var cut: (text: [Character], isGrowing: Bool) = ([], false)

    /// What the caller has to do.
    public enum Action: Sendable, Equatable {
        /// Show the text as it is now.
        case show
        /// It was sent.
        case send(String)
        /// Ctrl-D on an empty text.
        case leave
        /// Ctrl-C on an empty text, or on one that is gone now.
        case interrupt(hadText: Bool)
        case suspend
        case clearScreen
        /// Show how the text could go on.
        case list([String])
    }

    public struct Search: Sendable, Equatable {
        public var query = ""
        /// The entry that was found; nil for none.
        public var match: Int?
        var before: [Character]
        var cursor: Int
    }

    public init(
        history: History = History(), complete: @escaping @Sendable (_ before: String) -> Completion? = { _ in nil }
    ) {
        self.history = history
        self.complete = complete
    }

    /// Begins anew with an empty text.
    public mutating func clear() {
        (text, cursor, search) = ([], 0, nil)
        history.leave()
    }

    public mutating func press(_ key: Key) -> Action {
        let growing = cut.isGrowing
        cut.isGrowing = false
        if search != nil, let action = pressWhileSearching(key) { return action }
        switch key {
        case .text(let string), .paste(let string): insert(string)
        case .newLine: insert("\n")
        case .enter: return enter()
        case .tab: return tab()
        case .backspace: remove(max(0, cursor - 1)..<cursor)
        case .delete: remove(cursor..<min(text.count, cursor + 1))
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(text.count, cursor + 1)
        case .wordLeft: cursor = wordStart
        case .wordRight: cursor = wordEnd
        case .home: cursor = lineStart
        case .end: cursor = lineEnd
        case .up: up()
        case .down: down()
        case .deleteWordLeft: cut(wordStart..<cursor, growing: growing)
        case .deleteWordRight: cut(cursor..<wordEnd, growing: growing)
        case .control(let letter): return pressControl(letter, growing: growing)
        case .alt("b"), .alt("B"): cursor = wordStart
        case .alt("f"), .alt("F"): cursor = wordEnd
        case .alt("d"), .alt("D"): cut(cursor..<wordEnd, growing: growing)
        case .alt, .escape: break
        }
        return .show
    }

    private mutating func pressControl(_ letter: Character, growing: Bool) -> Action {
        switch letter {
        case "a": cursor = lineStart
        case "b": cursor = max(0, cursor - 1)
        case "c":
            defer { clear() }
            return .interrupt(hadText: !text.isEmpty)
        case "d":
            if text.isEmpty { return .leave }
            remove(cursor..<min(text.count, cursor + 1))
        case "e": cursor = lineEnd
        case "f": cursor = min(text.count, cursor + 1)
        case "k":
            // At a line's end its newline goes, so that the next line comes up.
            cut(cursor..<(cursor == lineEnd ? min(text.count, cursor + 1) : lineEnd), growing: growing)
        case "l": return .clearScreen
        case "n": down()
        case "p": up()
        case "r": search = Search(before: text, cursor: cursor)
        case "u": cut((cursor == lineStart ? max(0, cursor - 1) : lineStart)..<cursor, growing: growing)
        case "w": cut(spacedWordStart..<cursor, growing: growing)
        case "y": insert(String(cut.text))
        case "z": return .suspend
        default: break
        }
        return .show
    }

    private mutating func enter() -> Action {
        // A backslash before Enter asks for another line.
        if cursor == text.count, text.last == "\\" {
            text[text.count - 1] = "\n"
            return .show
        }
        let sent = String(text)
        history.append(sent)
        clear()
        return .send(sent)
    }

    private mutating func tab() -> Action {
        guard let completion = complete(String(text[..<cursor])), !completion.candidates.isEmpty else { return .show }
        let shared = completion.sharedPrefix
        if shared.count > completion.replacedCount || completion.candidates.count == 1 {
            remove(cursor - completion.replacedCount..<cursor)
            insert(shared)
            return .show
        }
        return .list(completion.candidates)
    }
}

// Changing the text.
extension LineEditor {
    mutating func insert(_ string: String) {
        // With the characters on both sides, because marks and joiners may make one of two.
        let start = max(0, cursor - 1), end = min(text.count, cursor + 1)
        let before = String(text[start..<cursor]) + string
        let joined = Array(before + String(text[cursor..<end]))
        text.replaceSubrange(start..<end, with: joined)
        cursor = start + min(before.count, joined.count)
    }

    mutating func set(_ string: String) {
        text = Array(string)
        cursor = text.count
    }

    private mutating func remove(_ range: Range<Int>) {
        text.removeSubrange(range)
        cursor = range.lowerBound
    }

    private mutating func cut(_ range: Range<Int>, growing: Bool) {
        guard !range.isEmpty else { return }
        let piece = Array(text[range])
        if growing {
            cut.text = range.upperBound == cursor ? piece + cut.text : cut.text + piece
        } else {
            cut.text = piece
        }
        cut.isGrowing = true
        remove(range)
    }
}

// Moving between lines, and beyond them in the history.
extension LineEditor {
    var lineStart: Int { (text[..<cursor].lastIndex(of: "\n") ?? -1) + 1 }
    var lineEnd: Int { text[cursor...].firstIndex(of: "\n") ?? text.count }

    private mutating func up() {
        let start = lineStart
        if start > 0 {
            let column = cursor - start
            cursor = start - 1
            cursor = min(lineStart + column, start - 1)
        } else if let entry = history.older(than: String(text)) {
            set(entry)
        }
    }

    private mutating func down() {
        let end = lineEnd
        if end < text.count {
            let column = cursor - lineStart
            cursor = end + 1
            cursor = min(end + 1 + column, lineEnd)
        } else if let entry = history.newer() {
            set(entry)
        }
    }
}

// Words: runs of letters, digits and `_`; Ctrl-W's are what lies between spaces.
extension LineEditor {
    private func isWord(_ index: Int) -> Bool { text[index].isLetter || text[index].isNumber || text[index] == "_" }

    private var wordStart: Int {
        var index = cursor
        while index > 0, !isWord(index - 1) { index -= 1 }
        while index > 0, isWord(index - 1) { index -= 1 }
        return index
    }

    private var wordEnd: Int {
        var index = cursor
        while index < text.count, !isWord(index) { index += 1 }
        while index < text.count, isWord(index) { index += 1 }
        return index
    }

    private var spacedWordStart: Int {
        var index = cursor
        while index > 0, text[index - 1].isWhitespace { index -= 1 }
        while index > 0, !text[index - 1].isWhitespace { index -= 1 }
        return index
    }
}
