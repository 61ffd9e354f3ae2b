public import Foundation
import TuttiCheckpoints
public import TuttiModels
public import TuttiTensors

/// Kokoro as it is shipped: its weights (`.onnx`), its speakers' styles (`.npz`), and the ids of its phonemes
/// (`vocab.json`), in one folder.
public struct KokoroVoice: Sendable {
    public let model: Kokoro
    /// The names of its speakers. Their first letter is a language's (`j`: Japanese, whatever they speak), their
    /// second `f` or `m`.
    public let speakers: [String]
    /// For each speaker a style for each count of tokens.
    private let styles: [String: [[Float]]]
    private let symbols: [Unicode.Scalar: Int]

    /// - Throws: ``KokoroVoiceError``; `CheckpointError`, `ModelError` and `GraphError` where the weights are no
    /// Kokoro's.
    public init(folder: URL, pool: ComputePool) throws {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
        guard let weights = names.first(where: { $0.hasSuffix(".onnx") }),
            let archive = names.first(where: { $0.hasSuffix(".npz") }), names.contains("vocab.json")
        else { throw KokoroVoiceError.incomplete(folder.path) }

        struct Vocabulary: Decodable { let vocab: [String: Int] }
        let file = folder.appending(path: "vocab.json")
        guard let vocabulary = try? JSONDecoder().decode(Vocabulary.self, from: Data(contentsOf: file)) else {
            throw KokoroVoiceError.damaged(file.path, "it lists no ids of phonemes under \"vocab\"")
        }
        var symbols: [Unicode.Scalar: Int] = [:]
        for (key, id) in vocabulary.vocab where key.unicodeScalars.count == 1 {
            if let scalar = key.unicodeScalars.first { symbols[scalar] = id }
        }
        self.symbols = symbols

        let path = folder.appending(path: archive).path
        var styles: [String: [[Float]]] = [:]
        for (name, array) in try NumpyArchive(path: path).arrays {
            // One for each count of tokens.
            guard let count = array.shape.first, count > 0, array.values.count == count * Kokoro.styleWidth else {
                throw KokoroVoiceError.damaged(path, "the styles of \(name) are of the shape \(array.shape)")
            }
            styles[name] = (0..<count).map {
                Array(array.values[$0 * Kokoro.styleWidth..<($0 + 1) * Kokoro.styleWidth])
            }
        }
        guard !styles.isEmpty else { throw KokoroVoiceError.damaged(path, "it has the style of no speaker") }
        self.styles = styles
        speakers = styles.keys.sorted()
        model = try Kokoro(path: folder.appending(path: weights).path, pool: pool)
    }

    /// The ids of phonemes, spaces and marks among them; those that the model does not know are left out.
    public func tokens(of phonemes: String) -> [Int] { phonemes.unicodeScalars.compactMap { symbols[$0] } }

    /// The style in which a speaker says so many tokens.
    /// - Parameter speaker: nil for the first.
    /// - Throws: ``KokoroVoiceError/unknownSpeaker(_:known:)``.
    public func style(of speaker: String?, tokens: Int) throws -> [Float] {
        let name = speaker ?? speakers[0]
        guard let all = styles[name] else { throw KokoroVoiceError.unknownSpeaker(name, known: speakers) }
        return all[min(max(tokens, 0), all.count - 1)]
    }
}

/// Why Kokoro cannot speak.
public enum KokoroVoiceError: Error, Equatable, CustomStringConvertible {
    case incomplete(String)
    case damaged(String, String)
    case unknownSpeaker(String, known: [String])

    public var description: String {
        switch self {
        case .incomplete(let folder):
            "\(folder) is no Kokoro: that is an .onnx file, an .npz file with its speakers' styles, and vocab.json."
        case .damaged(let file, let reason): "\(file) does not belong to a Kokoro: \(reason)."
        case .unknownSpeaker(let name, let known):
            "There is no speaker “\(name)”. Known are \(known.joined(separator: ", "))."
        }
    }
}
