/// What goes to espeak-ng and what comes back, as lines.
enum EspeakLines {
    /// espeak-ng reads at most 999 bytes of a line at once.
    static let longest = 600

    /// A text as lines that cannot be anything but words to espeak-ng: no controls, no phonemes in brackets, no markup.
    static func lines(_ text: String) -> [String] {
        let words = text.unicodeScalars.split { scalar in
            scalar.properties.isWhitespace || scalar.value < 0x20 || "[]<>{}|\\`".unicodeScalars.contains(scalar)
        }.map { word in
            String(String.UnicodeScalarView(word.filter { isWritten($0) }))
        }.filter { !$0.isEmpty }
        var lines: [String] = [], line = ""
        for word in words {
            for part in parts(of: word) {
                if !line.isEmpty, line.utf8.count + part.utf8.count >= longest {
                    lines.append(line)
                    line = ""
                }
                line += (line.isEmpty ? "" : " ") + part
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }

    private static func isWritten(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }

    /// A word without spaces, cut between characters where it is too long.
    private static func parts(of word: String) -> [String] {
        if word.utf8.count < longest { return [word] }
        var parts: [String] = [], part = String.UnicodeScalarView(), size = 0
        for scalar in word.unicodeScalars {
            let bytes = UTF8.width(scalar)
            if size + bytes >= longest {
                parts.append(String(part))
                (part, size) = (String.UnicodeScalarView(), 0)
            }
            part.append(scalar)
            size += bytes
        }
        return parts + [String(part)]
    }

    /// Sounds without marks such as "(en)", where espeak-ng tells that it changed its language.
    static func sounds(_ lines: [String]) -> String {
        var sounds = "", isInMark = false
        for character in lines.joined(separator: " ") {
            if character == "(" { isInMark = true }
            if !isInMark { sounds.append(character) }
            if character == ")" { isInMark = false }
        }
        return sounds.split { $0.isWhitespace }.joined(separator: " ")
    }
}

extension UTF8 {
    fileprivate static func width(_ scalar: Unicode.Scalar) -> Int { String(Character(scalar)).utf8.count }
}
