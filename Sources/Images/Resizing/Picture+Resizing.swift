/// A part of a picture, in pixels from its top left corner; edges may lie within pixels.
public struct PictureBox: Sendable, Hashable {
    public var left: Double
    public var top: Double
    public var right: Double
    public var bottom: Double

    public init(left: Double, top: Double, right: Double, bottom: Double) {
        (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
    }
}

extension Picture {
    /// The picture, or a part of it, in another size, equal to Pillow's `Image.resize`.
    ///
    /// Rows are resized and then columns, with 8 bits in between, in fixed point with 22 bits behind the point as there. Where
    /// a picture loses more than twice as many rows as columns, columns come first: so does Pillow from version 13 on.
    /// - Parameters:
    ///   - box: The part that is taken; all of the picture if nil.
    /// - Precondition: `width` and `height` are positive, `box` lies in the picture and is not empty.
    public func resized(width: Int, height: Int, filter: ResizeFilter, box: PictureBox? = nil) -> Picture {
        precondition(width > 0 && height > 0, "resized: \(width) × \(height)")
        let whole = PictureBox(left: 0, top: 0, right: Double(self.width), bottom: Double(self.height))
        let box = box ?? whole
        precondition(
            box.left >= 0 && box.top >= 0 && box.right <= whole.right && box.bottom <= whole.bottom
                && box.left < box.right && box.top < box.bottom, "resized: \(box) of \(self.width) × \(self.height)")
        if width == self.width, height == self.height, box == whole { return self }
        if filter == .nearest { return nearest(width: width, height: height, box: box) }

        let columns = ResizeWeights(filter, from: box.left, to: box.right, of: self.width, count: width)
        let rows = ResizeWeights(filter, from: box.top, to: box.bottom, of: self.height, count: height)
        let changesColumns = width != self.width || box.left != 0 || box.right != whole.right
        let changesRows = height != self.height || box.top != 0 || box.bottom != whole.bottom
        let result: [UInt8]
        if !changesRows {
            result = columns.applied(across: pixels, width: self.width, rows: 0..<height)
        } else if !changesColumns {
            result = rows.applied(down: pixels, rowBytes: 3 * width, firstRow: 0)
        } else if height < self.height, self.height - height > 2 * (self.width - width) {
            let low = rows.applied(down: pixels, rowBytes: 3 * self.width, firstRow: 0)
            result = columns.applied(across: low, width: self.width, rows: 0..<height)
        } else {
            // Only the rows that are looked at afterwards.
            let used = rows.starts[0]..<rows.starts[height - 1] + rows.counts[height - 1]
            let narrow = columns.applied(across: pixels, width: self.width, rows: used)
            result = rows.applied(down: narrow, rowBytes: 3 * width, firstRow: used.lowerBound)
        }
        return Picture(width: width, height: height, pixels: result)
    }

    private func nearest(width: Int, height: Int, box: PictureBox) -> Picture {
        // Places are summed up, not multiplied: Pillow's rounding.
        func places(_ count: Int, from start: Double, to end: Double, of size: Int) -> [Int] {
            let step = (end - start) / Double(count)
            var place = start + step * 0.5
            return (0..<count).map { _ in
                defer { place += step }
                return min(Int(place), size - 1)
            }
        }
        let columns = places(width, from: box.left, to: box.right, of: self.width)
        let rows = places(height, from: box.top, to: box.bottom, of: self.height)
        var result = [UInt8](repeating: 0, count: width * height * 3)
        var target = result.mutableSpan, place = 0
        let source = pixels.span, taken = columns.span
        for row in rows {
            for column in taken.indices {
                let from = 3 * (row * self.width + taken[column])
                target[place] = source[from]
                target[place + 1] = source[from + 1]
                target[place + 2] = source[from + 2]
                place += 3
            }
        }
        return Picture(width: width, height: height, pixels: result)
    }
}
