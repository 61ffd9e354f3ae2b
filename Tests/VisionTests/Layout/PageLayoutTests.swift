import Testing
import TuttiVision

/// The order in which the lines of the golden pictures are read, and of pages made up for what they do not have.
@Suite struct PageLayoutTests {
    private func text(_ name: String) throws -> String {
        PageLayout(try ReadingGolden.picture(name).textLines).text().text
    }

    /// A page of words at places: left, top, and what is written there, 20 pixels high and 10 a character wide.
    private func page(_ words: [(Float, Float, String)]) -> [TextLine] {
        words.map { x, y, text in
            let right = x + 10 * Float(text.count)
            return TextLine(
                text: text, confidence: 1,
                place: Quadrilateral(
                    topLeft: .init(x: x, y: y), topRight: .init(x: right, y: y),
                    bottomRight: .init(x: right, y: y + 20),
                    bottomLeft: .init(x: x, y: y + 20)))
        }
    }

    /// The same page after a turn about its corner.
    private func turned(_ lines: [TextLine], cosine: Float, sine: Float) -> [TextLine] {
        func turn(_ point: Quadrilateral.Point) -> Quadrilateral.Point {
            .init(x: cosine * point.x - sine * point.y, y: sine * point.x + cosine * point.y)
        }
        return lines.map {
            TextLine(
                text: $0.text, confidence: $0.confidence,
                place: Quadrilateral(
                    topLeft: turn($0.place.topLeft), topRight: turn($0.place.topRight),
                    bottomRight: turn($0.place.bottomRight), bottomLeft: turn($0.place.bottomLeft)))
        }
    }

