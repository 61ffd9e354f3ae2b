/// How many cells of a terminal a character takes: 2 for wide ones (UAX 11) and emoji, 0 for a mark on its own.
public func cellWidth(_ character: Character) -> Int {
    let scalars = character.unicodeScalars
    guard let first = scalars.first else { return 0 }
    if first.value < 0x300 { return scalars.count == 1 ? 1 : scalars.contains("\u{FE0F}") ? 2 : 1 }
    if isWide(first.value) || scalars.contains("\u{FE0F}") { return 2 }
    // Two regional indicators are a flag.
    if (0x1F1E6...0x1F1FF).contains(first.value) { return scalars.count > 1 ? 2 : 1 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return 1
    }
}

/// The cells that `text` takes, without newlines and control characters.
public func cellWidth(_ text: some StringProtocol) -> Int { text.reduce(0) { $0 + cellWidth($1) } }

private func isWide(_ scalar: UInt32) -> Bool {
    guard scalar >= 0x1100 else { return false }
    let ranges = WideCharacters.ranges
    var low = 0, high = ranges.count / 2
    while low < high {
        let middle = (low + high) / 2
        if ranges[2 * middle + 1] < scalar { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count / 2 && ranges[2 * low] <= scalar
}
