/// Reads `multipart/form-data` (RFC 7578, RFC 2046 section 5.1) as it arrives: bytes go in, parts come out.
///
///     var parser = try MultipartParser(contentType: "multipart/form-data; boundary=X")
///     parser.append(bytes)
///     while let event = try parser.next() { … }
///     try parser.finish()
///
/// It keeps what it has not given out yet: a part's head, or less than a delimiter of its body.
package struct MultipartParser {
    package enum Event: Equatable {
        case partBegan(Head)
        /// A piece of the part's body.
        case bytes([UInt8])
        case partEnded
    }

    /// What a part says of itself.
    package struct Head: Equatable {
        /// The field's name.
        package let name: String
        /// The file's name, where the part is one.
        package let filename: String?
        package let contentType: String?
    }

    /// What is wrong with a body.
    package struct Malformed: Error, Equatable, CustomStringConvertible {
        package let description: String

        init(_ description: String) { self.description = description }
    }

    private enum State { case preamble, delimiter, head, body, epilogue }

    static let maximumHeadByteCount = 16 << 10
    static let maximumPartCount = 64

    private let delimiter: [UInt8]
    private var state = State.preamble
    private var buffer: [UInt8]
    private var partCount = 0

    /// - Throws: ``Malformed`` unless it is `multipart/form-data` with a boundary of 1 to 70 characters.
    package init(contentType: String) throws(Malformed) {
        var parameters = HeaderParameters(contentType)
        guard parameters.value.lowercased() == "multipart/form-data" else {
            throw Malformed("the content type must be multipart/form-data, but it is '\(parameters.value)'")
        }
        guard let boundary = parameters.take("boundary"), (1...70).contains(boundary.utf8.count),
            boundary.utf8.allSatisfy({ (0x20..<0x7f).contains($0) })
        else { throw Malformed("the content type has no boundary of 1 to 70 characters") }
        delimiter = Array("\r\n--\(boundary)".utf8)
        // The first delimiter may stand at the very beginning, without a line's end before it.
        buffer = [0x0d, 0x0a]
    }

    package mutating func append(_ bytes: some Sequence<UInt8>) { buffer.append(contentsOf: bytes) }

    /// The next event; nil until more bytes have come, or after the end.
    package mutating func next() throws(Malformed) -> Event? {
        while true {
            switch state {
            case .preamble:
                let (found, safe) = search()
                guard found || safe <= Self.maximumHeadByteCount else {
                    throw Malformed("it does not begin with its boundary")
                }
                guard found else { return nil }
                buffer.removeFirst(safe + delimiter.count)
                state = .delimiter
            case .delimiter:
                guard let state = try afterDelimiter() else { return nil }
                self.state = state
            case .head:
                guard let head = try head() else { return nil }
                state = .body
                return .partBegan(head)
            case .body:
                let (found, safe) = search()
                if safe > 0 {
                    let bytes = Array(buffer[..<safe])
                    buffer.removeFirst(safe)
                    return .bytes(bytes)
                }
                guard found else { return nil }
                buffer.removeFirst(delimiter.count)
                state = .delimiter
                return .partEnded
            case .epilogue:
                buffer.removeAll()
                return nil
            }
        }
    }

    /// Says that no more bytes come.
    /// - Throws: ``Malformed`` if the closing delimiter is missing.
    package func finish() throws(Malformed) {
        guard state == .epilogue else { throw Malformed("it ends before its closing boundary") }
    }

    /// How many bytes at the front are surely no part of a delimiter, and whether one follows them.
    private func search() -> (found: Bool, safe: Int) {
        var place = 0
        while let start = buffer[place...].firstIndex(of: 0x0d) {
            let matching = zip(buffer[start...], delimiter).prefix { $0 == $1 }.count
            if matching == delimiter.count { return (true, start) }
            if start + matching == buffer.count { return (false, start) }
            place = start + 1
        }
        return (false, buffer.count)
    }

    /// What follows a delimiter: two dashes at the very end, a line's end before another part.
    private mutating func afterDelimiter() throws(Malformed) -> State? {
        // Blanks may stand between a boundary and the end of its line.
        let blanks = buffer.prefix { $0 == 0x20 || $0 == 0x09 }.count
        guard blanks <= Self.maximumHeadByteCount else { throw Malformed("a boundary's line has no end") }
        guard buffer.count >= blanks + 2 else { return nil }
        let two = Array(buffer[blanks..<blanks + 2])
        if blanks == 0, two == [0x2d, 0x2d] { return .epilogue }
        guard two == [0x0d, 0x0a] else { throw Malformed("something follows a boundary on its line") }
        partCount += 1
        guard partCount <= Self.maximumPartCount else {
            throw Malformed("it has more than \(Self.maximumPartCount) parts")
        }
        buffer.removeFirst(blanks + 2)
        return .head
    }

    /// The lines up to the first empty one.
    private mutating func head() throws(Malformed) -> Head? {
        var name: String?
        var filename: String?
        var contentType: String?
        var start = 0
        while true {
            guard let end = endOfLine(from: start) else {
                guard buffer.count <= Self.maximumHeadByteCount else { throw Malformed("a part's head is too long") }
                return nil
            }
            guard end <= Self.maximumHeadByteCount else { throw Malformed("a part's head is too long") }
            if end == start { break }
            guard let line = String(validating: buffer[start..<end], as: UTF8.self),
                let colon = line.firstIndex(of: ":")
            else { throw Malformed("a line of a part's head has no colon, or is not UTF-8") }
            let value = String(line[line.index(after: colon)...])
            switch line[..<colon].lowercased() {
            case "content-disposition":
                var parameters = HeaderParameters(value)
                guard parameters.value.lowercased() == "form-data" else {
                    throw Malformed("a part's content disposition must be form-data")
                }
                name = parameters.take("name")
                filename = parameters.take("filename*") ?? parameters.take("filename")
            case "content-type": contentType = HeaderParameters(value).value
            case "content-transfer-encoding":
                let encoding = HeaderParameters(value).value.lowercased()
                guard ["binary", "8bit", "7bit"].contains(encoding) else {
                    throw Malformed("a part is encoded as \(encoding), which is not taken")
                }
            default: break
            }
            start = end + 2
        }
        guard let name else { throw Malformed("a part has no name") }
        buffer.removeFirst(start + 2)
        return Head(name: name, filename: filename, contentType: contentType)
    }

    private func endOfLine(from start: Int) -> Int? {
        var place = start
        while let end = buffer[place...].firstIndex(of: 0x0d) {
            guard end + 1 < buffer.count else { return nil }
            if buffer[end + 1] == 0x0a { return end }
            place = end + 1
        }
        return nil
    }
}
