/// What a message of harmony's holds.
enum HarmonyMessage: Sendable, Equatable {
    case text
    case reasoning
    case call(isEmpty: Bool)
}

// gpt-oss's format: messages `<|start|>assistant<|channel|>…<|message|>…<|end|>`, whose headers name a channel and
// perhaps a recipient. https://cookbook.openai.com/articles/openai-harmony

extension AnswerReader {
    private static let message = Array("<|message|>".utf8)
    private static let headerBeginnings = ["<|start|>", "<|channel|>"].map { Array($0.utf8) }
    private static let ends = ["<|end|>", "<|call|>", "<|return|>"].map { Array($0.utf8) } + headerBeginnings
    /// What a header may begin with; anything else is an answer without one.
    private static let beginnings = ["<|", "to=", "assistant"].map { Array($0.utf8) }
    private static let headerLimit = 1024

    mutating func readHeader() -> Bool {
        let begin = rest.drop { $0.isSpace }
        if begin.isEmpty {
            if isOver { skip(rest.count) }
            return false
        }
        guard AnswerReader.beginnings.contains(where: { $0.starts(with: begin) || begin.starts(with: $0) }),
            rest.count < AnswerReader.headerLimit
        else {
            state = .message(.text)
            return true
        }
        guard let mark = rest.firstRange(of: AnswerReader.message) else {
            if isOver { skip(rest.count) }
            return false
        }
        let header = String(decoding: rest[..<mark.lowerBound], as: UTF8.self)
        skip(mark.upperBound - start)
        state = .message(message(header))
        return true
    }

    /// What follows a header.
    private mutating func message(_ header: String) -> HarmonyMessage {
        if let recipient = header.firstRange(of: "to=functions.") {
            let name = String(header[recipient.upperBound...].prefix { !$0.isWhitespace && $0 != "<" })
            // A recipient that was never offered is talked to in vain; the user is not.
            guard isTool(name) else { return .reasoning }
            tell(.callBegan(name))
            return .call(isEmpty: true)
        }
        let channel = header.firstRange(of: "<|channel|>").map { header[$0.upperBound...] } ?? ""
        return channel.hasPrefix("analysis") ? .reasoning : .text
    }

    mutating func readMessage(_ message: HarmonyMessage) -> Bool {
        var limit = held.count
        for index in rest.indices where held[index] == UInt8(ascii: "<") {
            if let end = AnswerReader.ends.first(where: { held[index...].starts(with: $0) }) {
                tell(index - start, of: message)
                if message == .call(isEmpty: true), state == .message(message) { tell(.callArguments("{}")) }
                if case .call = message { tell(.callEnded) }
                // What begins the next header is read again as its part.
                if !AnswerReader.headerBeginnings.contains(end) { skip(end.count) }
                state = .header
                return true
            }
            if !isOver, AnswerReader.ends.contains(where: { $0.starts(with: held[index...]) }) {
                limit = index
                break
            }
        }
        tell(limit - start, of: message)
        return false
    }

    private mutating func tell(_ count: Int, of message: HarmonyMessage) {
        guard count > 0 else { return }
        switch message {
        case .text: tell(count) { .text($0) }
        case .reasoning: tell(count) { .reasoning($0) }
        case .call:
            tell(count) { .callArguments($0) }
            state = .message(.call(isEmpty: false))
        }
    }
}
