/// The telephone's eight bits a sample (ITU-T G.711, 1988): logarithmic steps, finest where it is quiet.
public enum G711: Sendable {
    /// North America and Japan.
    case muLaw
    /// Elsewhere.
    case aLaw

    /// Samples from -1 to 1, of codes.
    public func decode(_ codes: some Sequence<UInt8>) -> [Float] {
        switch self {
        case .muLaw: codes.map { Float(G711.muLawValues[Int($0)]) / 32768 }
        case .aLaw: codes.map { Float(G711.aLawValues[Int($0)]) / 32768 }
        }
    }

    /// Codes of samples; beyond full scale they are cut.
    public func encode(_ samples: some Sequence<Float>) -> [UInt8] {
        samples.map { sample in
            let value = Int((max(-1, min(1, sample.isNaN ? 0 : sample)) * 32767).rounded())
            return self == .muLaw ? G711.muLaw(value) : G711.aLaw(value)
        }
    }

    private static let muLawValues = (0...255).map { muLawValue(UInt8($0)) }
    private static let aLawValues = (0...255).map { aLawValue(UInt8($0)) }

    /// Table 2 of the recommendation: sign, three bits of segment, four of step, all turned over. 16 bits.
    private static func muLawValue(_ code: UInt8) -> Int {
        let bits = Int(~code)
        let magnitude = (((bits & 0x0F) << 3) + 0x84) << ((bits >> 4) & 7)
        return bits & 0x80 == 0 ? magnitude - 0x84 : 0x84 - magnitude
    }

    private static func muLaw(_ value: Int) -> UInt8 {
        let sign = value < 0 ? 0x80 : 0
        let magnitude = min(abs(value), 32635) + 0x84
        let segment = max(0, Int.bitWidth - 1 - magnitude.leadingZeroBitCount - 7)
        let step = (magnitude >> (segment + 3)) & 0x0F
        return ~UInt8(sign | segment << 4 | step)
    }

    /// Table 1: the same with every second bit turned over, and two segments of one step's width at the bottom. 16 bits.
    private static func aLawValue(_ code: UInt8) -> Int {
        let bits = Int(code ^ 0x55), segment = (bits >> 4) & 7
        var magnitude = ((bits & 0x0F) << 4) + 8
        if segment > 0 { magnitude = (magnitude + 0x100) << (segment - 1) }
        return bits & 0x80 == 0 ? -magnitude : magnitude
    }

    private static func aLaw(_ value: Int) -> UInt8 {
        let isPositive = value >= 0
        let magnitude = min(isPositive ? value : -value - 1, 32767)
        let segment = max(0, Int.bitWidth - 1 - magnitude.leadingZeroBitCount - 7)
        let step = (magnitude >> (segment == 0 ? 4 : segment + 3)) & 0x0F
        return UInt8((isPositive ? 0x80 : 0) | segment << 4 | step) ^ 0x55
    }
}
