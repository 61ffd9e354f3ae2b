import Testing
import TuttiSpeech

/// A text as it is said: its clauses with their marks.
func spoken(_ text: String, language: String = "en") -> String {
    ClauseCutter.clauses(of: text, language: language).filter { !$0.text.isEmpty }
        .map { $0.text + String($0.mark) }.joined(separator: " ")
}

/// Something written, and what is said for it.
struct Saying: Sendable, CustomTestStringConvertible {
    let written: String, said: String
    var testDescription: String { written }

    init(_ written: String, _ said: String) { (self.written, self.said) = (written, said) }
}
