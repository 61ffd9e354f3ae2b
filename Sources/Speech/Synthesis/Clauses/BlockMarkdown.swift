/// What kind of line begins, in markdown.
enum BlockMarkdown {
    enum Line: Equatable {
        /// Too little of it is there.
        case undecided
        /// It is spoken from `prefix` on.
        case spoken(Kind, prefix: Int)
        /// The number of an item, which ends before `end`.
        case number(end: Int)
        /// Nothing of it is spoken.
        case silent(end: Int)
        case row(end: Int)
        case fence(Fence, end: Int)
    }

    enum Kind: Equatable { case text, heading, item, quote }

    struct Fence: Equatable {
        let sign: Unicode.Scalar
        let count: Int
        /// The language of the code, as people call it; empty if it is not said.
        let language: String

        /// Whether a line ends the code.
        func isClosed(by line: ArraySlice<Unicode.Scalar>) -> Bool {
            let body = line.drop { $0 == " " || $0 == "\t" || $0 == ">" }
            let run = body.prefix { $0 == sign }
            return run.count >= count && body.dropFirst(run.count).allSatisfy { $0.properties.isWhitespace }
        }
    }

    /// The longest line that is kept whole to see what it is.
    private static let longest = 2000

    /// - Parameters:
    ///   - text: From the first character of the line that is no space.
    ///   - isWhole: No more text will come.
    static func line(_ text: [Unicode.Scalar], isWhole: Bool) -> Line {
        var start = 0
        while start < min(text.count, 64), text[start] == ">" || (start > 0 && text[start] == " ") { start += 1 }
        guard start < text.count else { return isWhole ? .silent(end: start) : .undecided }
        // "> 5" and ">5" are comparisons as often as quotations: only the former is one in markdown.
        if start == 1, text[start].properties.numericType != nil || text[start] == "=" { start = 0 }
        let kind = start > 0 ? Kind.quote : .text
        switch text[start] {
        case "#":
            let end = run(text, start)
            if end == text.count { return isWhole ? .silent(end: end) : .undecided }
            let isHeading = end - start <= 6 && text[end].properties.isWhitespace
            return isHeading ? .spoken(.heading, prefix: end) : .spoken(kind, prefix: start)
        case "`", "~":
            let end = run(text, start)
            if end - start < 3 { return end == text.count && !isWhole ? .undecided : .spoken(kind, prefix: start) }
            guard let end = lineEnd(text, start, isWhole) else { return tooLong(text, kind, start) }
            return fence(text[start..<end], end) ?? .spoken(kind, prefix: start)
        case "|":
            guard let end = lineEnd(text, start, isWhole) else { return tooLong(text, kind, start) }
            return .row(end: end)
        case "-", "*", "+", "_", "=", "•": return ruled(text, start, kind, isWhole)
        case "[": return defined(text, start, kind, isWhole)
        case "0"..."9":
            let end = text[start...].firstIndex { !("0"..."9").contains($0) } ?? text.count
            if end - start > 3 { return .spoken(kind, prefix: start) }
            if end + 1 >= text.count, !isWhole {
                return end < text.count && !".)".unicodeScalars.contains(text[end])
                    ? .spoken(kind, prefix: start) : .undecided
            }
            guard end + 1 < text.count, ".)".unicodeScalars.contains(text[end]), text[end + 1].properties.isWhitespace
            else {
                return .spoken(kind, prefix: start)
            }
            return .number(end: end + 2)
        default: return .spoken(kind, prefix: start)
        }
    }

    private static func run(_ text: [Unicode.Scalar], _ start: Int) -> Int {
        text[start...].firstIndex { $0 != text[start] } ?? text.count
    }

    private static func tooLong(_ text: [Unicode.Scalar], _ kind: Kind, _ start: Int) -> Line {
        text.count - start > longest ? .spoken(kind, prefix: start) : .undecided
    }

