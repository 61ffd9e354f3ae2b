public import Foundation
public import TuttiImages
public import TuttiModels
public import TuttiTensors

/// Reads what is written in a picture: where lines stand, which way they are turned, what they say.
///
/// The steps and their numbers are those of RapidOCR 3.10, whose results these are within two pixels.
public struct TextReader: Sendable {
    private let detector: TextDetector
    private let direction: TextDirection
    private let recognizer: TextRecognizer

    /// Lines that are read in one go, all as wide as the widest of them.
    private static let batchSize = 6
    /// The least width over height that lines of a batch are filled up to, and the most that a line is read at.
    private static let shortestRatio: Double = 320 / 48
    private static let longestRatio: Double = 128
    /// A line is turned where it is surer than this to stand on its head.
    private static let turningThreshold: Float = 0.9
    /// Lines that are less sure are left out.
    private static let confidenceThreshold: Float = 0.5
    /// A line that is higher than it is wide by this much is one that runs upwards.
    private static let uprightRatio: Double = 1.5

    public init(detector: TextDetector, direction: TextDirection, recognizer: TextRecognizer) {
        (self.detector, self.direction, self.recognizer) = (detector, direction, recognizer)
    }

    /// Loads the three graphs out of a folder; see ``SeeingModelForm``.
    /// - Throws: ``PictureReaderError``, `CheckpointError`, `GraphError` or `ModelError`.
    public init(folder: URL, pool: ComputePool) throws {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let paths = SeeingModelForm.graphParts.compactMap { part in
            SeeingModelForm.graph(part, among: names).map { folder.appending(path: $0).path }
        }
        guard paths.count == 3 else { throw PictureReaderError.readsNothing(folder.path) }
        self.init(
            detector: try TextDetector(path: paths[0], pool: pool),
            direction: try TextDirection(path: paths[1], pool: pool),
            recognizer: try TextRecognizer(path: paths[2], pool: pool))
    }

    /// Reads a picture.
    /// - Returns: Lines from the top on, those of about one height from the left on; see ``PageLayout`` for the order
    ///   in which people read them.
    /// - Throws: `GraphError` where a graph is none of its kind; `CancellationError`.
    public func read(
        _ original: Picture, _ step: Step, isCancelled: () -> Bool = { false }
    ) throws -> [TextLine] {
        let readable = ReadablePicture(original), picture = readable.picture
        let looked = readable.forDetection()
        let map = TextMap(
            width: looked.width, height: looked.height,
            probabilities: try detector.probabilities(of: looked, step, isCancelled: isCancelled))
        let places = map.places(pictureWidth: picture.width, pictureHeight: picture.height).inLines()
        var lines = places.map { LineImage($0, in: picture) }
        try turnOver(&lines, step, isCancelled)
        let readings = try read(lines.map(\.picture), step, isCancelled)
        return zip(lines, readings).compactMap { line, reading in
            guard reading.confidence >= Self.confidenceThreshold, reading.text.contains(where: { !$0.isWhitespace })
            else { return nil }
            return TextLine(
                text: reading.text, confidence: reading.confidence, place: readable.original(line.place))
        }
    }

    /// Turns over the lines that stand on their heads.
    private func turnOver(_ lines: inout [LineImage], _ step: Step, _ isCancelled: () -> Bool) throws {
        for start in stride(from: 0, to: lines.count, by: Self.batchSize) {
            let part = start..<min(start + Self.batchSize, lines.count)
            let scaled = lines[part].map {
                $0.picture.line(height: TextDirection.lineHeight, atMost: TextDirection.lineWidth)
            }
            let chances = try direction.probabilities(of: scaled, step, isCancelled: isCancelled)
            for (index, chance) in zip(part, chances) where chance > Self.turningThreshold { lines[index].turnOver() }
        }
    }

    /// Reads lines, those of about one length together.
    private func read(
        _ lines: [Picture], _ step: Step, _ isCancelled: () -> Bool
    ) throws -> [TextRecognizer.Reading] {
        let height = TextRecognizer.lineHeight
        let ratios = lines.map { min(Double($0.width) / Double($0.height), Self.longestRatio) }
        let order = lines.indices.sorted { (ratios[$0], $0) < (ratios[$1], $1) }
        var readings = [TextRecognizer.Reading](repeating: .init(text: "", confidence: 0), count: lines.count)
        for start in stride(from: 0, to: order.count, by: Self.batchSize) {
            let part = order[start..<min(start + Self.batchSize, order.count)]
            let widest = part.map { ratios[$0] }.max() ?? 0
            let width = Int(Double(height) * max(widest, Self.shortestRatio))
            let scaled = part.map { lines[$0].line(height: height, atMost: width) }
            for (index, reading) in zip(part, try recognizer.read(scaled, width: width, step, isCancelled: isCancelled))
            { readings[index] = reading }
        }
        return readings
    }

    /// A line cut out of its picture.
    private struct LineImage {
        var picture: Picture
        /// Where it stands, from its first character on.
        var place: Quadrilateral

        init(_ place: Quadrilateral, in whole: Picture) {
            let width = max(
                place.topLeft.distance(to: place.topRight), place.bottomRight.distance(to: place.bottomLeft))
            let height = max(
                place.topLeft.distance(to: place.bottomLeft), place.topRight.distance(to: place.bottomRight))
            let cut = whole.warped(
                corners: place.corners.map { PicturePoint(x: Double($0.x), y: Double($0.y)) }, width: Int(width),
                height: Int(height))
            guard Double(cut.height) >= TextReader.uprightRatio * Double(cut.width) else {
                (picture, self.place) = (cut, place)
                return
            }
            picture = cut.rotated(quarterTurns: -1)
            self.place = Quadrilateral(
                topLeft: place.topRight, topRight: place.bottomRight, bottomRight: place.bottomLeft,
                bottomLeft: place.topLeft)
        }

        mutating func turnOver() {
            picture = picture.rotated(quarterTurns: 2)
            place = Quadrilateral(
                topLeft: place.bottomRight, topRight: place.bottomLeft, bottomRight: place.topLeft,
                bottomLeft: place.topRight)
        }
    }
}

extension Picture {
    /// Scaled to a height, its proportions kept as far as the width allows.
    fileprivate func line(height: Int, atMost width: Int) -> Picture {
        let ratio = Double(self.width) / Double(self.height)
        return resizedAsOpenCV(width: min(width, Int((Double(height) * ratio).rounded(.up))), height: height)
    }
}
