import Foundation

/// What the text layer of a page says at one place: words that stand beside each other.
public struct PDFLine: Sendable, Equatable {
    public var text: String
    /// In points (1/72 inch) from the page's top left corner.
    public var left: Float
    public var top: Float
    public var right: Float
    public var bottom: Float

    public init(text: String, left: Float, top: Float, right: Float, bottom: Float) {
        self.text = text
        (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
    }
}

extension PDFPages {
    /// The text layers of some pages, with the place of every line; empty for a page that has none, such as a scan.
    /// - Parameter pages: From 1.
    /// - Throws: ``PictureError``.
    public func text(pages: ClosedRange<Int>) throws(PictureError) -> [[PDFLine]] {
        guard pages.lowerBound > 0 else { throw .unusable("Pages count from 1") }
        let output = try run(
            .text,
            [
                "-bbox-layout", "-cropbox", "-enc", "UTF-8", "-f", "\(pages.lowerBound)", "-l", "\(pages.upperBound)",
                file.path, "-",
            ])
        var layers = Self.layers(String(decoding: output, as: UTF8.self))
        layers += repeatElement([], count: max(0, pages.count - layers.count))
        return Array(layers.prefix(pages.count))
    }

    /// Reads what `pdftotext -bbox-layout` writes: an element a line, `<page …>`, `<line …>` and
    /// `<word xMin="…" yMin="…" xMax="…" yMax="…">text</word>`.
    static func layers(_ output: String) -> [[PDFLine]] {
        var pages: [[PDFLine]] = [], opensLine = true
        for row in output.split(whereSeparator: \.isNewline) {
            let row = row.drop { $0 == " " }
            if row.hasPrefix("<page ") {
                pages.append([])
            } else if row.hasPrefix("<line ") {
                opensLine = true
            } else if row.hasPrefix("<word "), !pages.isEmpty, let word = PDFLine(word: row) {
                if opensLine || pages[pages.count - 1].last?.takes(word) != true {
                    pages[pages.count - 1].append(word)
                } else {
                    pages[pages.count - 1][pages[pages.count - 1].count - 1].append(word)
                }
                opensLine = false
            }
        }
        return pages
    }
}

extension PDFLine {
    fileprivate init?(word row: Substring) {
        guard let head = row.firstIndex(of: ">"), let end = row.range(of: "</word>", options: .backwards),
            end.lowerBound > head
        else { return nil }
        func place(_ name: String) -> Float? {
            guard let start = row.range(of: name + "=\"") else { return nil }
            return Float(row[start.upperBound...].prefix { $0 != "\"" })
        }
        guard let left = place("xMin"), let top = place("yMin"), let right = place("xMax"), let bottom = place("yMax"),
            [left, top, right, bottom].allSatisfy({ $0.isFinite && abs($0) < 1e6 })
        else { return nil }
        let text = row[row.index(after: head)..<end.lowerBound].plain
        guard !text.isEmpty else { return nil }
        self.init(text: text, left: left, top: top, right: right, bottom: bottom)
    }

    /// Whether a word stands so near that it belongs to the same piece of text, not to the next cell of a table.
    fileprivate func takes(_ word: PDFLine) -> Bool {
        word.left - right < 0.8 * min(bottom - top, word.bottom - word.top)
    }

    fileprivate mutating func append(_ word: PDFLine) {
        text += " " + word.text
        (left, top) = (min(left, word.left), min(top, word.top))
        (right, bottom) = (max(right, word.right), max(bottom, word.bottom))
    }
}

extension Substring {
    /// Without XML's escapes, and without characters that say nothing.
    fileprivate var plain: String {
        var text = String(self)
        for (escape, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")] {
            text = text.replacing(escape, with: character)
        }
        let kept = text.unicodeScalars.filter { $0.properties.generalCategory != .control }
        return String(String.UnicodeScalarView(kept))
    }
}
