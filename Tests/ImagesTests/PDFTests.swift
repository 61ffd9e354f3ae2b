import Foundation
import TestSupport
import Testing
import TuttiImages

/// Pages through poppler, where it is installed.
@Suite(.enabled(if: PDFPages.isAvailable)) struct PDFTests {
    /// Pages of 200 × 100 points, each with one rectangle of a colour.
    private func document(_ colours: [String]) -> [UInt8] {
        var objects = ["<</Type/Catalog/Pages 2 0 R>>", ""]
        for colour in colours {
            let drawing = "\(colour) rg 20 20 60 60 re f"
            objects.append(
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents \(objects.count + 2) 0 R/Resources<<>>>>")
            objects.append("<</Length \(drawing.utf8.count)>>stream\n\(drawing)\nendstream")
        }
        let kids = colours.indices.map { "\(3 + 2 * $0) 0 R" }.joined(separator: " ")
        objects[1] = "<</Type/Pages/Kids[\(kids)]/Count \(colours.count)>>"
        var text = "%PDF-1.4\n", places: [Int] = []
        for (index, object) in objects.enumerated() {
            places.append(text.utf8.count)
            text += "\(index + 1) 0 obj\n\(object)\nendobj\n"
        }
        let start = text.utf8.count
        text += "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
        for place in places { text += String(repeating: "0", count: 10 - "\(place)".count) + "\(place) 00000 n \n" }
        text += "trailer\n<</Size \(objects.count + 1)/Root 1 0 R>>\nstartxref\n\(start)\n%%EOF\n"
        return Array(text.utf8)
    }

    @Test func pagesArePictures() throws {
        let pages = try PDFPages(document(["1 0 0", "0 0 1"]), name: "two.pdf")
        #expect(try pages.count() == 2)
        let second = try pages.picture(page: 2, longestSide: 400)
        #expect(second.width == 400 && second.height == 200)
        func pixel(_ x: Int, _ y: Int) -> [UInt8] { Array(second.pixels[3 * (y * 400 + x)..<3 * (y * 400 + x) + 3]) }
        #expect(pixel(100, 100) == [0, 0, 255] && pixel(300, 100) == [255, 255, 255])
    }

    /// Where scripts/goldens/make_documents.py put them, counted from the bottom there.
    @Test func theTextLayerHasWordsAndTheirPlaces() throws {
        let file = goldens("TuttiTests").appending(path: "documents/report.pdf")
        let layers = try PDFPages(contentsOf: file).text(pages: 1...4)
        #expect(layers.map(\.count) == [27, 2, 0, 1])
        let cell = try #require(layers[0].first { $0.text == "Island <A&B>" })
        let height = 841.89 as Float, baseline = height - 708
        #expect(abs(cell.left - 60) < 0.1 && cell.top < baseline && cell.bottom > baseline)
        #expect(cell.bottom - cell.top < 12 && cell.right > 100 && cell.right < 140)
        #expect(layers[0].contains { $0.text == "Repairs cost 48,200 in all, of which" && abs($0.left - 320) < 0.1 })
        #expect(layers[1].map(\.text)[0] == "The lighthouse keeper is called Tomas Brandt,")
    }

    @Test func whatCannotBeIsSaid() throws {
        let pages = try PDFPages(document(["0 1 0"]), name: "one.pdf")
        func message(_ body: () throws -> Void) -> String {
            do {
                try body()
                return "done"
            } catch { return "\(error)" }
        }
        #expect(message { _ = try pages.picture(page: 2) }.contains("one.pdf has no"))
        #expect(message { _ = try pages.picture(page: 0) }.contains("count from 1"))
        #expect(message { _ = try PDFPages(Array("GIF89a".utf8), name: "it") }.contains("it is no PDF document"))
        #expect(message { _ = try PDFPages(Array("%PDF-1.4\nnothing".utf8), name: "it").count() }.contains("damaged"))
        var limits = PictureLimits()
        limits.longestSide = 100
        let small = try PDFPages(document(["0 1 0"]), name: "one.pdf", limits: limits)
        #expect(message { _ = try small.picture(page: 1, longestSide: 101) }.contains("1 to 100 pixels"))
        limits = PictureLimits()
        limits.decodingSeconds = 0
        let hasty = try PDFPages(document(["0 1 0"]), name: "one.pdf", limits: limits)
        #expect(message { _ = try hasty.picture(page: 1) }.contains("longer than the 0.0 s"))
    }
}
