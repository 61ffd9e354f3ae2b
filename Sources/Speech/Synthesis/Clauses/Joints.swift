/// Places between words where a clause may be cut although no mark stands there.
struct Joints {
    /// The length from which a clause is cut at the best joint that it has; with the word it is in, 200 characters.
    static let longest = 160
    /// A piece shorter than this is not worth a cut.
    private static let shortest = 60
    /// How many words come before the first joint, and before any other place between words.
    private static let wordsToJoint = 4, wordsToGap = 8

    /// Words that begin a phrase.
    private static let openers: Set<String> = [
        "and", "but", "or", "so", "because", "since", "while", "when", "if", "which", "who", "that", "where",
        "although", "though", "then",
        "than", "unless", "until", "before", "after", "as", "with", "without", "for", "from", "in", "on", "at", "by",
        "to", "into", "about", "through", "over",
        "under", "between", "during", "against", "is", "are", "was", "were", "will", "can", "has", "have", "had",
        "whether", "whereas", "like", "via",
    ]
    /// Words that belong to what follows.
    private static let binding: Set<String> = openers.union([
        "the", "a", "an", "of", "my", "your", "his", "her", "its", "our", "their", "this", "these", "those", "no",
        "not", "very", "too", "more", "most",
        "i", "you", "he", "she", "it", "we", "they", "do", "does", "did", "be", "been", "being", "would", "could",
        "should", "may", "might", "must", "just", "also",
        "what", "how", "why", "some", "any", "each", "every", "all", "both", "such", "there", "let", "don't", "other",
        "only", "even", "i'm", "you're", "it's",
    ])

    /// Pronouns that end a phrase before a preposition: "help you | with the rest".
    private static let objects: Set<String> = ["you", "it", "me", "us", "him", "her", "them"]
    private static let prepositions: Set<String> = [
        "with", "without", "for", "from", "in", "on", "at", "by", "into", "about",
    ]

    let start: Int
    let language: String
    let isFirst: Bool
    private var count = 0
    private var last: ArraySlice<Unicode.Scalar> = []
    private var joint: Int?, gap: Int?, space: Int?

    init(start: Int, language: String, isFirst: Bool) {
        (self.start, self.language, self.isFirst) = (start, language, isFirst)
    }

    /// Takes the next word of the clause.
    /// - Returns: Where to cut, if it must be cut now.
    mutating func add(_ word: ArraySlice<Unicode.Scalar>) -> Int? {
        defer {
            last = word
            count += 1
        }
        guard count > 0 else { return nil }
        let place = word.startIndex
        let isPlain = Self.isPlain(last) && Self.isPlain(word), isEnglish = Speakable.isEnglish(language)
        let before = Self.lowercased(last)
        let isObject = Self.objects.contains(before) && Self.prepositions.contains(Self.lowercased(word))
        let isOpen = isPlain && (!isEnglish || isObject || !Self.binding.contains(before))
        let isJoint = isOpen && isEnglish && Self.openers.contains(Self.lowercased(word))
        if isJoint { joint = place }
        if isOpen { gap = place }
        space = place
        if isFirst, isJoint && count >= Self.wordsToJoint || isOpen && count >= Self.wordsToGap { return place }
        guard word.endIndex - start > Self.longest else { return nil }
        return [joint, gap].lazy.compactMap { $0 }.first { $0 - start >= Self.shortest } ?? space
    }

    /// Scripts that do not put spaces between words.
    func isWordless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x2E80...0x9FFF, 0xAC00...0xD7AF, 0x20000...0x3FFFF:
            true
        default: false
        }
    }

    private static func isPlain(_ word: ArraySlice<Unicode.Scalar>) -> Bool {
        word.allSatisfy { $0.properties.isAlphabetic || $0 == "'" || $0 == "’" }
    }

    private static func lowercased(_ word: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(word)).lowercased()
    }
}
