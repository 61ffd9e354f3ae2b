/// Reads a model's answer as it comes, and tells text, reasoning and calls of tools apart.
///
/// How the answer is cut into pieces makes no difference to what is read, only to when it is told: what may become a
/// call is held back until that is certain, and nothing else is, but for blanks before it.
/// - Complexity: Linear in the answer's bytes.
public struct AnswerReader: Sendable {
    enum State: Sendable, Equatable {
        case text
        case reasoning
        /// Behind an opening of so many bytes, of which `keepable` are text if no call follows.
        case head(opening: Int, keepable: Int)
        /// Inside of arguments, which lie inside of `depth` objects.
        case arguments(depth: Int)
        /// Behind arguments, inside of what else the call's object holds.
        case tail
        /// Behind a call.
        case between
        /// Harmony: between messages, and inside of one.
        case header
        case message(HarmonyMessage)
    }

    let format: ToolFormat
    let opening: CallOpening
    let closings: [[UInt8]]
    let reasoning: (open: [UInt8], close: [UInt8])?

    var state: State
    /// What was read and not yet understood begins at `start`.
    var held: [UInt8] = []
    var start = 0
    /// The bytes of the answer before `start`.
    private(set) var consumed = 0
    var extent = JSONExtent()
    /// Whether anything but reasoning was told; afterwards no reasoning is looked for.
    private var hasSpoken = false
    /// Whether blanks that come next are dropped.
    private var skipsSpace = false
    var isOver = false
    var pieces: [AnswerPiece] = []

    /// - Parameters:
    ///   - format: How the model writes calls.
    ///   - tools: The tools' names. Without any, no calls are looked for.
    ///   - reasoning: The marks of a model that thinks first.
    ///   - isReasoning: Whether the prompt has the opening mark already.
    public init(
        _ format: ToolFormat, tools: Set<String> = [], reasoning: ReasoningMarks? = nil, isReasoning: Bool = false
    ) {
        self.format = format
        opening = CallOpening(format, tools: tools)
        closings = format.closings.map { Array($0.utf8) }
        self.reasoning = reasoning.map { (Array($0.open.utf8), Array($0.close.utf8)) }
        state = format == .harmony ? .header : isReasoning && reasoning != nil ? .reasoning : .text
        skipsSpace = state == .reasoning
    }

    /// Takes the next bytes, which need not be whole characters.
    public mutating func append(_ bytes: some Sequence<UInt8>) -> [AnswerPiece] {
        held.append(contentsOf: bytes)
        return read()
    }

    public mutating func append(_ text: String) -> [AnswerPiece] { append(text.utf8) }

    /// Tells what was held back, when the answer has ended.
    public mutating func finish() -> [AnswerPiece] {
        isOver = true
        return read()
    }

    private mutating func read() -> [AnswerPiece] {
        while step() {}
        held.removeFirst(start)
        start = 0
        defer { pieces = [] }
        return pieces
    }

    /// What is held and not understood.
    var rest: ArraySlice<UInt8> { held[start...] }

    mutating func skip(_ count: Int) {
        start += count
        consumed += count
    }

    /// Understands a part of the rest.
    /// - Returns: Whether that may go on without more bytes.
    private mutating func step() -> Bool {
        switch state {
        case .text: readText()
        case .reasoning: readReasoning()
        case .head(let opening, let keepable): readHead(opening, keepable)
        case .arguments(let depth): readArguments(depth)
        case .tail: readTail()
        case .between: readBetween()
        case .header: readHeader()
        case .message(let message): readMessage(message)
        }
    }

    // MARK: Text and reasoning

    private mutating func readText() -> Bool {
        if skipsSpace {
            skip(rest.prefix { $0.isSpace }.count)
            if rest.isEmpty { return false }
        }
        if !hasSpoken, let reasoning {
            let begin = rest.drop { $0.isSpace }
            if begin.starts(with: reasoning.open) {
                skip(begin.startIndex - start + reasoning.open.count)
                skipsSpace = true
                state = .reasoning
                return true
            }
            if !isOver, reasoning.open.starts(with: begin) { return false }
        }
        guard opening.isPossible else {
            tellText(rest.count)
            return false
        }
        // Blanks before a call are no text; they wait until it is known what follows.
        var solid = start
        for index in rest.indices {
            let byte = held[index]
            if opening.canBegin(byte) {
                switch opening.match(held[index...]) {
                case .found(let length, let keepable):
                    tellText(solid - start)
                    state = .head(opening: index - start + length, keepable: index - start + keepable)
                    return true
                case .partial where !isOver:
                    tellText(solid - start)
                    return false
                default: break
                }
            }
            if !byte.isSpace { solid = index + 1 }
        }
        tellText(isOver ? rest.count : solid - start)
        return false
    }

    private mutating func readReasoning() -> Bool {
        guard let close = reasoning?.close else { return false }
        if skipsSpace {
            skip(rest.prefix { $0.isSpace }.count)
            if rest.isEmpty { return false }
            skipsSpace = false
        }
        var solid = start
        for index in rest.indices {
            if held[index] == close[0] {
                if held[index...].starts(with: close) {
                    tell(solid - start) { .reasoning($0) }
                    skip(index + close.count - start)
                    skipsSpace = true
                    state = .text
                    return true
                }
                if !isOver, close.starts(with: held[index...]) { break }
            }
            if !held[index].isSpace { solid = index + 1 }
        }
        tell(solid - start) { .reasoning($0) }
        if isOver { skip(rest.count) }
        return false
    }

    /// Hands out the next bytes as text, whole characters only.
    private mutating func tellText(_ count: Int) {
        guard count > 0 else { return }
        hasSpoken = true
        skipsSpace = false
        tell(count) { .text($0) }
    }

    /// Hands out the next bytes, but for those at the end of what is held that are the beginning of a character.
    mutating func tell(_ count: Int, _ content: (String) -> AnswerPiece.Content) {
        var count = count
        if !isOver, start + count == held.count { count -= held[start..<start + count].unfinishedCount }
        guard count > 0 else { return }
        let text = String(decoding: held[start..<start + count], as: UTF8.self)
        skip(count)
        pieces.append(AnswerPiece(content(text), end: consumed))
    }

    mutating func tell(_ content: AnswerPiece.Content) {
        hasSpoken = true
        pieces.append(AnswerPiece(content, end: consumed))
    }

    /// Takes an opening that nothing followed for text.
    mutating func giveUp(_ count: Int) {
        tellText(min(count, rest.count))
        state = .text
    }
}

extension ArraySlice<UInt8> {
    /// How many bytes at the end are a character's beginning that more bytes could complete.
    var unfinishedCount: Int {
        for length in 1...3 where length <= count {
            let byte = self[endIndex - length]
            if byte & 0xC0 == 0x80 { continue }
            let needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length < needed ? length : 0
        }
        return 0
    }
}
