/// Clauses in the groups that are spoken in one go, and how they sound.
///
/// The first clause that sounds is a group by itself, for it is there first. After it a group is a sentence, or as much of
/// one as is long enough, because a voice knows how to say a sentence only when it sees it. So the groups depend on the
/// text alone, and the same text sounds the same.
struct ClauseGroups: Sendable {
    /// What is spoken in one go.
    struct Group: Sendable, Equatable {
        /// What was written, and what nobody says before it and within.
        var text = ""
        /// Phonemes, each clause's with the mark behind it. Empty only at the end of a text.
        var phonemes = ""
        /// That the last of its clauses ends with.
        var mark: Character?
    }

    /// How long a group may be, in a voice's own measure.
    struct Limits: Sendable {
        /// From here on it ends before its sentence does.
        var enough: Int
        /// A clause that would make it longer is left for the next.
        var most = Int.max
        var measure: @Sendable (_ clause: Clause, _ phonemes: String) -> Int
    }

    private var source: (any ClauseSource)?
    private let phonemizer: any Phonemizer
    private let limits: Limits
    private var waiting: (clause: Clause, phonemes: String)?
    private var isFirst = true

    init(_ source: any ClauseSource, _ phonemizer: any Phonemizer, _ limits: Limits) {
        (self.source, self.phonemizer, self.limits) = (source, phonemizer, limits)
    }

    /// The next group; nil after the last.
    mutating func next() async throws -> Group? {
        var group = Group(), length = 0
        while let (clause, phonemes) = try await clause() {
            guard !phonemes.isEmpty else {
                group.text += clause.source
                continue
            }
            let more = limits.measure(clause, phonemes)
            guard length == 0 || length + more <= limits.most else {
                waiting = (clause, phonemes)
                return group
            }
            group.text += clause.source
            group.phonemes += (group.phonemes.isEmpty ? "" : " ") + phonemes
            group.mark = clause.mark
            length += max(1, more)
            if clause.endsSentence || isFirst || length >= limits.enough {
                isFirst = false
                return group
            }
        }
        isFirst = false
        return group.text.isEmpty ? nil : group
    }

    /// The next clause, and its sounds with its mark; none for one that says nothing.
    private mutating func clause() async throws -> (Clause, String)? {
        if let waiting {
            self.waiting = nil
            return waiting
        }
        try Task.checkCancellation()
        guard var source, let clause = try await source.next() else {
            source = nil
            return nil
        }
        self.source = source
        guard !clause.text.isEmpty else { return (clause, "") }
        let phonemes = try await phonemizer.phonemes(of: clause)
        return (clause, phonemes.isEmpty ? "" : phonemes + String(clause.mark))
    }
}
