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

/// Where the keys and values of 32 tokens lie in a page: all layers, and all heads of each, one after the other.
public struct KeyValueLayout: Sendable, Equatable {
    public let kind: KeyValueKind
    public let layers: Int
    /// Key-value heads of a layer.
    public let heads: Int
    public let headWidth: Int

    /// Tokens of one page: the unit in which sequences share and take memory.
    public static let pageTokens = Int(TUTTI_PAGE_TOKENS)

    /// The widest head that the attention kernels hold in registers and on the stack.
    public static let maximumHeadWidth = Int(TUTTI_MAX_HEAD)

    /// - Precondition: `headWidth` is a multiple of 16 (of 32 for `q8_0`) up to 256; the loader has checked it.
    public init(kind: KeyValueKind, layers: Int, heads: Int, headWidth: Int) {
        precondition(headWidth % (kind == .q8_0 ? 32 : 16) == 0 && headWidth <= KeyValueLayout.maximumHeadWidth)
        self.kind = kind
        self.layers = layers
        self.heads = heads
        self.headWidth = headWidth
    }

    var headBytes: Int { tutti_kv_head_bytes(kind.kernel, headWidth) }

    /// What one page takes in memory.
    public var pageBytes: Int { layers * heads * headBytes }

    func offset(layer: Int, head: Int) -> Int { (layer * heads + head) * headBytes }
}

/// The keys and values of up to 32 consecutive tokens; shared between sequences whose beginnings are the same.
@safe public final class KeyValuePage: @unchecked Sendable {
    // Unchecked: it owns bytes; only the engine's thread writes them, and only into places no other sequence reads.
    private let memory: AlignedMemory

    public init(_ layout: KeyValueLayout) { memory = AlignedMemory(byteCount: layout.pageBytes) }

    @unsafe var base: UnsafeMutableRawPointer { unsafe memory.base }

    /// Takes over everything that `other` holds.
    public func copy(from other: KeyValuePage) {
        precondition(memory.byteCount == other.memory.byteCount, "pages of two layouts")
        unsafe memory.base.copyMemory(from: other.memory.base, byteCount: memory.byteCount)
    }
}
