/// e^x for x ≤ 0 as arithmetic that the compiler turns into SIMD, which a call of the C library bars; 0 below −87,
/// where the result would be no normal number. Relative error below 2⁻²²; −∞ gives 0.
///
/// x = n·ln 2 + r with n rounded by adding 1.5·2²³ (so that its bits are the last of the sum) and ln 2 in two parts, so
/// that r is exact; then a polynomial for e^r on |r| ≤ ln 2 / 2, and n goes into the exponent.
/// - SeeAlso: Cody and Waite 1980, "Software manual for the elementary functions", chapter 6; the coefficients are
///   those of Moshier's Cephes library, `expf`.
@inline(__always)
func exponential(_ x: Float) -> Float {
    let clamped = x < -87 ? -87 : x
    let shifted = clamped * 1.442_695_04 + 12_582_912
    let n = shifted - 12_582_912
    let r = (clamped - n * 0.693_359_375) + n * 2.121_944_40e-4
    var p: Float = 1.987_569_150_0e-4
    p = p * r + 1.398_199_950_7e-3
    p = p * r + 8.333_451_907_3e-3
    p = p * r + 4.166_579_589_4e-2
    p = p * r + 1.666_666_545_9e-1
    p = p * r + 5.000_000_120_1e-1
    let e = p * r * r + r + 1
    let scaled = Float(bitPattern: e.bitPattern &+ (shifted.bitPattern &<< 23))
    return x < -87 ? 0 : scaled
}
