/// One of Unicode's normalisation forms.
/// - SeeAlso: Unicode Standard Annex 15, Unicode Normalization Forms.
enum NormalizationForm: Sendable {
    case nfc, nfd, nfkc, nfkd

    private var isCompatible: Bool { self == .nfkc || self == .nfkd }

    /// `text` in this form, or nothing if it is known to be in it already.
    func normalized(_ text: Span<UInt8>) -> [UInt8]? {
        if self == .nfc { return CanonicalComposition.shared.normalized(text, 0..<text.count) }
        // Below U+00A0 nothing decomposes, and nothing combines.
        guard let first = text.firstIndex(atLeast: 0xC2) else { return nil }
        let shared = CanonicalComposition.shared
        var scalars: [UInt32] = []
        scalars.reserveCapacity(text.count - first)
        // The scalar before may combine with the first one.
        let start = first == 0 ? 0 : first - 1
        var index = start
        while index < text.count {
            let (scalar, next) = CharacterScanner.scalar(text, index)
            if isCompatible, let parts = Self.compatibility[scalar] {
                scalars.append(contentsOf: parts)
            } else if scalar < 0xC0 {
                scalars.append(scalar)
            } else {
                shared.decompose(scalar, into: &scalars)
            }
            index = next
        }
        shared.sortMarks(&scalars)
        if self == .nfkc { shared.composeSorted(&scalars) }
        var output: [UInt8] = []
        output.reserveCapacity(text.count + text.count / 2)
        output.append(text, 0..<start)
        for scalar in scalars { output.append(scalar: scalar) }
        return output
    }

    /// What decomposes differently when only compatibility is asked for; nothing of it decomposes further.
    private static let compatibility: [UInt32: [UInt32]] = {
        let mappings = CompatibilityTable.mappings
        var table: [UInt32: [UInt32]] = [:]
        var i = 0
        while i < mappings.count {
            let count = Int(mappings[i] >> 24)
            table[mappings[i] & 0xFF_FFFF] = Array(mappings[i + 1..<i + 1 + count])
            i += 1 + count
        }
        return table
    }()
}

extension Span<UInt8> {
    /// The place of the first byte that is at least `bound`.
    func firstIndex(atLeast bound: UInt8) -> Int? {
        for i in indices where self[i] >= bound { return i }
        return nil
    }
}
