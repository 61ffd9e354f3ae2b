/// The character references of HTML that `striptags` resolves: numbers, and the names in everyday use.
enum HTMLEntities {
    private static let named: [String: String] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{a0}", "copy": "©", "reg": "®",
        "hellip": "…", "mdash": "—", "ndash": "–", "laquo": "«", "raquo": "»", "euro": "€", "times": "×", "middot": "·",
        "bull": "•", "ldquo": "“", "rdquo": "”", "lsquo": "‘", "rsquo": "’", "deg": "°", "para": "¶", "sect": "§",
    ]

    static func unescaped(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
        var result = ""
        var rest = Substring(text).unicodeScalars
        while let scalar = rest.popFirst() {
            if scalar == "&" {
                let name = rest.prefix(32).prefix { $0 != ";" }
                if rest.dropFirst(name.count).first == ";", let found = value(String(name)) {
                    result += found
                    rest.removeFirst(name.count + 1)
                    continue
                }
            }
            result.unicodeScalars.append(scalar)
        }
        return result
    }

    private static func value(_ name: String) -> String? {
        guard name.utf8.first == UInt8(ascii: "#") else { return named[name] }
        let digits = name.dropFirst()
        let isHexadecimal = digits.first == "x" || digits.first == "X"
        let code = isHexadecimal ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return code.map { Unicode.Scalar($0).map { String($0) } ?? "\u{fffd}" }
    }
}
