/// Philox4x32-10, a counter-based random number generator: the numbers of a step are a function of seed and step alone,
/// so that they do not depend on threads, on what other sequences do, or on what was drawn before.
/// - SeeAlso: Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3".
package struct Philox: Sendable {
    private let key: SIMD2<UInt32>

    package init(seed: UInt64) { key = [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)] }

    /// The four words of one counter.
    package func words(at counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
        var x = counter, key = key
        for _ in 0..<10 {
            let a = x[0].multipliedFullWidth(by: 0xD251_1F53), b = x[2].multipliedFullWidth(by: 0xCD9E_8D57)
            x = [b.high ^ x[1] ^ key[0], b.low, a.high ^ x[3] ^ key[1], a.low]
            key = [key[0] &+ 0x9E37_79B9, key[1] &+ 0xBB67_AE85]
        }
        return x
    }

    /// A number in 0..<1, uniform, of 53 bits.
    package func uniform(step: UInt64) -> Double {
        let x = words(at: [UInt32(truncatingIfNeeded: step), UInt32(truncatingIfNeeded: step >> 32), 0, 0])
        let bits = UInt64(x[0]) << 32 | UInt64(x[1])
        return Double(bits >> 11) * 0x1p-53
    }
}
