import CKernels

extension Step {
    /// `y[e, p, c] = x[e, p, c] · scale[e, c] + added[e, p, c]`, of which either may be left out.
    /// - Parameters:
    ///   - scale: `[examples, channels]`.
    ///   - added: Of `x`'s channels, and of its size after each pixel is repeated `repeats` times.
    ///   - y: Of `x`'s shape; may be `x`.
    package func scale(
        _ x: FeatureMap, by scale: Tensor?, adding added: FeatureMap?, repeats: Extent = Extent(1, 1),
        into y: FeatureMap
    ) {
        precondition(
            scale.map { $0.rows == x.examples && $0.width == x.channels } ?? true, "scale: another count of factors")
        precondition(
            added.map {
                $0.channels == x.channels && $0.examples == x.examples && $0.height * repeats.height == x.height
                    && $0.width * repeats.width == x.width
            } ?? true, "scale: adding another shape")
        precondition(y.size == x.size && y.examples == x.examples && y.channels == x.channels, "scale: into another")
        split(x.examples * x.height, width: x.width * x.channels) { lines in
            for index in lines {
                let example = index / max(1, x.height), line = index % max(1, x.height)
                let factors = unsafe scale.map { unsafe UnsafePointer($0.row(example)) }
                let other = unsafe added.map { unsafe UnsafePointer($0.line(example, line / repeats.height)) }
                unsafe tutti_scale_add_f32(
                    y.line(0, index), x.line(0, index), factors, other, repeats.width, x.width, x.channels)
            }
        }
    }

    /// Copies `x`, each pixel repeated, over the channels of `y` from `channel` on.
    package func copy(_ x: FeatureMap, repeats: Extent = Extent(1, 1), into y: FeatureMap, at channel: Int) {
        precondition(
            y.examples == x.examples && y.height == x.height * repeats.height && y.width == x.width * repeats.width
                && channel >= 0 && channel + x.channels <= y.channels, "copy: \(x.size) into \(y.size)")
        split(y.examples * y.height, width: y.width * x.channels) { lines in
            for index in lines {
                let from = unsafe x.line(index / y.height, index % y.height / repeats.height)
                let to = unsafe y.line(0, index) + channel
                if x.channels == y.channels && repeats.width == 1 {
                    unsafe to.update(from: from, count: x.width * x.channels)
                    continue
                }
                for place in 0..<x.width {
                    for copy in 0..<repeats.width {
                        unsafe (to + (place * repeats.width + copy) * y.channels).update(
                            from: from + place * x.channels, count: x.channels)
                    }
                }
            }
        }
    }
}
