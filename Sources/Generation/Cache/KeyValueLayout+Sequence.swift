package import TuttiTensors

/// What one sequence takes of the cache, and what of it stays for those to come.
extension KeyValueLayout {
    /// A windowed layer's pages stay so much longer than its rows need them: the next turn of a chat often departs a few
    /// tokens before the end of the last one.
    static let slackTokens = pageTokens

    /// The beginning of every sequence stays in windowed layers too, for prompts that share it and then go their own way.
    static let beginningTokens = 1024

    /// How many pages hold `tokens` tokens.
    package static func pages(for tokens: Int) -> Int { (tokens + pageTokens - 1) / pageTokens }

    /// The first page that a sequence of `tokens` tokens still needs to go on.
    func firstPage(group: Int, after tokens: Int) -> Int {
        guard groups[group].window != nil else { return 0 }
        return max(0, groups[group].oldest(seenFrom: tokens) - KeyValueLayout.slackTokens) / KeyValueLayout.pageTokens
    }

    /// The most pages of a group that a running sequence of up to `tokens` tokens uses at once.
    /// - Parameter rows: The most of its tokens that one step computes.
    private func pagesInUse(_ group: Group, tokens: Int, rows: Int) -> Int {
        let all = KeyValueLayout.pages(for: tokens)
        guard let window = group.window else { return all }
        let (span, isHuge) = window.addingReportingOverflow(KeyValueLayout.slackTokens + rows)
        return isHuge ? all : min(all, KeyValueLayout.pages(for: span - 1) + 1)
    }

    /// The most bytes that a running sequence of up to `tokens` tokens uses at once: what must be free to admit it.
    package func byteCount(running tokens: Int, rows: Int) -> Int {
        groups.indices.reduce(0) { sum, group in
            // One page more: the copy of a page that is shared in part.
            sum + (pagesInUse(groups[group], tokens: tokens, rows: rows) + 1) * pageBytes(group: group)
        }
    }

    /// The most bytes that a conversation of `tokens` tokens holds: what its running sequence uses, and what windowed
    /// layers keep of its beginning and of the place where its prompt ended.
    package func byteCount(conversation tokens: Int, rows: Int) -> Int {
        groups.indices.reduce(0) { sum, group in
            let all = KeyValueLayout.pages(for: tokens)
            let used = pagesInUse(groups[group], tokens: tokens, rows: rows)
            let beginning = KeyValueLayout.pages(for: KeyValueLayout.beginningTokens)
            return sum + (min(all, 2 * used + beginning) + 1) * pageBytes(group: group)
        }
    }
}
