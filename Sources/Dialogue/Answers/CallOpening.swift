/// Where in an answer's text a call may begin.
///
/// Calls begin with the family's mark or, bare, with an object whose first member is the name of a tool. Nothing else is
/// looked for, because a grammar binds a call's arguments only behind what it knows to be the beginning of one.
struct CallOpening: Sendable {
    enum Match: Equatable {
        case none
        /// The bytes that are there may be the beginning of an opening.
        case partial
        /// The call's head is to be read after `length` bytes; `keepable` bytes are text if no call follows.
        case found(length: Int, keepable: Int)
    }

    let mark: [UInt8]?
    let takesBareObjects: Bool
    let tools: Set<String>

    /// What models put around a bare call as if it were code.
    static let wrappers = ["```json\n", "```\n", "<tools>\n", "<tools>"].map { Array($0.utf8) }
    /// The beginnings of a bare call, up to the tool's name; a grammar takes over behind the name.
    static let bareBeginnings = ["", " ", "\n", "\n  ", "\n    ", "\n\t"].flatMap { space in
        ["{\(space)\"name\": \"", "{\(space)\"name\":\""]
    }
    private static let bareBytes = bareBeginnings.map { Array($0.utf8) }

    init(_ format: ToolFormat, tools: Set<String>) {
        self.tools = tools
        mark = tools.isEmpty ? nil : format.mark.map { Array($0.utf8) }
        takesBareObjects = !tools.isEmpty && format.takesBareObjects
    }

    var isPossible: Bool { mark != nil || takesBareObjects }

    /// Whether an opening may begin with this byte.
    func canBegin(_ byte: UInt8) -> Bool {
        byte == mark?.first
            || takesBareObjects
                && (byte == UInt8(ascii: "{") || byte == UInt8(ascii: "`") || byte == UInt8(ascii: "<"))
    }

    /// Looks for an opening right at the beginning of the bytes.
    func match(_ bytes: ArraySlice<UInt8>) -> Match {
        let direct = matchUnwrapped(bytes)
        guard direct == .none, takesBareObjects else { return direct }
        var isPartial = false
        for wrapper in CallOpening.wrappers {
            if wrapper.count > bytes.count {
                isPartial = isPartial || wrapper.starts(with: bytes)
                continue
            }
            guard bytes.starts(with: wrapper) else { continue }
            let rest = bytes.dropFirst(wrapper.count).drop { $0.isSpace }
            if rest.isEmpty { return .partial }
            switch matchUnwrapped(rest) {
            case .none: continue
            case .partial: isPartial = true
            case .found(let length, _):
                return .found(length: rest.startIndex - bytes.startIndex + length, keepable: wrapper.count)
            }
        }
        return isPartial ? .partial : .none
    }

    private func matchUnwrapped(_ bytes: ArraySlice<UInt8>) -> Match {
        guard let first = bytes.first else { return .partial }
        if let mark, first == mark[0] {
            if bytes.starts(with: mark) { return .found(length: mark.count, keepable: mark.count) }
            if mark.starts(with: bytes) { return .partial }
        }
        guard takesBareObjects, first == UInt8(ascii: "{") else { return .none }
        for beginning in CallOpening.bareBytes {
            if beginning.count >= bytes.count {
                if beginning.starts(with: bytes) { return .partial }
                continue
            }
            guard bytes.starts(with: beginning) else { continue }
            let name = bytes.dropFirst(beginning.count)
            guard let end = name.firstIndex(of: UInt8(ascii: "\"")) else {
                // Names are short; a longer string is something else's.
                let isShort = tools.contains { $0.utf8.starts(with: name) }
                return isShort ? .partial : .none
            }
            let isTool = tools.contains(String(decoding: name[..<end], as: UTF8.self))
            return isTool ? .found(length: 0, keepable: 1) : .none
        }
        return .none
    }
}
