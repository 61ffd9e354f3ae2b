/// Finding one string in another by bytes, which for UTF-8 is by code points; never slower than linear.
struct ByteSearch {
    private let needle: [UInt8]
    /// For each prefix of the needle, the length of the longest proper prefix that also ends it (Knuth, Morris, Pratt).
    private let borders: [Int]

    init(_ needle: String) {
        self.init(bytes: Array(needle.utf8))
    }

    private init(bytes: [UInt8]) {
        needle = bytes
        var borders = [Int](repeating: 0, count: bytes.count)
        var length = 0
        for index in bytes.indices.dropFirst() {
            while length > 0, bytes[index] != bytes[length] { length = borders[length - 1] }
            if bytes[index] == bytes[length] { length += 1 }
            borders[index] = length
        }
        self.borders = borders
    }

    /// Where the needle begins in the text, without overlaps, at most `limit` times. An empty needle is nowhere.
    func offsets(in text: [UInt8], from start: Int = 0, limit: Int = .max) -> [Int] {
        guard !needle.isEmpty, text.count >= needle.count else { return [] }
        var offsets: [Int] = [], length = 0, index = start
        while index < text.count, offsets.count < limit {
            while length > 0, text[index] != needle[length] { length = borders[length - 1] }
            if text[index] == needle[length] { length += 1 }
            index += 1
            if length == needle.count {
                offsets.append(index - length)
                length = 0
            }
        }
        return offsets
    }

    /// Where the needle begins, counted from the end of the text backwards and without overlaps; in rising order.
    static func offsetsFromEnd(of needle: String, in text: [UInt8], limit: Int = .max) -> [Int] {
        let reversed = ByteSearch(bytes: needle.utf8.reversed())  // bytes: reversed, they need not be UTF-8
        let offsets = reversed.offsets(in: text.reversed(), limit: limit)
        return offsets.map { text.count - $0 - needle.utf8.count }.reversed()
    }
}
