import TuttiTensors

extension Span<UInt8> {
    /// `count` bytes (1 to 8) from `offset` as a number, the first one lowest.
    @inline(__always)
    func word(at offset: Int, count length: Int) -> UInt64 {
        if offset + 8 <= count {
            // A plain number is read from checked memory: the read itself cannot go wrong.
            let word = unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
            return word & (UInt64.max >> UInt64(64 - 8 * length))
        }
        var word: UInt64 = 0
        for i in 0..<length { word |= UInt64(self[offset + i]) << UInt64(8 * i) }
        return word
    }

    /// A hash of the bytes in `range`.
    @inline(__always)
    func hash(_ range: Range<Int>, seed: UInt64) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: range.count)
        var offset = range.lowerBound
        while offset < range.upperBound {
            let length = Swift.min(8, range.upperBound - offset)
            hash = mixed(hash ^ word(at: offset, count: length))
            offset += length
        }
        return hash
    }
}

/// Spreads every bit over all others: both halves of a product with a constant that looks random.
@inline(__always)
func mixed(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return product.high ^ product.low
}

/// Finds tokens by the bytes that they stand for: open addressing over one run of bytes, without a string of its own.
struct TokenTable: Sendable {
    /// In a slot a token's bytes and their count where they fit, or else a hash of them; 0 in a free one. Most tokens are
    /// short: whether a text is one is known from here alone.
    private var keys: [UInt64]
    /// The token of each slot.
    private var tokens: [Token]
    /// Chosen when the program starts, so that no file can hold tokens that are known to collide.
    private static let processSeed = UInt64.random(in: 0...UInt64.max)
    private let seed = Self.processSeed
    private static let shortCount = 7
    /// Above what a short key can be; the key of an empty text lies between.
    private static let hashed: UInt64 = 0xFF << 56, empty: UInt64 = 8 << 56

    /// A table with room for `count` tokens.
    init(count: Int) {
        // Two of three slots in use: a search for what is not there looks at five of them on average, one line of cache.
        let size = max(16, count + count / 2)
        keys = [UInt64](repeating: 0, count: size)
        tokens = [Token](repeating: 0, count: size)
    }

    @inline(__always)
    private func key(_ text: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        let count = range.count
        if count == 0 { return Self.empty }
        if count <= Self.shortCount { return text.word(at: range.lowerBound, count: count) | UInt64(count) << 56 }
        return text.hash(range, seed: seed) | Self.hashed
    }

    /// The slot of the token with these bytes, or the free one where it would be.
    @inline(__always)
    private func place(_ key: UInt64, _ text: Span<UInt8>, _ range: Range<Int>, in pieces: Pieces) -> Int {
        let keys = keys.span
        var place = Int(mixed(key ^ seed).multipliedFullWidth(by: UInt64(keys.count)).high)
        while keys[place] != 0 {
            if keys[place] == key, key < Self.hashed || pieces.equal(tokens[place], text, range) { break }
            place = place + 1 == keys.count ? 0 : place + 1
        }
        return place
    }

    /// The token whose bytes are those of `text[range]`.
    @inline(__always)
    func token(_ text: Span<UInt8>, _ range: Range<Int>, in pieces: Pieces) -> Token? {
        let place = place(key(text, range), text, range, in: pieces)
        return keys[place] == 0 ? nil : tokens[place]
    }

    /// Puts `token` in, unless another one has its bytes: that one is returned then.
    mutating func insert(_ token: Token, in pieces: Pieces) -> Token? {
        let bytes = pieces.bytes.span, range = pieces.range(of: token), key = key(bytes, range)
        let place = place(key, bytes, range, in: pieces)
        if keys[place] != 0 { return tokens[place] }
        keys[place] = key
        tokens[place] = token
        return nil
    }

    /// Puts `token` in the place of the token that has the same bytes.
    mutating func replace(by token: Token, in pieces: Pieces) {
        let bytes = pieces.bytes.span, range = pieces.range(of: token)
        tokens[place(key(bytes, range), bytes, range, in: pieces)] = token
    }
}

/// What each token stands for, in one run of bytes.
struct Pieces: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var ends: [UInt32] = []

    init() {}

    init(bytes: [UInt8], ends: [UInt32]) {
        self.bytes = bytes
        self.ends = ends
    }

    var count: Int { ends.count }

    mutating func reserveCapacity(tokens: Int, bytes byteCount: Int) {
        ends.reserveCapacity(tokens)
        bytes.reserveCapacity(byteCount)
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    mutating func append(contentsOf some: ArraySlice<UInt8>) { bytes.append(contentsOf: some) }

    /// Ends the piece that the bytes appended since the last end make up.
    mutating func endPiece() { ends.append(UInt32(bytes.count)) }

    /// Forgets all pieces.
    mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    /// Takes back the bytes of the piece that is not ended.
    mutating func dropPiece() { bytes.removeLast(bytes.count - Int(ends.last ?? 0)) }

    @inline(__always)
    func range(of token: Token) -> Range<Int> {
        let token = Int(token)
        return (token == 0 ? 0 : Int(ends[token - 1]))..<Int(ends[token])
    }

    @inline(__always)
    func equal(_ token: Token, _ text: Span<UInt8>, _ other: Range<Int>) -> Bool {
        let range = range(of: token)
        guard range.count == other.count else { return false }
        let bytes = bytes.span
        var i = 0
        while i < range.count {
            let length = min(8, range.count - i)
            if bytes.word(at: range.lowerBound + i, count: length) != text.word(at: other.lowerBound + i, count: length)
            {
                return false
            }
            i += length
        }
        return true
    }
}
