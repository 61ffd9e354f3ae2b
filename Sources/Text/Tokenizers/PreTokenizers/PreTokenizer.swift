/// One of the ways to cut a text into the words that a model encodes one by one.
///
/// The kinds are those of `tokenizer.json` (`tokenizers` 0.23).
enum PreTokenizer: Sendable {
    enum PrependScheme: String { case first, never, always }

    /// Writes each byte as a letter of the byte-level alphabet, after GPT-2's regex has cut the text if it is asked to.
    case byteLevel(addsPrefixSpace: Bool, splits: Bool)
    case split(TextPattern, SplitBehavior, inverts: Bool)
    /// `\w+|[^\w\s]+`.
    case whitespace
    case whitespaceSplit
    case bert
    case metaspace(Unicode.Scalar, PrependScheme, splits: Bool)
    case punctuation(SplitBehavior)
    case digits(individual: Bool)
    case delimiter(Unicode.Scalar)
    case scripts
    /// Pieces of a number of scalars.
    case fixedLength(Int)

    /// Cuts the words of `list` further.
    /// - Parameter keepsBytes: Whether byte-level leaves bytes as they are, for a vocabulary that is read so.
    func cut(_ list: inout WordList, keepsBytes: Bool = false) {
        switch self {
        case .byteLevel(let addsPrefixSpace, let splits):
            if addsPrefixSpace {
                list.rewrite { text, _, output in
                    if text[0] != 0x20 { output.append(0x20) }
                    output.append(text, 0..<text.count)
                }
            }
            if splits {
                list.cut { text, body in PublishedSplit.gpt2(splitsDigits: false).forEachPiece(of: text, body) }
            }
            if !keepsBytes {
                list.rewrite { text, _, output in
                    for i in text.indices { ByteLevelAlphabet.append(letterOf: text[i], to: &output) }
                }
            }
        case .split(let pattern, let behavior, let inverts):
            list.cut { text, body in
                behavior.pieces(pattern.matches(in: text), count: text.count, inverts: inverts, body)
            }
        case .whitespace: list.cut(Self.words)
        case .whitespaceSplit:
            list.cut { text, body in Self.split(text, at: ScalarProperty.whitespace, .removed, body) }
        case .bert:
            list.cut { text, body in Self.split(text, at: ScalarProperty.whitespace, .removed, body) }
            list.cut { text, body in Self.split(text, at: ScalarProperty.punctuation, .isolated, body) }
        case .metaspace(let mark, let scheme, let splits): Self.metaspace(&list, mark, scheme, splits)
        case .punctuation(let behavior):
            list.cut { text, body in Self.split(text, at: ScalarProperty.punctuation, behavior, body) }
        case .digits(let individual):
            list.cut { text, body in
                Self.split(text, at: ScalarProperty.number, individual ? .isolated : .contiguous, body)
            }
        case .delimiter(let delimiter):
            list.cut { text, body in
                Self.split(text, .removed, body) { $0 == delimiter.value }
            }
        case .scripts: list.cut(LibraryScript.pieces)
        case .fixedLength(let count):
            list.cut { text, body in
                var start = 0
                while start < text.count {
                    var end = start, left = count
                    while left > 0, end < text.count {
                        end = CharacterScanner.next(text, end)
                        left -= 1
                    }
                    body(start..<end)
                    start = end
                }
            }
        }
    }

    private static func split(
        _ text: Span<UInt8>, at property: UInt8, _ behavior: SplitBehavior, _ body: (Range<Int>) -> Void
    ) {
        let table = ScalarProperty.table
        split(text, behavior, body) { table[Int($0)] & property != 0 }
    }

    private static func split(
        _ text: Span<UInt8>, _ behavior: SplitBehavior, _ body: (Range<Int>) -> Void, where isMatch: (UInt32) -> Bool
    ) {
        var matches: [Range<Int>] = []
        var index = 0
        while index < text.count {
            let (scalar, next) = CharacterScanner.scalar(text, index)
            if isMatch(scalar) { matches.append(index..<next) }
            index = next
        }
        behavior.pieces(matches, count: text.count, body)
    }

    private static func words(_ text: Span<UInt8>, _ body: (Range<Int>) -> Void) {
        let table = ScalarProperty.table.span
        let mask = ScalarProperty.word | ScalarProperty.whitespace
        var start = 0, current = ScalarProperty.whitespace, index = 0
        while index < text.count {
            let (scalar, next) = CharacterScanner.scalar(text, index)
            let kind = table[Int(scalar)] & mask
            if kind != current {
                if current & ScalarProperty.whitespace == 0 { body(start..<index) }
                start = index
                current = kind
            }
            index = next
        }
        if current & ScalarProperty.whitespace == 0 { body(start..<text.count) }
    }

    private static func metaspace(
        _ list: inout WordList, _ mark: Unicode.Scalar, _ scheme: PrependScheme, _ splits: Bool
    ) {
        var letters: [UInt8] = []
        letters.append(scalar: mark.value)
        func begins(_ text: Span<UInt8>, at place: Int) -> Bool {
            guard place + letters.count <= text.count else { return false }
            for i in letters.indices where text[place + i] != letters[i] { return false }
            return true
        }
        list.rewrite { text, isAtStart, output in
            let prepends = scheme == .always || (scheme == .first && isAtStart)
            if prepends, text[0] != 0x20, !begins(text, at: 0) { output.append(contentsOf: letters) }
            for i in text.indices {
                if text[i] == 0x20 { output.append(contentsOf: letters) } else { output.append(text[i]) }
            }
        }
        guard splits else { return }
        list.cut { text, body in
            var start = 0
            for i in text.indices where i > start && begins(text, at: i) {
                body(start..<i)
                start = i
            }
            body(start..<text.count)
        }
    }
}
