import TuttiCheckpoints

/// What keeps a checkpoint from becoming a model, said so that its owner can act.
public enum ModelError: Error, Equatable, CustomStringConvertible {
    case unknownArchitecture(String, known: [String], file: String)
    /// Embeddings were asked of a model that is no encoder.
    case noEncoder(String, known: [String], file: String)
    case missingKey(String, file: String)
    case badValue(key: String, value: String, wants: String, file: String)
    case unusableType(tensor: String, type: String, file: String)
    /// A tensor has numbers that the type it is to be quantised to cannot hold.
    case notStorable(tensor: String, type: String, file: String)

    public var description: String {
        switch self {
        case .unknownArchitecture(ProjectorFile.architecture, _, let file):
            """
            \(file) is a projector (mmproj): what a model sees with, not the model. Name the language model's file, and lay \
            this one beside it or name it with --mmproj.
            """
        case .unknownArchitecture(let name, let known, let file):
            """
            \(file) holds a model of the architecture "\(name)", which Tutti does not know yet. It knows \
            \(known.joined(separator: ", ")). docs/guides/add-a-model.md adds one from nothing.
            """
        case .noEncoder(let name, let known, let file):
            "\(file) holds a model of the architecture \"\(name)\", which embeds no text. Encoders that do are of the kinds "
                + "\(known.joined(separator: ", ")), such as the catalog's `minilm`."
        case .missingKey(let key, let file):
            "\(file) does not say \(key), without which its model cannot be built. Convert the model again."
        case .badValue(let key, let value, let wants, let file):
            "\(file) says \(key) = \(value); it must be \(wants). The file is damaged or of a newer kind."
        case .unusableType(let tensor, let type, let file):
            "\(file): the tensor \(tensor) is of type \(type), which cannot be computed with. Use a file in another quantisation."
        case .notStorable(let tensor, let type, let file):
            "\(file): the tensor \(tensor) has numbers that \(type) cannot hold (infinite, none, or too large). Load it as it is, or as BF16."
        }
    }
}
