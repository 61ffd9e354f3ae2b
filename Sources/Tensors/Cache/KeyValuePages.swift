import CKernels

/// How cached keys and values are stored.
public enum KeyValueKind: String, Sendable, CaseIterable {
    /// For checking.
    case f32
    case f16
    /// Signed bytes with one scale for 32 numbers: half the memory of f16.
    case q8_0

    var kernel: tutti_kv {
        switch self {
        case .f32: TUTTI_KV_F32
        case .f16: TUTTI_KV_F16
        case .q8_0: TUTTI_KV_Q8_0
        }
    }
}

/// Where the keys and values of a decoder's layers lie: layers that see equally far back share pages, and a page holds
/// 32 tokens of them, all heads of each layer, one after the other.
///
/// A sequence so keeps pages of its windowed layers only as far back as they look, whatever its length.
public struct KeyValueLayout: Sendable, Equatable {
    /// Layers that see equally far back.
    public struct Group: Sendable, Equatable {
        public let layers: Int
        /// How many tokens back a row sees, itself included; nil for all.
        public let window: Int?

        /// The first token that the row at `position` sees.
        public func oldest(seenFrom position: Int) -> Int { window.map { max(0, position + 1 - $0) } ?? 0 }
    }

    /// A layer's group, and its place among that group's layers.
    struct Place: Sendable, Equatable {
        let group: Int
        let index: Int
    }

    public let kind: KeyValueKind
    /// Key-value heads of a layer.
    public let heads: Int
    public let headWidth: Int
    /// In the order in which the layers first name their windows.
    public let groups: [Group]
    let places: [Place]

    /// Tokens of one page: the unit in which sequences share and take memory.
    public static let pageTokens = Int(TUTTI_PAGE_TOKENS)

    /// The widest head that the attention kernels hold in registers and on the stack.
    public static let maximumHeadWidth = Int(TUTTI_MAX_HEAD)

    /// - Parameter windows: For every layer, how many tokens back a row sees, itself included; nil for all.
    /// - Precondition: `headWidth` is a multiple of 16 (of 32 for `q8_0`) up to 256, windows are at least 1; the loader
    ///   has checked it.
    public init(kind: KeyValueKind, windows: [Int?], heads: Int, headWidth: Int) {
        precondition(headWidth % (kind == .q8_0 ? 32 : 16) == 0 && headWidth <= KeyValueLayout.maximumHeadWidth)
        precondition(windows.allSatisfy { $0 ?? 1 > 0 }, "a window of no tokens")
        self.kind = kind
        self.heads = heads
        self.headWidth = headWidth
        var known: [Int?] = [], counts: [Int] = [], places: [Place] = []
        for window in windows {
            let group = known.firstIndex(of: window) ?? known.count
            if group == known.count {
                known.append(window)
                counts.append(0)
            }
            places.append(Place(group: group, index: counts[group]))
            counts[group] += 1
        }
        groups = zip(known, counts).map { Group(layers: $1, window: $0) }
        self.places = places
    }

    var headBytes: Int { tutti_kv_head_bytes(kind.kernel, headWidth) }

    /// What one page of a group takes in memory.
    public func pageBytes(group: Int) -> Int { groups[group].layers * heads * headBytes }

    /// Where a head of the layer at `index` of its group lies in a page.
    func offset(index: Int, head: Int) -> Int { (index * heads + head) * headBytes }
}

/// The keys and values of up to 32 consecutive tokens in the layers of one group; shared between sequences whose
/// beginnings are the same.
@safe public final class KeyValuePage: @unchecked Sendable {
    // Unchecked: it owns bytes; only the engine's thread writes them, and only into places no other sequence reads.
    private let memory: AlignedMemory

    public init(_ layout: KeyValueLayout, group: Int) {
        memory = AlignedMemory(byteCount: layout.pageBytes(group: group))
    }

    @unsafe var base: UnsafeMutableRawPointer { unsafe memory.base }

    /// Takes over everything that `other` holds.
    public func copy(from other: KeyValuePage) {
        precondition(memory.byteCount == other.memory.byteCount, "pages of two layouts")
        unsafe memory.base.copyMemory(from: other.memory.base, byteCount: memory.byteCount)
    }
}

/// The pages of one sequence in one group of layers, by their place in the sequence; nil where no row to come looks.
public typealias PageTable = [KeyValuePage?]
