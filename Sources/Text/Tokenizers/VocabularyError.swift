public import TuttiTensors

/// What can be wrong with a vocabulary, said so that the owner of the model file can mend it.
public enum VocabularyError: Error, Equatable, CustomStringConvertible {
    case missing(key: String)
    case unsupported(key: String, value: String, known: String)
    case wrongCount(key: String, has: Int, needs: Int)
    case outOfRange(key: String, value: Int64, count: Int)
    case tooLarge(key: String, count: Int)
    case duplicate(text: String, first: Token, second: Token)
    case malformedMerge(index: Int, text: String)
    case unknownKind(token: Token, value: Int64)
    case malformed(key: String)

    public var description: String {
        let advice = "The model file is damaged or was converted wrongly: fetch it again or convert it anew."
        return switch self {
        case .missing(let key): "The vocabulary has no \(key). \(advice)"
        case .unsupported(let key, let value, let known):
            "\(key) is '\(value)', which this version does not know (it knows \(known)). Update, or use another model."
        case .wrongCount(let key, let has, let needs): "\(key) has \(has) entries, the vocabulary \(needs). \(advice)"
        case .outOfRange(let key, let value, let count):
            "\(key) is \(value), but tokens go from 0 to \(count - 1). \(advice)"
        case .tooLarge(let key, let count): "\(key) has \(count) entries or bytes, more than can be. \(advice)"
        case .duplicate(let text, let first, let second):
            "Tokens \(first) and \(second) are both '\(text)'. \(advice)"
        case .malformedMerge(let index, let text):
            "Merge \(index), '\(text)', is not two tokens that make up a third. \(advice)"
        case .malformed(let key): "\(key) is not what it should be. \(advice)"
        case .unknownKind(let token, let value): "Token \(token) is of the unknown type \(value). \(advice)"
        }
    }
}
