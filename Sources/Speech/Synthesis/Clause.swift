/// What is synthesized in one go: some words and the mark after them.
public struct Clause: Sendable, Hashable {
    /// Words that can be spoken as they stand: in English no digits, signs or marks; in other languages without markup.
    /// Empty only
    /// for the end of a text that has nothing more to say.
    public var text: String
    /// The mark that ends it, one of `, ; : . ! ?`.
    public var mark: Character
    /// The part of what was written that it says: those of all clauses together are the whole text.
    public var source: String
    /// Whether a sentence ends with it.
    public var endsSentence: Bool { ".!?".contains(mark) }

    public init(text: String, mark: Character, source: String) {
        self.text = text
        self.mark = mark
        self.source = source
    }
}

/// Writes down how words sound.
public protocol Phonemizer: Sendable {
    /// The sounds of a clause in the International Phonetic Alphabet, without its mark.
    func phonemes(of clause: Clause) async throws -> String
}
