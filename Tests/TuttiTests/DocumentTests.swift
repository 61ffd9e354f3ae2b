import Foundation
import TestSupport
import Testing
import Tutti

/// Files in messages: what becomes of texts and of the pages of documents (scripts/goldens/make_documents.py), and what is
/// refused. The model's tokens are words.
@Suite struct DocumentTests {
    private let small: SmallModel

    init() throws { small = try SmallModel() }

    private func file(_ name: String) -> URL { goldens("TuttiTests").appending(path: "documents/\(name)") }

    private func text(_ text: String, name: String = "notes.txt") throws -> Document {
        try Document(Array(text.utf8), name: name)
    }

    private func words(_ part: Part) -> String { if case .text(let text) = part { text } else { "" } }

    private func count(_ part: Part) -> Int { words(part).split(whereSeparator: \.isWhitespace).count }

    /// What a page is read as where nobody is to read one.
    private struct NobodyReads: Error {}

    // MARK: Texts

    @Test func aTextGoesInWithItsName() async throws {
        let model = try await small.model(seeing: nil)
        let parts = try await text("to do\r\n* mend the winch").parts(for: model) { _ in throw NobodyReads() }
        #expect(parts == [.text("\n[File notes.txt:\nto do\n* mend the winch\n]\n")])
        let wide = try Document([0xff, 0xfe, 0x68, 0, 0x69, 0, 0x0a, 0], name: "wide.csv")
        #expect(try await wide.parts(for: model) { _ in throw NobodyReads() } == [.text("\n[File wide.csv:\nhi\n]\n")])
    }

