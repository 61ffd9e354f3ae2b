/// `text` without what a terminal would obey: a model must not move the cursor or set the title.
///
/// Newlines and tabs stay, carriage returns vanish, and every other control character (C0, DEL, C1) becomes a picture
/// of itself. It looks at single scalars, so text may come in pieces.
public func harmless(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isObeyed) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        switch scalar.value {
        case 0x0D: continue
        case _ where !isObeyed(scalar): result.append(scalar)
        case 0x7F: result.append("␡")
        // The block "Control Pictures" is in the order of C0; C1 has no pictures.
        case let value: result.append(value < 0x20 ? Unicode.Scalar(0x2400 + value) ?? "�" : "�")
        }
    }
    return String(result)
}

private func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: false
    case 0..<0x20, 0x7F...0x9F: true
    default: false
    }
}
