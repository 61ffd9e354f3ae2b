/// Why the hub gave no model, said so that the user can mend it.
public enum HubError: Error, Equatable, CustomStringConvertible {
    case badReference(String, reason: String)
    /// A variable of the environment cannot be used.
    case badSetting(String, reason: String)
    /// The network is forbidden by a variable, and these files are not here.
    case offline(String, variable: String, missing: [String])
    /// No such repository, or one that is hidden from whoever asks.
    case noRepository(String, endpoint: String, hasToken: Bool)
    case noRevision(String, revision: String)
    case noFile(String, file: String)
    /// The token is not one that the hub knows.
    case tokenRefused(origin: String, endpoint: String)
    /// The repository's owner wants to be asked first.
    case gated(String, endpoint: String, hasToken: Bool)
    /// Too many requests; `seconds` is how long the server wants to be left alone.
    case rateLimited(host: String, seconds: Int?, hasToken: Bool)
    /// A server answered with this status, again and again.
    case refused(host: String, status: Int)
    case unreachable(host: String, detail: String)
    /// The connection broke again and again.
    case interrupted(file: String, received: Int, byteCount: Int, detail: String)
    /// An answer that no hub gives.
    case badAnswer(host: String, reason: String)
    /// Nothing in the repository can be used.
    case noModel(String, reason: String)
    /// Several models of a repository could be meant.
    case unclear(String, asked: String?, choices: [String])
    /// The hub does not say what the file's digest is.
    case noDigest(file: String)
    case wrongDigest(file: String, expected: String, found: String)
    case wrongLength(file: String, expected: Int, found: Int)
    /// The file was another one at every request.
    case changing(file: String)

    /// Whether the answer to "which model?" is at fault: exit code 3 of the command.
    public var isModelNotFound: Bool {
        switch self {
        case .badReference, .noRepository, .noRevision, .noFile, .noModel, .unclear: true
        default: false
        }
    }

    public var description: String {
        switch self {
        case .badReference(let text, let reason):
            "`\(text)` is no model of the hub: \(reason). It is written hf:OWNER/NAME, hf:OWNER/NAME:FILE or "
                + "hf:OWNER/NAME@REVISION:FILE."
        case .badSetting(let variable, let reason):
            "\(variable) cannot be used: \(reason)."
        case .offline(let model, let variable, let missing):
            "\(variable) forbids the network, and of `\(model)` there is missing: \(missing.joined(separator: ", "))."
        case .noRepository(let name, let endpoint, false):
            "\(endpoint) shows no repository \(name): is it spelled so? If it is private, set HF_TOKEN to a token that "
                + "may read it."
        case .noRepository(let name, let endpoint, true):
            "\(endpoint) shows no repository \(name): is it spelled so, and may your token read it?"
        case .noRevision(let name, let revision):
            "\(name) has no branch, tag or commit `\(revision)`."
        case .noFile(let name, let file):
            "\(name) has no file `\(file)`."
        case .tokenRefused(let origin, let endpoint):
            "\(endpoint) refuses the token from \(origin): it is wrong or has run out. Make a new one at "
                + "\(endpoint)/settings/tokens, or unset it for what is public."
        case .gated(let name, let endpoint, let hasToken):
            "\(name) is gated: ask its owner for access at \(endpoint)/\(name)"
                + (hasToken ? ", with the account of your token." : ", then set HF_TOKEN to a token of your account.")
        case .rateLimited(let host, let seconds, let hasToken):
            "\(host) asks for fewer requests"
                + (seconds.map { ": try again in \($0) seconds." } ?? "; try again later.")
                + (hasToken ? "" : " With a token in HF_TOKEN more are allowed.")
        case .refused(let host, let status):
            "\(host) answers with status \(status)\(Self.meaning(status)). Try again later; what is here already is kept."
        case .unreachable(let host, let detail):
            "\(host) could not be reached: \(detail). Check the network (and HTTPS_PROXY, where one is needed); what is "
                + "here already is kept."
        case .interrupted(let file, let received, let byteCount, let detail):
            "the connection broke again and again (\(detail)): \(ByteText(received)) of \(ByteText(byteCount)) of \(file) "
                + "are here and are kept. Try again."
        case .badAnswer(let host, let reason):
            "\(host) does not answer as the hub does: \(reason)."
        case .noModel(let name, let reason):
            "\(name) has nothing that can be used: \(reason)."
        case .unclear(let name, let asked, let choices):
            "\(name) has " + (asked.map { "no one file that `\($0)` means" } ?? "several models")
                + "; choose with \(name):NAME from\n" + choices.map { "  - \($0)" }.joined(separator: "\n")
        case .noDigest(let file):
            "the hub does not say what the digest of \(file) is, so it cannot be checked and was not fetched."
        case .wrongDigest(let file, let expected, let found):
            "\(file) is not what the hub promises: its digest is \(found), expected \(expected). It was thrown away."
        case .wrongLength(let file, let expected, let found):
            "\(file) is not what the hub promises: it has \(found) bytes, expected \(expected). It was thrown away."
        case .changing(let file):
            "\(file) changes while it is fetched. Try again when its owner is done."
        }
    }

    private static func meaning(_ status: Int) -> String {
        switch status {
        case 500: " (its own failure)"
        case 502, 504: " (a gateway before it failed)"
        case 503: " (it is overloaded or being mended)"
        default: ""
        }
    }
}
