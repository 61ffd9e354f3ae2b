import Foundation
import Testing
import TestSupport
import TuttiCheckpoints
import TuttiTensors
import TuttiText

/// A model whose tokens were written down: `scripts/goldens/make_tokens.py` says how.
enum GoldenModel: String, CaseIterable {
    case smollm2, qwen, gemma

    var catalogName: String {
        switch self {
        case .smollm2: "smollm2-135m"
        case .qwen: "qwen2.5-coder-0.5b"
        case .gemma: "gemma3-270m"
        }
    }

    /// The models that this run has.
    static let present: [Self] = TestModel.isFull ? allCases : [.smollm2, .qwen]

    func tokenizer() throws -> Tokenizer {
        try Self.loaded.withLock { loaded in
            if let tokenizer = loaded[self] { return tokenizer }
            let tokenizer = try Tokenizer(GGUFFile(path: TestModel.path(catalogName).path).metadata)
            loaded[self] = tokenizer
            return tokenizer
        }
    }

    private static let loaded = NSLock.Guarded<[Self: Tokenizer]>([:])
}

extension NSLock {
    /// A value behind a lock.
    final class Guarded<Value>: @unchecked Sendable {
        private let lock = NSLock()
        private var value: Value  // touched only under the lock
        init(_ value: Value) { self.value = value }
        func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
            try lock.withLock { try body(&value) }
        }
    }
}

struct TokenGolden: Decodable {
    struct Case: Decodable {
        let name: String, text: String, ids: [Token], bytes: String
        let special_ids: [Token]?, special_bytes: String?, peer_ids: [Token]?, round_trip: Bool?
    }
    let add_bos: Bool, hello_with_bos: [Token], cases: [Case]

    init(_ model: GoldenModel) throws {
        let file = goldens("TextTests").appending(path: "tokens-\(model.rawValue).json")
        self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: file))
    }
}

@Suite struct TokenizerGoldenTests {
    /// Cases in which the two reference implementations differ and the peer is the original's twin: Qwen normalises to
    /// form C; Gemma holds `</s>` as a user-defined token.
    private static let peerIsRight = ["accents decomposed", "korean", "combining storm", "other families"]

    @Test(arguments: GoldenModel.present)
    func plainText(model: GoldenModel) throws {
        let tokenizer = try model.tokenizer(), golden = try TokenGolden(model)
        #expect(golden.cases.count > 90)
        for item in golden.cases {
            let expected = Self.peerIsRight.contains(item.name) ? item.peer_ids ?? item.ids : item.ids
            #expect(tokenizer.encode(item.text) == expected, "\(item.name)")
        }
    }

    @Test(arguments: GoldenModel.present)
    func specialTokens(model: GoldenModel) throws {
        let tokenizer = try model.tokenizer(), golden = try TokenGolden(model)
        for item in golden.cases where !Self.peerIsRight.contains(item.name) || item.special_ids != nil {
            let tokens = tokenizer.encode(item.text, special: true)
            #expect(tokens == item.special_ids ?? item.ids, "\(item.name)")
            let bytes = tokens.flatMap(tokenizer.bytes(of:))
            #expect(hex(bytes) == item.special_bytes ?? item.bytes, "\(item.name)")
        }
    }

    @Test(arguments: GoldenModel.present)
    func bytesOfTokens(model: GoldenModel) throws {
        let tokenizer = try model.tokenizer(), golden = try TokenGolden(model)
        for item in golden.cases {
            #expect(hex(item.ids.flatMap(tokenizer.bytes(of:))) == item.bytes, "\(item.name)")
            guard item.round_trip ?? true else { continue }
            #expect(
                tokenizer.decode(item.ids, skippingSpecial: false).unicodeScalars.elementsEqual(
                    item.text.unicodeScalars))
        }
    }

    @Test(arguments: GoldenModel.present)
    func beginningOfText(model: GoldenModel) throws {
        let tokenizer = try model.tokenizer(), golden = try TokenGolden(model)
        let adds = tokenizer.vocabulary.addsBOS
        #expect(adds == golden.add_bos)
        #expect(tokenizer.encode("Hello", special: false, addingBOS: adds) == golden.hello_with_bos)
    }
}

func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
