/// OpenCV's interpolations that are matched here.
public enum OpenCVInterpolation: Sendable {
    /// `cv2.INTER_LINEAR`: two pixels in each direction, without antialiasing; equal in every byte.
    case linear
    /// `cv2.INTER_CUBIC`: four pixels in each direction, without antialiasing; equal within one step.
    case cubic
}

extension Picture {
    /// The picture in another size, equal to OpenCV's `resize`.
    ///
    /// Weights have 11 bits behind the point as there, and linear sums lose the same bits on the way.
    /// - Precondition: `width` and `height` are positive.
    public func resizedAsOpenCV(
        width: Int, height: Int, interpolation: OpenCVInterpolation = .linear
    ) -> Picture {
        precondition(width > 0 && height > 0, "resizedAsOpenCV: \(width) × \(height)")
        if width == self.width, height == self.height { return self }
        let columns = OpenCVTaps(interpolation, from: self.width, to: width, isAcross: true)
        let rows = OpenCVTaps(interpolation, from: self.height, to: height, isAcross: false)
        var result = [UInt8](repeating: 0, count: width * height * 3)
        // Rows made across, kept for as long as the next row of the result may look at them.
        var ring = (0..<rows.count).map { _ in [Int32](repeating: 0, count: width * 3) }
        var held = [Int](repeating: -1, count: rows.count)
        for row in 0..<height {
            for tap in 0..<rows.count {
                let wanted = rows.places[row * rows.count + tap]
                if held[wanted % rows.count] != wanted {
                    held[wanted % rows.count] = wanted
                    columns.apply(to: pixels, start: wanted * self.width * 3, into: &ring[wanted % rows.count])
                }
            }
            rows.combine(row, of: ring, into: &result)
        }
        return Picture(width: width, height: height, pixels: result)
    }
}

/// Which pixels along a side each pixel of the result is made of, with weights of 2048ths.
private struct OpenCVTaps {
    /// For each pixel of the result: 2 for linear, 4 for cubic.
    let count: Int
    /// `[pixels, count]`: pixels of the source, those outside of it moved to its edge.
    let places: [Int]
    /// `[pixels, count]`.
    let weights: [Int32]

    init(_ interpolation: OpenCVInterpolation, from size: Int, to count: Int, isAcross: Bool) {
        let scale = 1 / (Double(count) / Double(size))
        var places: [Int] = [], weights: [Int32] = []
        for index in 0..<count {
            let exact = Float((Double(index) + 0.5) * scale - 0.5)
            var first = Int(exact.rounded(.down)), fraction = exact - exact.rounded(.down)
            switch interpolation {
            case .linear:
                // Across, what would reach over an edge is the edge's pixel; down, both of its pixels are, which rounds
                // differently.
                if isAcross, first < 0 { (first, fraction) = (0, 0) }
                if isAcross, first >= size - 1 { (first, fraction) = (size - 1, 0) }
                weights += [1 - fraction, fraction].map { Int32(($0 * 2048).rounded(.toNearestOrEven)) }
                places += [first, first + 1].map { max(0, min($0, size - 1)) }
            case .cubic:
                let near = Double(fraction)
                let three = [1 + near, near, 1 - near].map { Float(ResizeFilter.cubic($0, sharpness: -0.75)) }
                weights += (three + [1 - three[0] - three[1] - three[2]]).map {
                    Int32(($0 * 2048).rounded(.toNearestOrEven))
                }
                places += (-1...2).map { max(0, min(first + $0, size - 1)) }
            }
        }
        (self.count, self.places, self.weights) = (interpolation == .linear ? 2 : 4, places, weights)
    }

    /// Makes one row: `[pixels, 3]`, in 2048ths.
    func apply(to pixels: [UInt8], start: Int, into row: inout [Int32]) {
        let source = pixels.span, places = places.span, weights = weights.span
        var target = row.mutableSpan
        if count == 2 {
            for index in 0..<target.count / 3 {
                let from = start + 3 * places[2 * index], to = start + 3 * places[2 * index + 1]
                let (p, q) = (weights[2 * index], weights[2 * index + 1])
                target[3 * index] = p &* Int32(source[from]) &+ q &* Int32(source[to])
                target[3 * index + 1] = p &* Int32(source[from + 1]) &+ q &* Int32(source[to + 1])
                target[3 * index + 2] = p &* Int32(source[from + 2]) &+ q &* Int32(source[to + 2])
            }
            return
        }
        for index in 0..<target.count / 3 {
            var (red, green, blue): (Int32, Int32, Int32) = (0, 0, 0)
            for tap in index * count..<(index + 1) * count {
                let from = start + 3 * places[tap], weight = weights[tap]
                red &+= weight &* Int32(source[from])
                green &+= weight &* Int32(source[from + 1])
                blue &+= weight &* Int32(source[from + 2])
            }
            target[3 * index] = red
            target[3 * index + 1] = green
            target[3 * index + 2] = blue
        }
    }

    /// Adds up the rows that row `index` of the result is made of; `ring` holds row r at r modulo ``count``.
    func combine(_ index: Int, of ring: [[Int32]], into result: inout [UInt8]) {
        let first = index * count
        func row(_ tap: Int) -> [Int32] { ring[places[first + tap] % count] }
        var target = result.mutableSpan
        let upper = row(0), lower = row(1), start = index * upper.count
        let a = upper.span, b = lower.span
        if count == 2 {
            let (p, q) = (weights[first], weights[first + 1])
            for place in a.indices {
                // The low bits go in two steps, so that 16-bit vectors can do it.
                let sum = (p &* (a[place] >> 4)) >> 16 &+ (q &* (b[place] >> 4)) >> 16
                target[start + place] = UInt8(truncatingIfNeeded: max(0, min(255, (sum &+ 2) >> 2)))
            }
        } else {
            let third = row(2), fourth = row(3), c = third.span, d = fourth.span
            let (p, q, r, s) = (weights[first], weights[first + 1], weights[first + 2], weights[first + 3])
            for place in a.indices {
                let sum = p &* a[place] &+ q &* b[place] &+ r &* c[place] &+ s &* d[place] &+ (1 << 21)
                target[start + place] = UInt8(truncatingIfNeeded: max(0, min(255, sum >> 22)))
            }
        }
    }
}