    /// The place after the line; nil if its end has not come.
    private static func lineEnd(_ text: [Unicode.Scalar], _ start: Int, _ isWhole: Bool) -> Int? {
        if let end = text[start...].prefix(longest).firstIndex(of: "\n") { return end + 1 }
        return isWhole && text.count - start <= longest ? text.count : nil
    }

    /// Items, and lines that are only drawn.
    private static func ruled(_ text: [Unicode.Scalar], _ start: Int, _ kind: Kind, _ isWhole: Bool) -> Line {
        let sign = text[start]
        let end = text[start...].firstIndex { $0 != sign && $0 != " " && $0 != "\r" } ?? text.count
        let count = text[start..<end].count { $0 == sign }
        if end == text.count, !isWhole { return end - start > 200 ? .spoken(kind, prefix: start) : .undecided }
        if end == text.count || text[end] == "\n" {
            if count >= 3 || sign == "=" || count == 1 && sign != "_" { return .silent(end: min(end + 1, text.count)) }
            return .spoken(kind, prefix: start)
        }
        let isItem = sign != "_" && sign != "=" && text[start + 1] == " "
        return isItem ? .spoken(.item, prefix: start + 2) : .spoken(kind, prefix: start)
    }

    /// "[^1]: a footnote" is spoken, "[name]: address" is not.
    private static func defined(_ text: [Unicode.Scalar], _ start: Int, _ kind: Kind, _ isWhole: Bool) -> Line {
        let reach = text[start...].prefix(60)
        guard let close = reach.firstIndex(where: { $0 == "]" || $0 == "\n" }) else {
            return reach.count < 60 && !isWhole ? .undecided : .spoken(kind, prefix: start)
        }
        guard close + 1 < text.count else { return isWhole ? .spoken(kind, prefix: start) : .undecided }
        guard text[close] == "]", text[close + 1] == ":" else { return .spoken(kind, prefix: start) }
        if text[start + 1] == "^" { return .spoken(kind, prefix: close + 2) }
        guard let end = lineEnd(text, start, isWhole) else { return tooLong(text, kind, start) }
        let isAddress = String(String.UnicodeScalarView(text[(close + 2)..<end])).contains("://")
        return isAddress ? .silent(end: end) : .spoken(kind, prefix: start)
    }

    private static let languages = [
        "py": "Python", "python": "Python", "swift": "Swift", "javascript": "JavaScript", "typescript": "TypeScript",
        "json": "JSON", "html": "HTML", "css": "CSS", "sql": "SQL", "yaml": "YAML", "java": "Java", "js": "JavaScript",
        "jsx": "JavaScript", "ts": "TypeScript", "tsx": "TypeScript", "sh": "shell",
        "bash": "shell", "zsh": "shell", "console": "shell", "cpp": "C plus plus", "c++": "C plus plus",
        "cs": "C sharp",
        "csharp": "C sharp", "rs": "Rust", "rb": "Ruby", "kt": "Kotlin", "objc": "Objective C", "txt": "", "text": "",
        "plaintext": "", "yml": "YAML", "md": "markdown", "f#": "F sharp", "ps1": "PowerShell", "tex": "LaTeX",
    ]

    private static func fence(_ line: ArraySlice<Unicode.Scalar>, _ end: Int) -> Line? {
        guard let sign = line.first else { return nil }
        let count = line.prefix { $0 == sign }.count
        let rest = String(String.UnicodeScalarView(line.dropFirst(count)))
        // A code span that begins a line is none.
        if sign == "`", rest.contains("`") { return nil }
        let name = rest.split { $0.isWhitespace || "{},:=".contains($0) }.first.map(String.init) ?? ""
        let known =
            languages[name.lowercased()] ?? (name.allSatisfy { $0.isASCIILetter } && name.count < 16 ? name : "")
        return .fence(Fence(sign: sign, count: count, language: known), end: end)
    }
}

extension String.UnicodeScalarView {
    init(_ scalars: ArraySlice<Unicode.Scalar>) {
        self.init()
        append(contentsOf: scalars)
    }
}