    @Test(arguments: [true, false])
    func aLongTextEndsWhereTheRoomDoes(hasLines: Bool) async throws {
        let model = try await small.model(seeing: nil)
        let long = (1...3000).map { "line \($0) of many\(hasLines ? "\n" : " ")" }.joined()
        let part = try await text(long).parts(for: model, tokenLimit: 900) { _ in throw NobodyReads() }[0]
        #expect(count(part) <= 900 && count(part) > 400)
        #expect(words(part).hasPrefix("\n[File notes.txt:\nline 1 of many"))
        #expect(
            words(part).contains("the rest is left out") && words(part).hasSuffix(" of \(long.count) characters)\n]\n"))
    }

    @Test func whatIsNoTextIsRefused() throws {
        func refusal(_ bytes: [UInt8]) -> String {
            do {
                _ = try Document(bytes, name: "it")
                return "taken"
            } catch { return "\(error)" }
        }
        #expect(refusal([0x50, 0x4b, 3, 4, 0, 0, 0xff]).contains("it is a ZIP archive"))
        #expect(refusal(Array("{\\rtf1 words}".utf8)).contains("it is an RTF document"))
        #expect(refusal([0x41, 0, 0x42]).contains("neither a PDF document nor text in UTF-8"))
        #expect(refusal([0xc3, 0x28, 0x41]).contains("Markdown, CSV, JSON"))
        #expect(
            refusal(try Picture(width: 2, height: 2, red: 1, green: 2, blue: 3).png()).contains(
                "a PNG picture: send it"))
        #expect(refusal([]) == "it is empty.")
        var limits = DocumentLimits()
        limits.byteCount = 3
        #expect(throws: DocumentError.tooLarge(file: "it", byteCount: 4, limit: 3)) {
            try Document(Array("four".utf8), name: "it", limits: limits)
        }
        #expect(throws: DocumentError.self) { try Document(contentsOf: file("nowhere.txt")) }
    }

    // MARK: Pages

    private static let receipt = Perception(
        width: 100, height: 100,
        layout: PageLayout(layer: [PDFLine(text: "TOTAL 15.41", left: 0, top: 0, right: 90, bottom: 10)]), labels: [])

    @Test(.enabled(if: PDFPages.isAvailable))
    func thePagesOfADocumentAreTold() async throws {
        let model = try await small.model(seeing: nil), report = try Document(contentsOf: file("report.pdf"))
        #expect(report.pageCount == 4)
        var drawn: [Picture] = []
        let parts = try await report.parts(for: model) { picture in
            drawn.append(picture)
            return Self.receipt
        }
        let told = words(parts[0])
        #expect(
            parts.count == 1 && told.hasPrefix("\n[File report.pdf, 4 pages:\nPage 1:\nHarbour Ferry Report 2026\n"))
        let passages = [
            """
            Route | Trips | Passengers | Late
            North pier | 412 | 18,230 | 3.1 %
            Island <A&B> | 96 | 2,411 | 7.9 %
            Night boat | 31 | 640 | 0.0 %
            """,
            """
            The ferries ran on every day but two.
            Ice closed the north pier in January
            and a strike stopped all boats in May.
            """,
            """
            Repairs cost 48,200 in all, of which
            the slipway took 31,000. The old winch
            was sold in September for 2,150.
            """,
            """
            Master: Ingrid Solheim
            Licence number: FH-20731
            """,
            """
            was sold in September for 2,150.
            Page 2:
            The lighthouse keeper is called Tomas Brandt,
            and the spare key hangs in the blue cupboard.
            Page 3:
            (nothing is on this page)
            Page 4:
            TOTAL 15.41
            ]

            """,
        ]
        for passage in passages { #expect(told.contains(passage), "\(told)") }
        // Two pages have words of their own, one is blank, and what stands beside the scan is not all that it says.
        #expect(drawn.count == 1 && drawn[0].height == 1600)
    }

    @Test(.enabled(if: PDFPages.isAvailable))
    func whatThereIsNoRoomForIsSaid() async throws {
        let model = try await small.model(seeing: nil), report = try Document(contentsOf: file("report.pdf"))
        let part = try await report.parts(for: model, tokenLimit: 100) { _ in throw NobodyReads() }[0]
        #expect(count(part) <= 100, "\(words(part))")
        #expect(words(part).contains("more lines are left out)\n(pages 2 to 4 are left out"), "\(words(part))")
        var limits = DocumentLimits()
        limits.drawnPageCount = 1
        let short = try Document(contentsOf: file("report.pdf"), limits: limits)
        let other = try await short.parts(for: model) { _ in throw NobodyReads() }[0]
        #expect(words(other).contains("blue cupboard.\nPage 3:\n(nothing is on this page)\n(page 4 is left out"))
    }

    @Test(.enabled(if: PDFPages.isAvailable))
    func aModelWithEyesIsShownThePages() async throws {
        let model = try await small.model(seeing: [Float](repeating: 0, count: 4 * 4 * 32))
        let report = try Document(contentsOf: file("report.pdf"))
        let parts = try await report.parts(for: model) { _ in throw NobodyReads() }
        #expect(Message(.user, parts: parts).pictures.map { $0.picture.height } == [1600, 1600, 1600, 1600])
        #expect(words(parts[0]) == "\n[File report.pdf, 4 pages:\nPage 1:\n" && words(parts[2]) == "\nPage 2:\n")
        let few = try await report.parts(for: model, detail: .low, tokenLimit: 20) { _ in throw NobodyReads() }
        #expect(Message(.user, parts: few).pictures.map { $0.picture.height } == [1200, 1200])
        #expect(words(few[few.count - 1]).contains("(pages 3 to 4 are left out"))
    }

    @Test(.enabled(if: PDFPages.isAvailable))
    func whatCannotBeReadIsSaid() async throws {
        #expect(throws: PictureError.locked(file: "closed.pdf")) { try Document(contentsOf: file("closed.pdf")) }
        #expect {
            try Document(contentsOf: file("broken.pdf"))
        } throws: { "\($0)".hasPrefix("broken.pdf is damaged: ") }
        var limits = DocumentLimits()
        limits.pageCount = 3
        #expect {
            try Document(contentsOf: file("report.pdf"), limits: limits)
        } throws: { "\($0)" == "report.pdf is too large: it has 4 pages, and 3 are the most." }
        // Its owner's password only asks programs not to print it.
        #expect(try Document(contentsOf: file("owned.pdf")).pageCount == 4)
    }
}
