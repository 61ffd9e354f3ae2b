/// `wordwrap`, which is Python's `textwrap`: words, parts of hyphenated words and runs of blanks are filled into lines.
extension Evaluator {
    func wrap(_ value: Value, _ reader: inout ArgumentReader) throws(TemplateError) -> String {
        let width = try reader.integer("width") ?? 79, breaksLongWords = try reader.flag("break_long_words") ?? true
        let separator = try reader.text("wrapstring") ?? "\n"
        let breaksOnHyphens = try reader.flag("break_on_hyphens") ?? true
        try reader.finish()
        guard let text = value.text else {
            if case .undefined(let undefined) = value { throw .runtime(undefined.message) }
            throw .runtime("wordwrap takes a string, not '\(value.typeName)'")
        }
        guard width > 0 else { throw .runtime("wordwrap needs a width above 0") }
        try charge(itemCount: text.utf8.count)
        try charge(steps: text.utf8.count * 4)
        var lines: [String] = []
        for line in PythonText.lines(text) {
            let wrapping = TextWrapping(
                width: width, breaksLongWords: breaksLongWords, breaksOnHyphens: breaksOnHyphens)
            lines.append(try join(wrapping.lines(Array(line.unicodeScalars)), by: separator))
        }
        return try join(lines, by: separator)
    }
}

private struct TextWrapping {
    let width: Int, breaksLongWords: Bool, breaksOnHyphens: Bool
    typealias Chunk = ArraySlice<Unicode.Scalar>

    func lines(_ text: [Unicode.Scalar]) -> [String] {
        var chunks = chunks(of: text)[...]
        var lines: [String] = []
        while !chunks.isEmpty {
            var line: [Chunk] = [], length = 0
            if !lines.isEmpty, let first = chunks.first, isBlank(first) { chunks.removeFirst() }
            while let next = chunks.first, length + next.count <= width {
                line.append(chunks.removeFirst())
                length += next.count
            }
            if let next = chunks.first, next.count > width {
                if breaksLongWords {
                    let end = next.startIndex + cut(next, room: width - length)
                    line.append(next[..<end])
                    chunks[chunks.startIndex] = next[end...]
                } else if line.isEmpty {
                    line.append(chunks.removeFirst())
                }
            }
            if let last = line.last, isBlank(last) { line.removeLast() }
            if !line.isEmpty { lines.append(String(String.UnicodeScalarView(line.joined()))) }
        }
        return lines
    }

    /// Where a word that is longer than a line is cut: behind a hyphen if there is one in reach.
    private func cut(_ word: Chunk, room: Int) -> Int {
        guard breaksOnHyphens, word.count > room else { return room }
        let reach = word.prefix(room)
        guard let hyphen = reach.lastIndex(of: "-"), hyphen > word.startIndex,
            reach[..<hyphen].contains(where: { $0 != "-" })
        else { return room }
        return hyphen + 1 - word.startIndex
    }

    private func isBlank(_ chunk: Chunk) -> Bool { chunk.allSatisfy(PythonText.isSpace) }

    private func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && PythonText.isSpace(scalar) && scalar.value < 0x1c || scalar == " "
    }

    private func chunks(of text: [Unicode.Scalar]) -> [Chunk] {
        var chunks: [Chunk] = [], start = 0
        while start < text.count {
            let end = breaksOnHyphens ? endOfChunk(text, from: start) : endOfRun(text, from: start)
            chunks.append(text[start..<end])
            start = end
        }
        return chunks
    }

    private func endOfRun(_ text: [Unicode.Scalar], from start: Int) -> Int {
        let isBlank = isSpace(text[start])
        return text[start...].firstIndex { isSpace($0) != isBlank } ?? text.count
    }

    private func endOfChunk(_ text: [Unicode.Scalar], from start: Int) -> Int {
        if isSpace(text[start]) { return endOfRun(text, from: start) }
        // A dash of two or more hyphens between words is a chunk.
        if start > 0, isWordEnd(text[start - 1]), let end = endOfDash(text, from: start) { return end }
        for place in (start + 1)...text.count {
            if place == text.count || isSpace(text[place]) { return place }
            if isWordEnd(text[place - 1]), endOfDash(text, from: place) != nil { return place }
            if text[place] == "-", isHyphen(text, place) { return place + 1 }
        }
        return text.count
    }

    private func endOfDash(_ text: [Unicode.Scalar], from start: Int) -> Int? {
        let end = text[start...].firstIndex { $0 != "-" } ?? text.count
        return end - start >= 2 && end < text.count && PythonText.isWord(text[end]) ? end : nil
    }

    /// Whether a word may break behind this hyphen: two letters before it and two behind it.
    private func isHyphen(_ text: [Unicode.Scalar], _ place: Int) -> Bool {
        guard place >= 2 else { return false }
        let afterLetters = isLetter(text[place - 1]) && isLetter(text[place - 2])
        let afterShort =
            place >= 3 && isLetter(text[place - 3]) && text[place - 2] == "-" && isWordEnd(text[place - 1])
        guard afterLetters || afterShort, place + 2 < text.count, isLetter(text[place + 1]) else { return false }
        if isLetter(text[place + 2]) { return true }
        return text[place + 2] == "-" && place + 3 < text.count && isLetter(text[place + 3])
    }

    private func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        PythonText.isWord(scalar) && scalar != "_" && PythonText.decimalValue(scalar) == nil
    }

    private func isWordEnd(_ scalar: Unicode.Scalar) -> Bool {
        PythonText.isWord(scalar) || "!\"'&.,?".unicodeScalars.contains(scalar)
    }
}
