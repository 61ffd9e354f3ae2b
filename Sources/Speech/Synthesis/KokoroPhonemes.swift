/// English as Kokoro was taught to read it: the sounds that espeak-ng writes down (voice `en-us`), in the notation of
/// its vocabulary, which has one sign for each diphthong and affricate and no long vowels.
///
/// - SeeAlso: The notation's table, github.com/hexgrad/misaki, EN_PHONES.md.
public enum KokoroPhonemes {
    /// What is written for what, where several fit the longest.
    private static let signs: [(espeak: String, kokoro: String)] = [
        // Diphthongs.
        ("aɪ", "I"), ("aʊ", "W"), ("eɪ", "A"), ("oʊ", "O"), ("əʊ", "Q"), ("ɔɪ", "Y"),
        // Affricates.
        ("dʒ", "ʤ"), ("tʃ", "ʧ"),
        // Vowels before r, and the r that is a vowel itself.
        ("oːɹ", "ɔɹ"), ("ɜː", "ɜɹ"), ("ɚ", "əɹ"), ("ɝ", "ɜɹ"),
        // Consonants that are syllables.
        ("n̩", "ᵊn"), ("l̩", "ᵊl"),
        // Sounds that English speakers do not tell apart, or write otherwise.
        ("ɐ", "ə"), ("ɾ", "T"), ("ʔ", "t"), ("ɬ", "l"), ("ɫ", "l"), ("x", "k"), ("r", "ɹ"), ("g", "ɡ"),
        // Length, and the bars that tie two signs together.
        ("ː", ""), ("͡", ""), ("ʲ", ""),
    ]

    private static let table = signs.map { (Array($0.espeak.unicodeScalars), $0.kokoro) }
        .sorted { $0.0.count > $1.0.count }

    private static let syllable = Array("əl".unicodeScalars)

    /// - Parameter phonemes: As espeak-ng writes them.
    public static func signs(for phonemes: String) -> String {
        let all = Array(phonemes.unicodeScalars)
        var result = "", place = 0
        while place < all.count {
            // At the end of a word, as in "little", it is a syllable without a vowel.
            if all[place...].starts(with: syllable),
                !all[(place + 2)...].prefix(1).contains(where: \.properties.isAlphabetic),
                all[(place + 2)...].first != "ˈ", all[(place + 2)...].first != "ˌ"
            {
                result += "ᵊl"
                place += 2
                continue
            }
            if let (sign, other) = table.first(where: { all[place...].starts(with: $0.0) }) {
                result += other
                place += sign.count
            } else {
                result.unicodeScalars.append(all[place])
                place += 1
            }
        }
        return result
    }
}
