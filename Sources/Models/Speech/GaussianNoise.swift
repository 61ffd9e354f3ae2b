import TuttiTensors

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

    private static let increment: UInt64 = 0x9e37_79b9_7f4a_7c15
    /// Pairs of numbers that one thread makes at once.
    private static let pairsAtOnce = 1024

    /// The number that a generator in this state gives.
    private static func number(_ state: UInt64) -> UInt64 {
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// `count` numbers of mean 0 and variance 1.
    mutating func numbers(_ count: Int, _ pool: ComputePool) -> [Float] {
        let pairs = (count + 1) / 2, start = state, atOnce = Self.pairsAtOnce
        state &+= UInt64(2 * pairs) &* Self.increment
        var numbers = [Float](repeating: 0, count: 2 * pairs)
        unsafe numbers.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            pool.run((pairs + atOnce - 1) / atOnce) { chunk, _ in
                for pair in chunk * atOnce..<min(pairs, (chunk + 1) * atOnce) {
                    let state = start &+ UInt64(2 * pair + 1) &* Self.increment
                    // In (0, 1]: the logarithm of none is infinite.
                    let first = Float(Self.number(state) >> 40 + 1) / Float(1 << 24)
                    let second = Float(Self.number(state &+ Self.increment) >> 40) / Float(1 << 24)
                    let radius = (-2 * log(first)).squareRoot(), angle = 2 * Float.pi * second
                    unsafe base[2 * pair] = radius * cos(angle)
                    unsafe base[2 * pair + 1] = radius * sin(angle)
                }
            }
        }
        if numbers.count > count { numbers.removeLast() }
        return numbers
    }
}
