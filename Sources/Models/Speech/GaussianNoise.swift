#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Normally distributed numbers that a seed repeats: SplitMix64 (Steele, Lea and Flood 2014) through the transform of Box
/// and Muller (1958).
struct GaussianNoise {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// `count` numbers of mean 0 and variance 1.
    mutating func numbers(_ count: Int) -> [Float] {
        var numbers: [Float] = []
        numbers.reserveCapacity(count + 1)
        while numbers.count < count {
            // In (0, 1]: the logarithm of none is infinite.
            let first = Float(next() >> 40 + 1) / Float(1 << 24), second = Float(next() >> 40) / Float(1 << 24)
            let radius = (-2 * log(first)).squareRoot(), angle = 2 * Float.pi * second
            numbers.append(radius * cos(angle))
            numbers.append(radius * sin(angle))
        }
        if numbers.count > count { numbers.removeLast() }
        return numbers
    }
}
