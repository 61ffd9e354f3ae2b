/// Finds stop strings in a text that arrives in pieces, and lets out all text that cannot belong to one.
///
/// Strings are compared byte by byte in UTF-8, so neither the borders of tokens nor Unicode's composed characters
/// matter: the stop string "\r" ends a text "…\r\n", though Swift sees one character there. What is held back is the
/// longest ending of the text that is the beginning of a stop string, no more.
///
/// The string that is complete first ends the text; of several that end at one place, the longest. How the text was cut
/// into pieces makes no difference.
/// - Complexity: O(bytes of text), whatever the number of strings.
public struct StopSequences: Sendable {
    /// What became of a piece of text.
    public struct Emission: Sendable, Equatable {
        /// Text that may be shown now.
        public var text: String
        /// The stop string that ended the text, once one has; it is no part of any emitted text.
        public var stopped: String?

        public init(text: String, stopped: String? = nil) {
            self.text = text
            self.stopped = stopped
        }
    }

    private let strings: [String]
    private let matcher: StringMatcher
    private var state = StringMatcher.start
    /// Text that was not let out yet.
    private var held: [UInt8] = []
    private var stopped: String?

    /// - Parameter strings: Any number of strings, of 16,384 bytes of UTF-8 in all; none stops nothing.
    /// - Throws: ``SamplingError`` for an empty string or too many bytes.
    public init(_ strings: [String]) throws(SamplingError) {
        self.strings = strings
        matcher = try StringMatcher(strings, option: "stop")
    }

    /// Takes the next piece. After a stop every piece is swallowed.
    public mutating func append(_ text: String) -> Emission {
        guard stopped == nil else { return Emission(text: "", stopped: stopped) }
        guard !strings.isEmpty else { return Emission(text: text) }
        for byte in text.utf8 {
            held.append(byte)
            state = matcher.next(state, byte)
            guard let match = matcher.match(state) else { continue }
            stopped = strings[match]
            held.removeLast(strings[match].utf8.count)
            return release(held.count)
        }
        // Stop strings begin with whole characters, so this cuts between characters too.
        return release(held.count - matcher.depth(state))
    }

    /// Lets out what was held back, when the text has ended otherwise.
    public mutating func finish() -> Emission {
        guard stopped == nil else { return Emission(text: "", stopped: stopped) }
        state = StringMatcher.start
        return release(held.count)
    }

    private mutating func release(_ byteCount: Int) -> Emission {
        let text = String(decoding: held.prefix(byteCount), as: UTF8.self)
        held.removeFirst(byteCount)
        return Emission(text: text, stopped: stopped)
    }
}
