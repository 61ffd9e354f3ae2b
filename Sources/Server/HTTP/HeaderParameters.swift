import Foundation

/// A header's value with its parameters: `form-data; name="file"; filename="a.txt"`.
struct HeaderParameters {
    let value: String
    private var parameters: [String: String] = [:]

    init(_ text: String) {
        var rest = Substring(text)
        value = Self.token(&rest)
        while rest.first == ";" {
            rest.removeFirst()
            rest = rest.drop { $0 == " " || $0 == "\t" }
            let name = rest.prefix { $0 != "=" && $0 != ";" }
            rest = rest.dropFirst(name.count)
            guard rest.first == "=" else { continue }
            rest.removeFirst()
            let value = rest.first == "\"" ? Self.quoted(&rest) : Self.token(&rest)
            parameters[name.trimmingCharacters(in: .whitespaces).lowercased()] = value
        }
    }

    /// The parameter of that name; one whose name ends in `*` is decoded (RFC 8187: `UTF-8''%C3%A9`).
    mutating func take(_ name: String) -> String? {
        guard let value = parameters.removeValue(forKey: name) else { return nil }
        guard name.hasSuffix("*") else { return value }
        let pieces = value.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        guard pieces.count == 3, pieces[0].lowercased() == "utf-8" else { return nil }
        return pieces[2].removingPercentEncoding
    }

    private static func token(_ rest: inout Substring) -> String {
        let text = rest.prefix { $0 != ";" }
        rest = rest.dropFirst(text.count)
        return text.trimmingCharacters(in: .whitespaces)
    }

    /// A string in quotes. Browsers write a quote and a line's end as `%22`, `%0D`, `%0A`; others put a backslash before
    /// a quote.
    private static func quoted(_ rest: inout Substring) -> String {
        rest.removeFirst()
        var text = ""
        while let character = rest.popFirst(), character != "\"" {
            if character == "\\", let next = rest.first, next == "\"" || next == "\\" {
                text.append(next)
                rest.removeFirst()
            } else {
                text.append(character)
            }
        }
        rest = rest.drop { $0 != ";" }
        return text.replacingOccurrences(of: "%22", with: "\"").replacingOccurrences(of: "%0D", with: "\r")
            .replacingOccurrences(of: "%0A", with: "\n")
    }
}
