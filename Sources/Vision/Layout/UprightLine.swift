import Foundation

/// A line's extent as seen by somebody who holds the page so that it can be read.
struct UprightLine: Sendable {
    /// Its place among the lines that were given.
    let index: Int
    let text: String
    /// Two signs of Chinese count as a word.
    let wordCount: Float
    /// An amount, a date, a share: more digits than letters.
    let isNumeric: Bool
    let left: Float
    let right: Float
    /// Of its middle.
    let y: Float
    let height: Float

    var width: Float { right - left }
    var x: Float { (left + right) / 2 }
    /// The part of its height that belongs to it alone where lines stand close.
    var core: ClosedRange<Float> { y - 0.3 * height...y + 0.3 * height }

    /// All lines, turned so that most of what is written runs to the right.
    static func all(_ lines: [TextLine]) -> [UprightLine] {
        let runs = lines.map(\.run)
        let sum = runs.reduce((x: Float(0), y: Float(0))) { ($0.x + $1.x, $0.y + $1.y) }
        let length = (sum.x * sum.x + sum.y * sum.y).squareRoot()
        let axis = length > 0 ? (x: sum.x / length, y: sum.y / length) : (x: 1, y: 0)
        return lines.enumerated().map { UprightLine($1, index: $0, axis: axis) }
    }

    private init(_ line: TextLine, index: Int, axis: (x: Float, y: Float)) {
        let corners = line.place.corners
        let along = corners.map { $0.x * axis.x + $0.y * axis.y }
        let across = corners.map { $0.y * axis.x - $0.x * axis.y }
        let scalars = line.text.unicodeScalars
        (self.index, text) = (index, line.text.trimmingCharacters(in: .whitespaces))
        wordCount =
            Float(text.split(separator: " ").count) + Float(scalars.count { $0.properties.isIdeographic }) / 2
        let digits = scalars.count { $0.properties.numericType != nil && !$0.properties.isIdeographic }
        isNumeric = digits > 0 && digits >= scalars.count { $0.properties.isAlphabetic }
        left = along.min() ?? 0
        right = along.max() ?? 0
        let top = across.min() ?? 0, bottom = across.max() ?? 0
        y = (top + bottom) / 2
        let run = line.run, length = (run.x * run.x + run.y * run.y).squareRoot()
        // A line that is a little aslant is not as high as what it reaches over.
        let isAlong = length > 0 && abs(run.x * axis.x + run.y * axis.y) > 0.94 * length
        let own =
            (line.place.topLeft.distance(to: line.place.bottomLeft)
                + line.place.topRight.distance(to: line.place.bottomRight)) / 2
        height = max(1, isAlong ? own : bottom - top)
    }
}

extension TextLine {
    /// From its first character to its last.
    fileprivate var run: (x: Float, y: Float) {
        (
            (place.topRight.x - place.topLeft.x + place.bottomRight.x - place.bottomLeft.x) / 2,
            (place.topRight.y - place.topLeft.y + place.bottomRight.y - place.bottomLeft.y) / 2
        )
    }
}

extension Collection<UprightLine> {
    var medianHeight: Float {
        let heights = map(\.height).sorted()
        return heights.isEmpty ? 1 : heights[heights.count / 2]
    }
}

extension String {
    var hasLetter: Bool { unicodeScalars.contains { $0.properties.isAlphabetic } }
}
