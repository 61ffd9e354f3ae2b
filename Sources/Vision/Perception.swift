/// What was found in a picture: what is written in it, and what it shows.
public struct Perception: Sendable, Equatable {
    /// Of the picture, in pixels.
    public let width: Int
    public let height: Int
    /// What is written, in reading order.
    public let layout: PageLayout
    /// The most likely names of what it shows, from the surest on, whether or not they are worth saying; see
    /// ``Swift/Array/worthSaying``.
    public let labels: [PictureLabel]

    public init(width: Int, height: Int, layout: PageLayout, labels: [PictureLabel]) {
        (self.width, self.height) = (width, height)
        (self.layout, self.labels) = (layout, labels)
    }

    /// In reading order.
    public var lines: [TextLine] { layout.lines }

    /// What it shows, from the surest on; none where that is not certain, and none of a page: the classes are of things, and
    /// what they say of a receipt or a form (a menu, a web site) leads whoever reads it astray.
    public var names: [String] { shown.map(\.name) }

    private var shown: [PictureLabel] { lines.count > Perception.mostLinesOnThings ? [] : labels.worthSaying }

    /// A thing with more lines of text on it than this is a page.
    private static let mostLinesOnThings = 3

    /// What was found, as text for a prompt.
    /// - Parameters:
    ///   - budget: What the text may cost. Rows that do not fit are left out, from the first such row on, and it is
    ///     said how many lines that are.
    ///   - cost: Of a piece of text, such as a count of tokens; characters where nothing else is said.
    public func text(budget: Int = .max, cost: (String) -> Int = \.count) -> String {
        var parts: [String] = []
        let shown = shown.map { "\($0.name) (\(Int(($0.confidence * 100).rounded())) %)" }
        if !shown.isEmpty { parts.append("It seems to show: \(shown.joined(separator: ", ")).") }
        if lines.isEmpty {
            parts.insert("Nothing written was found in the picture.", at: 0)
        } else {
            let head = "Written in the picture:\n", note = "\n(\(lines.count) more lines are left out)"
            let spent = budget == .max ? 0 : cost(parts.joined() + head + note)
            let page = layout.text(budget: budget == .max ? budget : max(0, budget - spent), cost: cost)
            let omitted = page.omittedLines
            let rest = omitted == 0 ? "" : "\n(\(omitted) more \(omitted == 1 ? "line is" : "lines are") left out)"
            parts.insert(head + page.text + rest, at: 0)
        }
        return parts.joined(separator: "\n")
    }

    /// The lines where something is written that an answer quotes: letters and digits are compared, whatever stands
    /// between them and however they are written.
    /// - Returns: Those of the first place where it stands, in reading order; none where it stands nowhere.
    public func lines(saying quote: String) -> [TextLine] {
        let page = layout.text(), wanted = Array(quote.essence.map(\.character))
        guard !wanted.isEmpty else { return [] }
        let all = page.text.essence
        guard all.count >= wanted.count else { return [] }
        for start in 0...all.count - wanted.count
        where all[start].character == wanted[0]
            && (0..<wanted.count).allSatisfy({ all[start + $0].character == wanted[$0] })
        {
            let range = all[start].offset..<all[start + wanted.count - 1].offset + 1
            return page.lines(in: range).map { lines[$0] }
        }
        return []
    }
}

extension String {
    /// Its letters and digits, small, and where each stands in bytes of UTF-8.
    fileprivate var essence: [(character: Character, offset: Int)] {
        var essence: [(Character, Int)] = [], offset = 0
        for character in self {
            if character.isLetter || character.isNumber {
                essence += character.lowercased().map { ($0, offset) }
            }
            offset += character.utf8.count
        }
        return essence
    }
}
