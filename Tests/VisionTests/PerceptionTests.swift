import Testing
import TuttiVision

@Suite struct PerceptionTests {
    private func label(_ name: String, _ confidence: Float) -> PictureLabel {
        PictureLabel(index: 0, name: name, confidence: confidence)
    }

    @Test func namesAreSaidWhereTheyAreSure() {
        let cats = [label("Egyptian cat", 0.39), label("tiger cat", 0.36), label("tabby", 0.16), label("lynx", 0.02)]
        #expect(cats.worthSaying.map(\.name) == ["Egyptian cat", "tiger cat", "tabby"])
        #expect([label("espresso", 0.92), label("cup", 0.02)].worthSaying.map(\.name) == ["espresso"])
        #expect([label("maze", 0.253), label("racket", 0.11)].worthSaying.isEmpty)
        #expect([PictureLabel]().worthSaying.isEmpty)
    }

    @Test func whatWasFoundIsText() throws {
        let layout = PageLayout(try ReadingGolden.picture("noisy").textLines)
        let perception = Perception(width: 1, height: 1, layout: layout, labels: [label("street sign", 0.87)])
        #expect(
            perception.text() == """
                Written in the picture:
                Speed limit 40 in this area
                Parking for residents only
                Fine: 75 pounds
                It seems to show: street sign (87 %).
                """)
        #expect(
            Perception(width: 1, height: 1, layout: PageLayout([]), labels: [label("maze", 0.2)]).text()
                == "Nothing written was found in the picture.")
    }

    @Test func nothingIsNamedOfAPage() throws {
        let layout = PageLayout(try ReadingGolden.picture("receipt").textLines)
        let perception = Perception(width: 1, height: 1, layout: layout, labels: [label("menu", 0.38)])
        #expect(perception.names.isEmpty && !perception.text().contains("menu"))
    }

    @Test(arguments: [0, 60, 100, 130, 1000])
    func textKeepsToItsBudgetAndSaysSo(budget: Int) throws {
        let layout = PageLayout(try ReadingGolden.picture("receipt").textLines)
        let text = Perception(width: 1, height: 1, layout: layout, labels: []).text(budget: budget)
        #expect(text.contains("left out)") == (budget < 1000))
        // What says that something was left out is always there.
        #expect(text.count <= max(budget, 70))
    }

    @Test func anAnswerPointsBackToWhereItWasRead() throws {
        let picture = try ReadingGolden.picture("form")
        let perception = Perception(
            width: picture.width, height: picture.height, layout: PageLayout(picture.textLines), labels: [])
        #expect(perception.lines(saying: "margaret ellis").map(\.text) == ["Margaret Ellis"])
        #expect(perception.lines(saying: "EH68PL").map(\.text) == ["EH6 8PL"])
        // Over more than one line.
        #expect(perception.lines(saying: "Street: 7 Harbour View").map(\.text) == ["Street", "7 Harbour View"])
        let place = try #require(perception.lines(saying: "23 March").first?.place)
        #expect(place == picture.lines.first { $0.text.contains("March") }?.place())
        #expect(perception.lines(saying: "Peter").isEmpty && perception.lines(saying: " - ").isEmpty)
    }
}
