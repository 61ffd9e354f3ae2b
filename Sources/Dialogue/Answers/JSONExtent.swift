/// Finds where an object or an array ends, byte by byte, without reading it.
struct JSONExtent: Sendable {
    enum Status { case inside, ended, broken }

    /// How many objects and arrays are open.
    private(set) var depth: Int
    private var isString = false
    private var isEscape = false

    /// - Parameter depth: How many are open already.
    init(depth: Int = 0) { self.depth = depth }

    /// Takes the next byte; one that stands nowhere in JSON outside of strings breaks it and is no part of it.
    mutating func append(_ byte: UInt8) -> Status {
        if isString {
            if isEscape {
                isEscape = false
            } else if byte == UInt8(ascii: "\\") {
                isEscape = true
            } else if byte == UInt8(ascii: "\"") {
                isString = false
            }
            return .inside
        }
        switch byte {
        case UInt8(ascii: "\""): isString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            if depth <= 0 { return .ended }
        case 0x20, 0x09, 0x0a, 0x0d, UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "E"):
            break
        default: return .broken
        }
        return .inside
    }
}
