import Foundation
import TestSupport
import TuttiVision

/// What RapidOCR reads in pictures that were drawn for it (scripts/goldens/make_ocr.py).
struct ReadingGolden: Decodable, Sendable {
    struct Line: Decodable, Sendable {
        let box: [[Float]]
        let text: String
        let score: Float

        /// As it was drawn, or upside down.
        func place(isTurned: Bool = false) -> Quadrilateral {
            let corners = box.map { Quadrilateral.Point(x: $0[0], y: $0[1]) }, first = isTurned ? 2 : 0
            return Quadrilateral(
                topLeft: corners[first], topRight: corners[first + 1], bottomRight: corners[(first + 2) % 4],
                bottomLeft: corners[(first + 3) % 4])
        }
    }

    struct Picture: Decodable, Sendable {
        let file: String
        let width: Int
        let height: Int
        /// What is really written in it.
        let drawn: [String]
        let lines: [Line]

        var textLines: [TextLine] {
            lines.map {
                TextLine(text: $0.text, confidence: $0.score, place: $0.place(isTurned: file.contains("upside-down")))
            }
        }
    }

    let pictures: [Picture]

    static let folder = goldens("VisionTests").appending(path: "ocr")
    static let all = Result {
        try JSONDecoder().decode(ReadingGolden.self, from: Data(contentsOf: folder.appending(path: "golden.json")))
    }

    static func picture(_ name: String) throws -> Picture {
        guard let picture = try all.get().pictures.first(where: { $0.file.contains(name) }) else {
            throw Missing(name: name)
        }
        return picture
    }

    struct Missing: Error { let name: String }
}
