#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Step {
    /// The angles of rows that have a place on several axes: of each axis a stretch of the pairs, in their order.
    /// - Parameters:
    ///   - places: For each axis the place of every row.
    ///   - frequencies: What a pair of any axis turns by from one place to the next, in radians.
    /// - Returns: Angles for heads of at least `2 · places.count · frequencies.count` numbers, in half-split pairs.
    /// - SeeAlso: Wang et al. 2024, arXiv:2409.12191, section 2.1 (rotary positions in two dimensions).
    public func angles(places: [[Int32]], frequencies: [Float]) -> RopeAngles {
        let count = frequencies.count, rows = places.first?.count ?? 0
        precondition(places.allSatisfy { $0.count == rows }, "angles: axes of different length")
        let cosines = scratch(rows, places.count * count), sines = scratch(rows, places.count * count)
        split(rows, width: 16 * cosines.width) { range in
            for row in range {
                let cosine = unsafe cosines.row(row), sine = unsafe sines.row(row)
                for (axis, places) in places.enumerated() {
                    for pair in 0..<count {
                        let angle = Float(places[row]) * frequencies[pair]
                        unsafe cosine[axis * count + pair] = cosf(angle)
                        unsafe sine[axis * count + pair] = sinf(angle)
                    }
                }
            }
        }
        return RopeAngles(cosines: cosines, sines: sines, pairs: .halves)
    }
}
