import Foundation
public import TuttiTensors

/// The pieces of text that Moonshine's tokens stand for, as the file `tokenizer.bin` lists them.
///
/// For each token a length, in one byte or, from 128 on, in two of seven bits with the low ones first, then its bytes.
public struct MoonshineVocabulary: Sendable {
    private let pieces: [[UInt8]]

    /// Tokens that are no text: unknown, start, end, and the marks from 32,000 on.
    private static let firstText = 3, firstMark = 32_000

    public enum Failure: Error, Equatable, CustomStringConvertible {
        case unreadable(file: String)
        case truncated(file: String, token: Int)
        case noVocabulary(file: String)

        public var description: String {
            switch self {
            case .noVocabulary(let file): "\(file) has no `vocab` of a model, so it is no Moonshine's tokenizer."
            case .unreadable(let file): "\(file) cannot be read."
            case .truncated(let file, let token):
                "\(file) ends in the middle of token \(token): the download stopped early, or the file is damaged. "
                    + "Fetch it again."
            }
        }
    }

    /// - Throws: ``Failure``.
    public init(path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else { throw Failure.unreadable(file: path) }
        try self.init(bytes: Array(data), file: path)
    }

    public init(bytes: [UInt8], file: String) throws {
        var pieces: [[UInt8]] = [], at = 0
        while at < bytes.count {
            var length = Int(bytes[at])
            at += 1
            if length >= 128 {
                guard at < bytes.count else { throw Failure.truncated(file: file, token: pieces.count) }
                length += 128 * Int(bytes[at]) - 128
                at += 1
            }
            guard length <= bytes.count - at else { throw Failure.truncated(file: file, token: pieces.count) }
            pieces.append(Array(bytes[at..<at + length]))
            at += length
        }
        self.pieces = pieces
    }

    /// The same from the `tokenizer.json` of a Hugging Face folder, where bytes stand as `<0x41>`.
    /// - Throws: ``Failure``.
    public init(tokenizer path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else { throw Failure.unreadable(file: path) }
        struct Tokenizer: Decodable {
            struct Model: Decodable { let vocab: [String: Int] }
            let model: Model
        }
        guard let vocabulary = try? JSONDecoder().decode(Tokenizer.self, from: data).model.vocab else {
            throw Failure.noVocabulary(file: path)
        }
        // As many tokens as there are; numbers beyond stand for nothing.
        var pieces = [[UInt8]](repeating: [], count: vocabulary.count)
        for (piece, token) in vocabulary where pieces.indices.contains(token) {
            let isByte = piece.hasPrefix("<0x") && piece.hasSuffix(">") && piece.utf8.count == 6
            let byte = isByte ? UInt8(piece.dropFirst(3).dropLast(), radix: 16) : nil
            pieces[token] = byte.map { [$0] } ?? Array(piece.utf8)
        }
        self.pieces = pieces
    }

    public var count: Int { pieces.count }

    /// The bytes of a token, a space where the file has `▁`; none for marks.
    public func bytes(_ token: Token) -> [UInt8] {
        let token = Int(token)
        guard token >= MoonshineVocabulary.firstText, token < min(MoonshineVocabulary.firstMark, pieces.count) else {
            return []
        }
        let piece = pieces[token]
        guard piece.contains(0xE2) else { return piece }
        return Array(String(decoding: piece, as: UTF8.self).replacing("\u{2581}", with: " ").utf8)
    }

    /// What tokens say together, without a space at its beginning.
    public func text(_ tokens: some Sequence<Token>) -> String {
        let text = String(decoding: tokens.flatMap(bytes), as: UTF8.self)
        return text.hasPrefix(" ") ? String(text.dropFirst()) : text
    }
}
