/// The windows that convolutions and pools read pictures by.
public struct Window2D: Sendable, Equatable {
    /// Pixels around a picture, of which a window reads zeros, or nothing.
    public struct Edges: Sendable, Equatable {
        public var top: Int
        public var left: Int
        public var bottom: Int
        public var right: Int

        public init(top: Int = 0, left: Int = 0, bottom: Int = 0, right: Int = 0) {
            (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
        }

        /// As many on each side.
        public init(_ all: Int) { self.init(top: all, left: all, bottom: all, right: all) }
    }

    /// How wide the edges are.
    public enum Padding: Sendable, Equatable {
        case fixed(Edges)
        /// As many pixels as it takes for a window to begin at every stride, half of them before and after; an odd one goes
        /// behind (upper, TensorFlow's SAME) or in front (lower).
        case sameUpper, sameLower

        public static let none = Padding.fixed(Edges())
    }

    /// Pixels that a window reads.
    public var kernel: Extent
    /// From one window to the next.
    public var stride: Extent
    /// From one pixel of a window to the next.
    public var dilation: Extent
    public var padding: Padding
    /// Whether a last window may begin inside and end beyond the edges.
    public var roundsUp: Bool

    /// - Precondition: All of them are positive, edges not negative.
    public init(
        _ kernel: Extent, stride: Extent = Extent(1, 1), dilation: Extent = Extent(1, 1), padding: Padding = .none,
        roundsUp: Bool = false
    ) {
        for extent in [kernel, stride, dilation] {
            precondition(extent.height > 0 && extent.width > 0, "a window of nothing")
        }
        if case .fixed(let edges) = padding {
            precondition(min(edges.top, edges.left, edges.bottom, edges.right) >= 0, "negative edges")
        }
        (self.kernel, self.stride, self.dilation, self.padding) = (kernel, stride, dilation, padding)
        self.roundsUp = roundsUp
    }

    /// Pixels that a window reaches over.
    public var span: Extent {
        Extent((kernel.height - 1) * dilation.height + 1, (kernel.width - 1) * dilation.width + 1)
    }

    /// Around a picture of that size.
    public func edges(_ size: Extent) -> Edges {
        func total(_ size: Int, _ stride: Int, _ span: Int) -> Int {
            max(0, ((size + stride - 1) / stride - 1) * stride + span - size)
        }
        switch padding {
        case .fixed(let edges): return edges
        case .sameUpper, .sameLower:
            let down = total(size.height, stride.height, span.height)
            let across = total(size.width, stride.width, span.width)
            let lower = padding == .sameLower ? 1 : 0
            let top = (down + lower) / 2, left = (across + lower) / 2
            return Edges(top: top, left: left, bottom: down - top, right: across - left)
        }
    }

    /// How many windows there are in a picture of that size.
    public func count(_ size: Extent) -> Extent {
        let edges = edges(size)
        func windows(_ size: Int, _ before: Int, _ after: Int, _ span: Int, _ stride: Int) -> Int {
            let room = size + before + after - span
            guard size > 0, room >= 0 else { return 0 }
            let count = room / stride + 1
            // One that begins beyond the picture would read nothing at all.
            return roundsUp && room % stride != 0 && count * stride < size + before ? count + 1 : count
        }
        return Extent(
            windows(size.height, edges.top, edges.bottom, span.height, stride.height),
            windows(size.width, edges.left, edges.right, span.width, stride.width))
    }
}
