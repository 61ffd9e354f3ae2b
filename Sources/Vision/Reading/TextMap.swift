import Foundation

/// What detection says of a picture: for each point of a map of it how likely text is there, and so where text stands.
///
/// - SeeAlso: Liao et al. 2019, "Real-time Scene Text Detection with Differentiable Binarization", arXiv:1911.08947,
///   section 3.4; the thresholds are those that PP-OCR's weights are shipped with.
package struct TextMap: Sendable {
    package let width: Int
    package let height: Int
    /// `[height, width]`, 0 to 1.
    package let probabilities: [Float]

    /// Above this a point belongs to text.
    static let pointThreshold: Float = 0.3
    /// A region of a lower mean is none.
    static let regionThreshold: Float = 0.5
    /// The most regions that are looked at: the largest.
    static let mostRegions = 1000
    /// Text stands out of its region by this much of area over perimeter.
    static let growth: Double = 1.6
    /// In points of the map, of a region before and after it grows.
    static let smallestSide: Float = 3
    static let smallestGrownSide: Float = 5

    /// - Precondition: There are as many probabilities as points.
    package init(width: Int, height: Int, probabilities: [Float]) {
        precondition(probabilities.count == width * height, "\(probabilities.count) points of \(width) × \(height)")
        (self.width, self.height, self.probabilities) = (width, height, probabilities)
    }

    /// Where text stands in the picture that this is the map of, on whole pixels, in no order to speak of.
    package func places(pictureWidth: Int, pictureHeight: Int) -> [Quadrilateral] {
        var regions = regions()
        if regions.count > TextMap.mostRegions {
            regions = Array(regions.sorted { $0.pointCount > $1.pointCount }.prefix(TextMap.mostRegions))
        }
        return regions.compactMap { place(of: $0, pictureWidth, pictureHeight) }
    }

    /// Regions of points above the threshold, each of which sets its neighbours to the right and below as well.
    private func regions() -> [MaskRegion] {
        unsafe probabilities.withUnsafeBufferPointer { all in
            MaskRegion.all(width: width, height: height) { y, points in
                let row = y * width, above = y > 0 ? row - width : row
                var before = false
                for x in 0..<width {
                    let set = unsafe max(all[row + x], all[above + x]) > TextMap.pointThreshold
                    points[x] = set || before
                    before = set
                }
            }
        }
    }

    private func place(of region: MaskRegion, _ pictureWidth: Int, _ pictureHeight: Int) -> Quadrilateral? {
        let kernel = EnclosingRectangle(around: ConvexHull(region.ends))
        guard kernel.shortSide >= TextMap.smallestSide, mean(inside: kernel.place) >= TextMap.regionThreshold else {
            return nil
        }
        let distance = Double(kernel.area) * TextMap.growth / Double(kernel.perimeter)
        let corners = kernel.place.corners.map { GridPoint(x: Int($0.x), y: Int($0.y)) }
        let grown = EnclosingRectangle(around: ConvexHull(Outline.grown(corners, by: distance)))
        guard grown.shortSide >= TextMap.smallestGrownSide else { return nil }
        func scaled(_ value: Float, _ from: Int, _ to: Int) -> Float {
            min(max((value / Float(from) * Float(to)).rounded(.toNearestOrEven), 0), Float(to))
        }
        var place = Quadrilateral(
            ordering: grown.place.corners.map {
                Quadrilateral.Point(x: scaled($0.x, width, pictureWidth), y: scaled($0.y, height, pictureHeight))
            })
        place = place.map {
            Quadrilateral.Point(x: min($0.x, Float(pictureWidth - 1)), y: min($0.y, Float(pictureHeight - 1)))
        }
        // Sides are counted in whole pixels.
        guard Int(place.topLeft.distance(to: place.topRight)) > 3, Int(place.topLeft.distance(to: place.bottomLeft)) > 3
        else { return nil }
        return place
    }

    /// The mean of the points inside a place and on its sides.
    private func mean(inside place: Quadrilateral) -> Float {
        let corners = place.corners
        func bound(_ values: [Float], _ limit: Int) -> ClosedRange<Int> {
            let low = values.min() ?? 0, high = values.max() ?? 0
            return min(max(Int(low.rounded(.down)), 0), limit)...min(max(Int(high.rounded(.up)), 0), limit)
        }
        let columns = bound(corners.map(\.x), width - 1), rows = bound(corners.map(\.y), height - 1)
        // Cut off to whole points, as seen from the upper left of what is looked at.
        let whole = corners.map {
            GridPoint(
                x: columns.lowerBound + Int($0.x - Float(columns.lowerBound)),
                y: rows.lowerBound + Int($0.y - Float(rows.lowerBound)))
        }
        var sum: Float = 0, count = 0
        for y in rows {
            guard let span = TextMap.span(of: whole, row: y) else { continue }
            let from = max(span.lowerBound, columns.lowerBound), to = min(span.upperBound, columns.upperBound)
            guard from <= to else { continue }
            for x in from...to { sum += probabilities[y * width + x] }
            count += to - from + 1
        }
        return count == 0 ? 0 : sum / Float(count)
    }

    /// Which points of a row belong to a convex polygon, those on its sides among them.
    private static func span(of polygon: [GridPoint], row: Int) -> ClosedRange<Int>? {
        var low = Int.max, high = Int.min
        for (index, a) in polygon.enumerated() {
            let b = polygon[(index + 1) % polygon.count]
            let top = min(a.y, b.y), bottom = max(a.y, b.y)
            guard top <= row, row <= bottom else { continue }
            if top == bottom {
                low = min(low, a.x, b.x)
                high = max(high, a.x, b.x)
                continue
            }
            // A side that lies flat passes through several points of a row.
            let slope = Double(b.x - a.x) / Double(b.y - a.y)
            for edge in [Double(row) - 0.5, Double(row), Double(row) + 0.5] {
                let y = min(max(edge, Double(top)), Double(bottom))
                let x = Int((Double(a.x) + (y - Double(a.y)) * slope).rounded())
                low = min(low, x)
                high = max(high, x)
            }
        }
        return low <= high ? low...high : nil
    }
}

extension Quadrilateral {
    func map(_ change: (Point) -> Point) -> Quadrilateral {
        Quadrilateral(
            topLeft: change(topLeft), topRight: change(topRight), bottomRight: change(bottomRight),
            bottomLeft: change(bottomLeft))
    }
}

extension Quadrilateral.Point {
    func distance(to other: Quadrilateral.Point) -> Float {
        let dx = other.x - x, dy = other.y - y
        return (dx * dx + dy * dy).squareRoot()
    }
}

extension [Quadrilateral] {
    /// From the top on, those of about one height from the left on.
    func inLines() -> [Quadrilateral] {
        let byHeight = enumerated().sorted { ($0.element.topLeft.y, $0.offset) < ($1.element.topLeft.y, $1.offset) }
            .map(\.element)
        var line = 0, numbered: [(line: Int, place: Quadrilateral)] = []
        for (index, place) in byHeight.enumerated() {
            if index > 0, place.topLeft.y - byHeight[index - 1].topLeft.y >= 10 { line += 1 }
            numbered.append((line, place))
        }
        return numbered.enumerated().sorted {
            ($0.element.line, $0.element.place.topLeft.x, $0.offset)
                < ($1.element.line, $1.element.place.topLeft.x, $1.offset)
        }.map(\.element.place)
    }
}
