public import TuttiImages

extension PageLayout {
    /// The text layer of a document's page in the order of reading: nothing was guessed, so every line is certain.
    public init(layer: [PDFLine]) {
        self.init(
            layer.map { line in
                TextLine(
                    text: line.text, confidence: 1,
                    place: Quadrilateral(
                        topLeft: .init(x: line.left, y: line.top), topRight: .init(x: line.right, y: line.top),
                        bottomRight: .init(x: line.right, y: line.bottom),
                        bottomLeft: .init(x: line.left, y: line.bottom)))
            })
    }
}
