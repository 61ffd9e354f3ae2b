import Foundation
import TuttiDialogue
import TuttiImages
import TuttiModels
import TuttiVision

/// A document's way into a prompt that has only so much room for it.
struct DocumentPassage {
    let document: Document
    let detail: PictureDetail
    let tokenLimit: Int
    /// Of a piece of text, in tokens.
    let cost: (String) -> Int

    /// So many pages' text layers are asked for at once: a program is started for each time.
    private static let stretch = 16
    /// What a page needs at least to be begun, in tokens.
    private static let leastRoom = 48

    private var longestSide: Int {
        switch detail {
        case .low: 1200
        case .auto: 1600
        case .high: 2400
        }
    }

    // MARK: Text

    /// A text, whole or as much as fits from its beginning.
    func told(_ text: String) -> String {
        let words = FileWords(name: document.name)
        var room = tokenLimit - cost(words.head + words.end) - Self.leastRoom, told = ""
        for piece in text.pieces(of: 1000) {
            room -= cost(String(piece))
            guard room >= 0 else {
                let all = text.count, given = told.count
                told += "\n(the rest is left out: there is no room for more than \(given) of \(all) characters)\n"
                break
            }
            told += piece
        }
        return words.head + told + (told.last?.isNewline == true ? "" : "\n") + words.end
    }

    // MARK: Pages

    /// What is written on the pages.
    func told(
        _ pages: PDFPages, count: Int, _ look: (Picture) async throws -> Perception
    ) async throws -> String {
        let words = FileWords(name: document.name, pageCount: count)
        var told = words.head, room = tokenLimit - cost(words.head + words.end), drawnCount = 0
        for start in stride(from: 1, through: count, by: Self.stretch) {
            let stretch = start...min(count, start + Self.stretch - 1)
            let layers = try await apart { try pages.text(pages: stretch) }
            for (page, layer) in zip(stretch, layers) {
                let isDrawn = !layer.isTextLayer
                drawnCount += isDrawn ? 1 : 0
                guard room >= Self.leastRoom, drawnCount <= document.limits.drawnPageCount else {
                    return told + FileWords.leftOut(page...count) + words.end
                }
                let head = words.head(page: page), limit = room - cost(head) - Self.leastRoom / 2
                let body =
                    isDrawn
                    ? try await read(pages, page, limit, look) : text(PageLayout(layer: layer), limit)
                let written = head + body + "\n"
                told += written
                room -= cost(written)
            }
        }
        return told + words.end
    }

    /// What is read from a page that has no text layer.
    private func read(
        _ pages: PDFPages, _ page: Int, _ limit: Int, _ look: (Picture) async throws -> Perception
    ) async throws -> String {
        let side = longestSide
        let picture = try await apart { try pages.picture(page: page, longestSide: side) }
        if picture.isOfOneColour { return "(nothing is on this page)" }
        let seen = try await look(picture)
        return seen.lines.isEmpty ? seen.text() : text(seen.layout, limit)
    }

    private func text(_ layout: PageLayout, _ limit: Int) -> String {
        let page = layout.text(budget: max(0, limit), cost: cost), omitted = page.omittedLines
        guard omitted > 0 else { return page.text }
        return page.text + "\n(\(omitted) more \(omitted == 1 ? "line is" : "lines are") left out)"
    }

    /// The pages as pictures.
    /// - Parameter price: Of a picture, in tokens.
    func shown(_ pages: PDFPages, count: Int, _ price: (PicturePart) throws -> Int) async throws -> [Part] {
        let words = FileWords(name: document.name, pageCount: count), side = longestSide
        var parts: [Part] = [], room = tokenLimit, end = words.end
        for page in 1...count {
            let head = (page == 1 ? words.head : "\n") + words.head(page: page), detail = self.detail
            guard page <= document.limits.drawnPageCount, page == 1 || room > 0 else {
                end = FileWords.leftOut(page...count) + end
                break
            }
            let picture = try await apart {
                PicturePart(try pages.picture(page: page, longestSide: side), detail: detail)
            }
            room -= try price(picture) + cost(head)
            guard room >= 0 || page == 1 else {
                end = FileWords.leftOut(page...count) + end
                break
            }
            parts += [.text(head), .picture(picture)]
        }
        return parts + [.text("\n" + end)]
    }

    /// Runs what waits for another program on a thread of its own: tasks share theirs.
    private func apart<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try Task.checkCancellation()
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }
}

extension [PDFLine] {
    /// Whether this is what the page says: a number or a stamp over a scan is not, and neither is a font whose characters
    /// nobody can tell.
    fileprivate var isTextLayer: Bool {
        var readable = 0, odd = 0
        for scalar in lazy.flatMap(\.text.unicodeScalars) {
            let properties = scalar.properties
            if properties.isAlphabetic || properties.numericType != nil { readable += 1 }
            if scalar == "\u{fffd}" || properties.generalCategory == .privateUse { odd += 1 }
        }
        return readable >= 40 && 10 * odd <= readable
    }
}

extension Picture {
    /// An empty page.
    fileprivate var isOfOneColour: Bool { pixels.allSatisfy { $0 == pixels[0] } }
}

extension String {
    /// Pieces of at most `count` characters, which end where lines do as far as that can be.
    fileprivate func pieces(of count: Int) -> some Sequence<Substring> {
        sequence(state: self[...]) { rest -> Substring? in
            guard !rest.isEmpty else { return nil }
            let end = rest.index(rest.startIndex, offsetBy: count, limitedBy: rest.endIndex) ?? rest.endIndex
            var piece = rest[..<end]
            if end < rest.endIndex, let line = piece.lastIndex(where: \.isNewline) { piece = rest[...line] }
            rest = rest[piece.endIndex...]
            return piece
        }
    }
}
