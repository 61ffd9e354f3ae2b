/// What a catalog's strings and numbers must look like.
enum CatalogChecks {
    /// More than any file has; sums of thousands of such counts do not overflow.
    static let largestByteCount = 1 << 50

    static func isByteCount(_ count: Int) -> Bool { (1...largestByteCount).contains(count) }
    /// As `isByteCount`, but a file may be empty.
    static func isSize(_ count: Int) -> Bool { (0...largestByteCount).contains(count) }
    static func isName(_ text: String) -> Bool { text.wholeMatch(of: /[a-z0-9][a-z0-9._-]{0,99}/) != nil }
    static func isInnerPath(_ text: String) -> Bool {
        text.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9._+\/-]{0,499}/) != nil && !text.contains("..")
    }
    static func isSHA256(_ text: String) -> Bool { text.wholeMatch(of: /[0-9a-f]{64}/) != nil }
}

extension KeyedDecodingContainer {
    func checked<T: Decodable>(_ key: Key, _ wanted: String, _ isGood: (T) -> Bool) throws -> T {
        let value = try decode(T.self, forKey: key)
        guard isGood(value) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "`\(value)` is not \(wanted)")
        }
        return value
    }
}
