// What lies inside of a call, and between two.

extension AnswerReader {
    func isTool(_ name: String) -> Bool { opening.tools.contains(name) }

    mutating func readHead(_ opening: Int, _ keepable: Int) -> Bool {
        let bytes = rest.dropFirst(opening)
        let head: CallHead =
            format == .mistralNames
            ? .named(bytes, isTool: isTool) : .object(bytes, isTool: isTool)
        switch head {
        case .incomplete:
            guard isOver else { return false }
            giveUp(rest.count)
            return true
        case .none: giveUp(max(keepable, 1))
        case .began(let name, let length, let depth):
            skip(opening + length)
            tell(.callBegan(name))
            extent = JSONExtent()
            state = .arguments(depth: depth)
        case .whole(let name, let arguments, let length, let depth):
            skip(opening + length)
            tell(.callBegan(name))
            tell(.callArguments(arguments))
            endCall(depth: depth)
        }
        return true
    }

    mutating func readArguments(_ depth: Int) -> Bool {
        for index in rest.indices {
            let status = extent.append(held[index])
            if status == .inside { continue }
            tell(index - start + (status == .ended ? 1 : 0)) { .callArguments($0) }
            endCall(depth: status == .ended ? depth : 0)
            return true
        }
        // The bytes of an unfinished character stay and are seen again, which inside of a string changes nothing.
        tell(rest.count) { .callArguments($0) }
        return false
    }

    private mutating func endCall(depth: Int) {
        tell(.callEnded)
        if depth > 0 {
            extent = JSONExtent(depth: depth)
            state = .tail
        } else {
            state = .between
        }
    }

    mutating func readTail() -> Bool {
        for index in rest.indices {
            let status = extent.append(held[index])
            if status == .inside { continue }
            skip(index - start + (status == .ended ? 1 : 0))
            state = .between
            return true
        }
        skip(rest.count)
        return false
    }

    mutating func readBetween() -> Bool {
        skip(rest.prefix { $0.isSpace }.count)
        guard !rest.isEmpty else { return false }
        if let closing = closings.first(where: { rest.starts(with: $0) }) {
            skip(closing.count)
            return true
        }
        if !isOver, closings.contains(where: { $0.starts(with: rest) }) { return false }
        // In a list the next call has no mark of its own.
        if format != .mistralNames, rest.first == UInt8(ascii: "{") {
            state = .head(opening: 0, keepable: 1)
            return true
        }
        switch opening.match(rest) {
        case .found(let length, let keepable): state = .head(opening: length, keepable: keepable)
        case .partial where !isOver: return false
        default: state = .text
        }
        return true
    }
}
