/// What computers are addressed by: URLs, e-mail addresses, hosts, files, versions, options.
enum Addresses {
    static func rule(_ reading: Reading) -> Spoken? {
        let text = reading.word.text
        return
            (setting(text) ?? url(text) ?? mail(text) ?? internet(text) ?? version(text, reading) ?? path(text)
            ?? option(text)).map {
                Spoken($0)
            }
    }

    private static let schemes = [
        "https://", "http://", "ftp://", "wss://", "ws://", "file://", "mailto:", "ssh://", "git://",
    ]

    /// "NAME=https://example.com" and "NAME=/a/b".
    private static func setting(_ text: Substring) -> String? {
        guard let equals = text.firstIndex(of: "="), case let name = text[..<equals], !name.isEmpty,
            name.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || "_-".contains($0) })
        else { return nil }
        let value = text[text.index(after: equals)...].trimmed { "\"'".contains($0) }
        guard let address = url(value) ?? internet(value) ?? path(value) else { return nil }
        return Symbols.words(name) + " equals " + address
    }

    // MARK: URLs

    /// "https://www.example.com/a/b?x=1" is "example dot com slash a slash b".
    static func url(_ text: Substring) -> String? {
        let lower = text.lowercased()
        var rest = text
        if let scheme = schemes.first(where: { lower.hasPrefix($0) }) {
            rest = rest.dropFirst(scheme.count)
        } else if !lower.hasPrefix("www."), !isHost(text.prefix { !"/?#:".contains($0) }) {
            return nil
        }
        if let mail = mail(rest) { return mail }
        if rest.lowercased().hasPrefix("www.") { rest = rest.dropFirst(4) }
        // What comes after ? and # helps nobody who listens.
        rest = rest.prefix { $0 != "?" && $0 != "#" }
        let parts = rest.split(separator: "/")
        guard let place = parts.first else { return nil }
        let path = parts.dropFirst().prefix { $0.count <= 30 && !isIdentifier($0) }.prefix(3)
        return ([host(place)] + path.map { dotted($0) }).joined(separator: " slash ")
    }

    private static func isIdentifier(_ part: Substring) -> Bool {
        let digits = part.count { $0.isNumber }
        return part.count >= 8 && digits * 3 >= part.count || part.contains("%")
    }

    private static let domains: Set<String> = [
        "com", "org", "net", "edu", "gov", "io", "dev", "ai", "app", "de", "uk", "fr", "eu", "co", "info", "ch", "at",
        "us",
        "ca", "jp", "nl", "se", "no", "fi", "dk", "it", "es", "pl", "be", "ie", "nz", "au", "in", "br", "me", "tv",
        "xyz",
    ]

    /// "example.com", but no file name.
    private static func isHost(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 2, let last = parts.last, domains.contains(last.lowercased()) else { return false }
        return parts.allSatisfy {
            !$0.isEmpty && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        }
            && !parts[0].isDigits
    }

    private static func host(_ text: Substring) -> String {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard let name = parts.first else { return "" }
        if let address = internet(text) { return address }
        return dotted(name) + (parts.count > 1 ? " port " + Spelling.one(by: parts[1]) : "")
    }

    // MARK: E-mail

    private static func mail(_ text: Substring) -> String? {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[1].contains("."), !parts[1].contains("/") else { return nil }
        return dotted(parts[0]) + " at " + dotted(parts[1])
    }

    // MARK: Hosts by number

    private static func internet(_ text: Substring) -> String? {
        let name = text.prefix { $0.isASCIIDigit || $0 == "." }, rest = text.dropFirst(name.count)
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count == 4, parts.allSatisfy({ $0.isDigits && $0.count <= 3 }) {
            let words = parts.map { Spelling.one(by: $0) }.joined(separator: " dot ")
            if rest.isEmpty { return words }
            let tail = rest.dropFirst()
            if rest.first == ":", tail.isDigits { return words + " port " + Spelling.one(by: tail) }
            if rest.first == "/", tail.isDigits { return words + " slash " + Spelling.cardinal(tail) }
            return nil
        }
        if text.hasPrefix("localhost:"), text.dropFirst(10).isDigits {
            return "localhost port " + Spelling.one(by: text.dropFirst(10))
        }
        let colons = text.count { $0 == ":" }
        guard colons >= 3 || colons == 2 && text.contains("::") else { return nil }
        guard text.allSatisfy({ $0.isHexDigit || $0 == ":" }) else { return nil }
        return text.map { $0 == ":" ? "colon" : SpokenNumbers.spell(String($0)) }.joined(separator: " ")
    }

    // MARK: Versions

    private static func version(_ text: Substring, _ reading: Reading) -> String? {
        var body = text, before = ""
        if let first = text.first, first == "v" || first == "V", text.dropFirst().first?.isASCIIDigit == true {
            (body, before) = (text.dropFirst(), reading[-1].lowercased() == "version" ? "" : "version ")
        }
        let numbers = body.prefix { $0.isASCIIDigit || $0 == "." }, rest = body.dropFirst(numbers.count)
        let parts = numbers.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.allSatisfy(\.isDigits), !before.isEmpty || parts.count >= 3 || body.startIndex != text.startIndex
        else { return nil }
        guard rest.isEmpty || rest.first == "-" || rest.first == "+" || rest.first?.isLetter == true else { return nil }
        let said = parts.map { $0.count > 1 && $0.hasPrefix("0") ? Spelling.one(by: $0) : Spelling.cardinal($0) }
        return before + said.joined(separator: " point ")
            + (rest.isEmpty ? "" : " " + Symbols.words(rest.drop { "-+".contains($0) }))
    }

    // MARK: Files and options

    private static func path(_ text: Substring) -> String? {
        if text.hasPrefix("/") || text.hasPrefix("~/") || text.hasPrefix("./") || text.hasPrefix("../") {
            guard text.count > 2 || text == "~/" else { return nil }
            return separated(text, "/", " slash ")
        }
        if text.dropFirst().hasPrefix(":\\") || text.hasPrefix("\\\\") { return separated(text, "\\", " backslash ") }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 2, let last = parts.last,
            !parts[0].contains(where: { $0.isASCIIDigit }) || last.contains(".")
        else { return nil }
        let hasExtension = last.contains { $0 == "." } && last.first != "."
        let isPath = hasExtension || text.contains("_") || (parts.count > 2 && last.isEmpty)
        return isPath && parts.allSatisfy { $0.allSatisfy { $0.isLetter || $0.isNumber || "._-+@".contains($0) } }
            ? separated(text, "/", " slash ") : nil
    }

    private static func separated(_ text: Substring, _ separator: Character, _ words: String) -> String {
        var parts = text.split(separator: separator, omittingEmptySubsequences: false).map { dotted($0) }
        if parts.last == "", parts.count > 1 { parts.removeLast() }
        return parts.joined(separator: words)
    }

    /// "--help" and "-v".
    private static func option(_ text: Substring) -> String? {
        let dashes = text.prefix { $0 == "-" }, name = text.dropFirst(dashes.count)
        guard (1...2).contains(dashes.count), name.first?.isASCIILetter == true else { return nil }
        return String(repeating: "dash ", count: dashes.count) + Symbols.words(name)
    }

    /// Names with their dots, dashes and lines said.
    private static func dotted(_ text: Substring) -> String {
        var words = ""
        for character in text {
            switch character {
            case ".": words += " dot "
            case "-": words += " dash "
            case "_": words += " underscore "
            case "~": words += " tilde "
            case ":": words += " colon "
            case "@": words += " at "
            case "+": words += " plus "
            default: words.append(character)
            }
        }
        return words.split(separator: " ").map {
            if $0 == "etc" { return "etsy" }
            if $0.count == 1, let letter = $0.first, letter.isASCIILetter { return Acronyms.letter(letter) }
            return $0.isPlainWord ? Acronyms.word($0) : Symbols.words($0)
        }.joined(
            separator: " ")
    }
}
