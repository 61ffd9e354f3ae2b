/// Cuts a text that is still being written into clauses, and makes each speakable.
///
/// A clause leaves as soon as it is certain where it ends: nothing is cut within numbers, abbreviations, addresses or
/// markdown. The text is looked at one character at a time, so the clauses do not depend on the pieces in which it
/// comes.
/// Every character is part of exactly one clause's ``Clause/source``. What nobody wants to hear (code, rules, emoji) is
/// part of
/// the clause after it, or at the end of a last one without words.
public struct ClauseCutter: Sendable {
    private let language: String
    private var text: [Unicode.Scalar] = []
    /// What has come without anything to say.
    private var silent = ""
    private var isFirst: Bool
    private var isAtLineStart = true
    private var kind = BlockMarkdown.Kind.text
    private var fence: BlockMarkdown.Fence?
    private var isInParentheses = false
    private var indentation = Indentation()
    /// The rest of this line is code.
    private var isInCodeLine = false

    /// - Parameters:
    ///   - language: A code such as `en` or `de-at`: see ``Speakable``.
    ///   - cutsFirstShort: The first clause ends after a few words, so that sound leaves early.
    public init(language: String = "en", cutsFirstShort: Bool = true) {
        self.language = language
        isFirst = cutsFirstShort
    }

    /// Takes some more text.
    /// - Returns: The clauses that are complete with it.
    public mutating func append(_ piece: String) -> [Clause] {
        var clauses: [Clause] = []
        for scalar in piece.unicodeScalars {
            text.append(scalar)
            if mayDecide { cut(into: &clauses, isWhole: false) }
        }
        return clauses
    }

    /// The rest, when the text is over. The cutter is then ready for another text of the same answer.
    public mutating func finish() -> [Clause] {
        var clauses: [Clause] = []
        cut(into: &clauses, isWhole: true)
        if !silent.isEmpty { clauses.append(Clause(text: "", mark: ".", source: silent)) }
        (silent, isAtLineStart, kind, fence, isInParentheses) = ("", true, .text, nil, false)
        (indentation, isInCodeLine) = (Indentation(), false)
        return clauses
    }

    /// All clauses of a text.
    public static func clauses(of text: String, language: String = "en", cutsFirstShort: Bool = false) -> [Clause] {
        var cutter = ClauseCutter(language: language, cutsFirstShort: cutsFirstShort)
        return cutter.append(text) + cutter.finish()
    }

    /// Whether the newest character can have made anything certain: only this is asked for each of them.
    private var mayDecide: Bool {
        guard let last = text.last else { return false }
        if fence != nil { return last == "\n" }
        if last.properties.isWhitespace || !last.isASCII || text.count % 64 == 0 { return true }
        return text.count > 1 && (text[text.count - 2].properties.isWhitespace || !text[text.count - 2].isASCII)
    }

    private mutating func cut(into clauses: inout [Clause], isWhole: Bool) {
        while !text.isEmpty {
            if let fence {
                let end = text.firstIndex(of: "\n").map { $0 + 1 } ?? text.count
                if end == text.count, text.last != "\n", !isWhole { return }
                if fence.isClosed(by: text[..<end]) { self.fence = nil }
                keepSilent(end)
                isAtLineStart = true
                continue
            }
            if isInCodeLine {
                let end = text.firstIndex(of: "\n")
                isInCodeLine = end == nil
                keepSilent(end ?? text.count)
                continue
            }
            let space = text.prefix { $0.properties.isWhitespace }
            if !space.isEmpty {
                if space.contains("\n") { isAtLineStart = true }
                for scalar in space { indentation.add(scalar) }
                keepSilent(space.count)
                continue
            }
            if isAtLineStart, indentation.beginsCode(after: kind) {
                if !indentation.isInCode { clauses.append(Clause(text: "code", mark: ".", source: taken(0))) }
                isInCodeLine = true
                indentation.isInCode = true
                continue
            }
            if isAtLineStart { indentation.isInCode = false }
            var prefix = 0
            if isAtLineStart {
                switch BlockMarkdown.line(text, isWhole: isWhole) {
                case .undecided: return
                case .spoken(let kind, let start): (self.kind, prefix) = (kind, start)
                case .number(let end):
                    kind = .item
                    isAtLineStart = false
                    clauses += clause(0..<end, end, ",")
                    continue
                case .silent(let end):
                    keepSilent(end)
                    continue
                case .row(let end):
                    row(end, into: &clauses)
                    continue
                case .fence(let fence, let end):
                    self.fence = fence
                    let words = [Speakable.words(fence.language, language: language), "code"].filter { !$0.isEmpty }
                    clauses.append(Clause(text: words.joined(separator: " "), mark: ".", source: taken(end)))
                    continue
                }
            }
            var boundaries = Boundaries(
                text: text, start: prefix, kind: kind, language: language, isFirst: isFirst, isWhole: isWhole,
                isInParentheses: isInParentheses)
            guard let cut = boundaries.first() else { return }
            isInParentheses = boundaries.isInParentheses
            isAtLineStart = text[cut.end - 1] == "\n"
            indentation.start(lines: isAtLineStart ? 1 : 0)
            clauses += clause(prefix..<cut.end, cut.end, cut.mark)
        }
    }

