import TuttiCheckpoints

/// A decimal number, exactly.
struct DecimalNumber: Hashable, Comparable {
    var isNegative = false
    /// Digits before the point without leading zeros, at least one; and behind it, without trailing ones.
    var whole: [UInt8] = [0], fraction: [UInt8] = []

    var isZero: Bool { whole == [0] && fraction.isEmpty }

    init(_ value: Int) { self.init(text: String(value)) }

    /// nil for what is no number, or none that can be written out.
    init?(_ value: JSON) {
        switch value {
        case .integer(let number): self.init(text: String(number))
        case .number(let number):
            guard number.isFinite else { return nil }
            self.init(text: number.description)
        default: return nil
        }
    }

    /// - Parameter text: A number as Swift writes it, `-12.5e-07`.
    private init(text: String) {
        var whole: [UInt8] = [], fraction: [UInt8] = [], exponent = "", part = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "-") where part == 0: isNegative = true
            case UInt8(ascii: "."): part = 1
            case UInt8(ascii: "e"), UInt8(ascii: "E"): part = 2
            default:
                if part == 0 { whole.append(byte - 0x30) }
                if part == 1 { fraction.append(byte - 0x30) }
                if part == 2 { exponent.append(Character(Unicode.Scalar(byte))) }
            }
        }
        var power = Int(exponent.replacing("+", with: "")) ?? 0
        while power > 0 {
            whole.append(fraction.isEmpty ? 0 : fraction.removeFirst())
            power -= 1
        }
        while power < 0 {
            fraction.insert(whole.popLast() ?? 0, at: 0)
            power += 1
        }
        while whole.count > 1, whole[0] == 0 { whole.removeFirst() }
        while fraction.last == 0 { fraction.removeLast() }
        self.whole = whole.isEmpty ? [0] : whole
        self.fraction = fraction
        if isZero { isNegative = false }
    }

    static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        let order = compare(left, right)
        return left.isNegative ? order > 0 : order < 0
    }

    /// -1, 0 or 1, without signs.
    private static func compare(_ left: DecimalNumber, _ right: DecimalNumber) -> Int {
        if left.whole.count != right.whole.count { return left.whole.count < right.whole.count ? -1 : 1 }
        if left.whole != right.whole { return left.whole.lexicographicallyPrecedes(right.whole) ? -1 : 1 }
        if left.fraction != right.fraction { return left.fraction.lexicographicallyPrecedes(right.fraction) ? -1 : 1 }
        return 0
    }

    /// The number without its point, and how many digits stood behind it; nil if it is too long.
    var scaled: (value: Int64, decimals: Int)? {
        guard whole.count + fraction.count <= 17 else { return nil }
        return ((whole + fraction).reduce(Int64(0)) { $0 * 10 + Int64($1) }, fraction.count)
    }

    /// Whether it is a whole multiple of another; nil if that is not known exactly.
    func isMultiple(of other: DecimalNumber) -> Bool? {
        guard let mine = scaled, let unit = other.scaled, unit.value > 0 else { return nil }
        let decimals = max(mine.decimals, unit.decimals)
        guard decimals <= 17 else { return nil }
        var value = Int128(mine.value), divisor = Int128(unit.value)
        for _ in mine.decimals..<decimals { value *= 10 }
        for _ in unit.decimals..<decimals { divisor *= 10 }
        return value % divisor == 0
    }
}