    @Test func columnsAreReadOneAfterTheOther() throws {
        #expect(
            try text("columns") == """
                The Lighthouse Keeper

                For thirty years the lamp
                had turned above the bay
                without a single night
                of darkness. The keeper
                knew each passing ship

                by the sound of its engine
                long before its lights
                rounded the point. When
                the storm came, he was
                already on the stairs.
                """)
    }

    @Test func tablesAreReadByTheirRows() throws {
        #expect(
            try text("table") == """
                Quarter | Revenue | Costs | Profit
                Q1 | 12,400 | 9,150 | 3,250
                Q2 | 13,980 | 9,600 | 4,380
                ε | 11,075 | 8,940 | 2,135
                04 | 16,320 | 10,210 | 6,110
                """)
    }

    @Test func aFormsAnswersStandBesideItsQuestions() throws {
        #expect(
            try text("form") == """
                Application for a library card
                Full name: Margaret Ellis
                Date of birth: 23 March 1987
                Street: 7 Harbour View
                Postcode: EH6 8PL
                E-mail: m.ellis@example.org
                """)
    }

    @Test func pricesStandBesideWhatTheyAreOf() throws {
        let receipt = try text("receipt")
        #expect(receipt.hasPrefix("GREEN GROCER\n14 Mill Lane, Bath BA1 5QX\nApples 1kg: 2.49\n"))
        #expect(receipt.contains("\nTOTAL: 15.41\n"))
    }

    @Test func aChartsValuesStandBesideItsNames() throws {
        #expect(
            try text("chart") == "Visitors by weekday\nMon: 14k | Tue: 18k | Wed: 23k | Thu: 17k | Fri: 31k")
    }

    @Test func buttonsAndMenusStandSideBySide() throws {
        let window = try text("window")
        #expect(window.hasPrefix("Settings - Network\nFile | Edit | View | Help\nConnection name: Office LAN\n"))
        #expect(window.hasSuffix("\n\nCancel | Apply"))
    }

    @Test func anUpsideDownPageIsReadFromItsOwnTop() throws {
        #expect(try text("upside-down").hasSuffix("but it can still be read\nInvoice number 20931"))
    }

    @Test(arguments: [(Float(1), Float(0)), (0.9903, 0.1392), (0, 1), (-1, 0), (0, -1)])
    func aPageReadsTheSameWhicheverWayItIsTurned(cosine: Float, sine: Float) {
        let upright = page([
            (0, 0, "Name"), (200, 2, "Ada"), (0, 40, "Born"), (200, 40, "1815"), (0, 80, "What else there is to say"),
        ])
        let layout = PageLayout(turned(upright.reversed(), cosine: cosine, sine: sine))
        #expect(layout.text().text == "Name: Ada\nBorn: 1815\nWhat else there is to say")
    }

    @Test func columnsOfOtherHeightsAndAThirdOne() {
        let words = { (x: Float, y: Float, count: Int, name: String) in
            (0..<count).map { (x, y + 30 * Float($0), "\(name) line of text \($0)") }
        }
        let layout = PageLayout(
            page(words(0, 0, 4, "left") + words(300, 13, 4, "mid") + words(600, 7, 3, "last")))
        let names = layout.lines.map { String($0.text.prefix { $0 != " " }) }
        #expect(names == ["left", "left", "left", "left", "mid", "mid", "mid", "mid", "last", "last", "last"])
        #expect(layout.text().text.components(separatedBy: "\n\n").count == 3)
    }

    @Test func whatATableLacksStaysEmpty() {
        let layout = PageLayout(
            page([
                (0, 0, "Item"), (200, 0, "Count"), (400, 0, "Price"), (0, 40, "Pears"), (200, 40, "3"),
                (400, 40, "4.50"),
                (0, 80, "Plums"), (400, 80, "2.25"), (200, 120, "12"), (400, 120, "9.00"),
            ]))
        #expect(layout.text().text == "Item | Count | Price\nPears | 3 | 4.50\nPlums |  | 2.25\n | 12 | 9.00")
    }

    @Test func piecesOfOneLineAreJoined() {
        #expect(PageLayout(page([(0, 0, "Total"), (55, 1, "amount")])).text().text == "Total amount")
    }

    @Test func nothingIsAPageToo() {
        #expect(PageLayout([]).text() == PageLayout([]).text(budget: 0))
        #expect(PageLayout([]).text().text.isEmpty && PageLayout([]).rows.isEmpty)
    }

    @Test(arguments: ["window", "receipt", "form", "table", "rotated", "terminal", "chart", "upside-down", "columns"])
    func everyLineIsThereOnceAndCanBeFound(name: String) throws {
        let lines = try ReadingGolden.picture(name).textLines, layout = PageLayout(lines), page = layout.text()
        #expect(layout.lines.map(\.text).sorted() == lines.map(\.text).sorted())
        #expect(layout.rows.flatMap(\.cells).flatMap { $0 }.sorted() == Array(lines.indices))
        #expect(page.omittedLines == 0 && page.spans.count == lines.count)
        let bytes = Array(page.text.utf8)
        for span in page.spans {
            let written = String(decoding: bytes[span.range], as: UTF8.self)
            #expect(written == layout.lines[span.line].text)
            #expect(page.lines(in: span.range) == [span.line])
        }
    }

    @Test func aBudgetEndsAtWholeRows() throws {
        let layout = PageLayout(try ReadingGolden.picture("table").textLines)
        let page = layout.text(budget: 70)
        #expect(page.text == "Quarter | Revenue | Costs | Profit\nQ1 | 12,400 | 9,150 | 3,250")
        #expect(page.omittedLines == 12)
        // Counted in words rather than characters.
        #expect(layout.text(budget: 7) { $0.split(separator: " ").count }.text == "Quarter | Revenue | Costs | Profit")
        #expect(layout.text(budget: 0).text.isEmpty && layout.text(budget: 0).omittedLines == 20)
    }

    /// Boxes anywhere, thousands of them, over each other: nothing is lost, and it does not take long.
    @Test func anyBoxesHaveAnOrder() {
        var seed: UInt64 = 7
        func next(_ limit: Int) -> Float {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int(seed >> 33) % limit)
        }
        for count in [1, 2, 17, 1000] {
            let words = (0..<count).map { _ in
                (next(2000), next(2000), ["a", "12", "some words here", "x:"][Int(next(4))])
            }
            let layout = PageLayout(page(words))
            #expect(layout.lines.count == count && layout.text().spans.count == count)
        }
    }
}