    /// The clause that says `range` and is made of everything before `end`.
    private mutating func clause(_ range: Range<Int>, _ end: Int, _ mark: Character) -> [Clause] {
        let words = Speakable.words(string(text[range]), language: language)
        if words.isEmpty {
            keepSilent(end)
            return []
        }
        return [Clause(text: words, mark: mark, source: taken(end))]
    }

    /// A row of a table: a pause after each cell.
    private mutating func row(_ end: Int, into clauses: inout [Clause]) {
        isAtLineStart = true
        var said: [Clause] = []
        var start = 0
        while start < end {
            var next = start
            while next < end, text[next] != "|" || (next > 0 && text[next - 1] == "\\") { next += 1 }
            next = min(next + 1, end)
            let cell = text[start..<next]
            // The line under the heads has only dashes and colons.
            let isDrawn = cell.allSatisfy { "|-: \r\n".unicodeScalars.contains($0) }
            said += isDrawn ? [Clause(text: "", mark: ",", source: string(cell))] : self.cell(cell)
            start = next
        }
        text.removeFirst(end)
        let last = said.lastIndex { !$0.text.isEmpty }
        for (place, var clause) in said.enumerated() {
            guard !clause.text.isEmpty else {
                silent += clause.source
                continue
            }
            if place == last {
                clause.source += said[(place + 1)...].map(\.source).joined()
                if clause.mark == "," { clause.mark = "." }
            }
            clause.source = silent + clause.source
            (silent, isFirst) = ("", false)
            clauses.append(clause)
            if place == last { break }
        }
    }

    private func cell(_ cell: ArraySlice<Unicode.Scalar>) -> [Clause] {
        let hasEnd = cell.last == "|"
        var cutter = ClauseCutter(language: language, cutsFirstShort: isFirst)
        cutter.isAtLineStart = false
        var clauses = cutter.append(string(cell.dropLast(hasEnd ? 1 : 0))) + cutter.finish()
        guard let last = clauses.indices.last else { return [Clause(text: "", mark: ",", source: string(cell))] }
        if hasEnd { clauses[last].source += "|" }
        if let spoken = clauses.lastIndex(where: { !$0.text.isEmpty }), clauses[spoken].mark == "." {
            clauses[spoken].mark = ","
        }
        return clauses
    }

    private func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String { String(String.UnicodeScalarView(scalars)) }

    private mutating func keepSilent(_ end: Int) {
        silent.unicodeScalars.append(contentsOf: text[..<end])
        text.removeFirst(end)
    }

    /// What was silent and what comes before `end`.
    private mutating func taken(_ end: Int) -> String {
        keepSilent(end)
        defer { silent = "" }
        isFirst = false
        return silent
    }
}

/// The space before a line, of which four columns after an empty line make code.
private struct Indentation {
    var isInCode = false
    /// Line ends since the last text; a text begins as after an empty line.
    private var lines = 2
    private var columns = 0

    mutating func start(lines: Int) { (self.lines, columns) = (lines, 0) }

    mutating func add(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\n": (lines, columns) = (lines + 1, 0)
        case "\t": columns += 4
        case " ": columns += 1
        default: break
        }
    }

    /// Within lists, space only says to which item something belongs.
    func beginsCode(after kind: BlockMarkdown.Kind) -> Bool {
        columns >= 4 && kind != .item && (lines >= 2 || isInCode)
    }
}
