internal import Foundation

/// The program espeak-ng, kept running: one process for each voice that was asked for, until this is let go.
///
/// It is never linked: its licence (GPL 3) stays its own.
public actor Espeak {
    private let program: String?
    private let timeout: Duration
    private var voices: [String: EspeakVoice] = [:]

    /// - Parameters:
    ///   - program: Where it is; nil to look for `espeak-ng` on the path.
    ///   - timeout: How long an answer may take, which is 1 to 2 ms as a rule.
    public init(program: String? = nil, timeout: Duration = .seconds(5)) {
        (self.program, self.timeout) = (program, timeout)
    }

    /// Where the program is; nil if it is not on the path.
    public static var path: String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(
            separator: ":")
        return folders.map { "\($0)/espeak-ng" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// The version of the program, such as "1.51"; nil if it is missing or says nothing that looks like one.
    public static func version() async throws -> String? {
        guard let path else { return nil }
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        let process = try LineProcess(path, ["--version"])
                        let line = try process.line(before: .now + .seconds(5))
                        return line.split(separator: " ").first { $0.first?.isNumber == true }.map(String.init)
                    })
            }
        }
    }

    /// The sounds of some words in the International Phonetic Alphabet.
    /// - Parameters:
    ///   - text: Any text: what espeak-ng would take for commands is left out.
    ///   - voice: One of espeak-ng's, such as `en-us`.
    /// - Throws: ``EspeakError``; `CancellationError` if the task was cancelled before its turn.
    public func phonemes(of text: String, voice: String) async throws -> String {
        guard !voice.isEmpty, voice.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_+".contains($0)) }),
            voice.first != "-"
        else { throw EspeakError.unknownVoice(voice) }
        let known = voices[voice] ?? EspeakVoice(voice, program: program, timeout: timeout)
        voices[voice] = known
        return try await known.phonemes(of: text)
    }
}

/// Asks espeak-ng how words sound.
public struct EspeakPhonemizer: Phonemizer {
    private let espeak: Espeak
    private let voice: String

    /// - Parameters:
    ///   - voice: A voice of espeak-ng: voices of Piper name theirs.
    ///   - espeak: Shared by phonemizers, so that each voice has one process.
    public init(voice: String = "en-us", espeak: Espeak = Espeak()) {
        (self.voice, self.espeak) = (voice, espeak)
    }

    public func phonemes(of clause: Clause) async throws -> String {
        clause.text.isEmpty ? "" : try await espeak.phonemes(of: clause.text, voice: voice)
    }
}

/// Why there are no phonemes.
public enum EspeakError: Error, Equatable, CustomStringConvertible {
    case missing
    case unknownVoice(String)
    case failed(voice: String, String)

    init(_ failure: LineProcess.Failure, voice: String, timeout: Duration) {
        switch failure {
        case .notStarted(let reason): self = .failed(voice: voice, "it cannot be started: \(reason)")
        case .ended(let said) where said.contains("voice does not exist"): self = .unknownVoice(voice)
        case .ended(let said): self = .failed(voice: voice, "it ended" + (said.isEmpty ? "" : ": \(said)"))
        case .silent: self = .failed(voice: voice, "it gave no answer within \(timeout)")
        }
    }

    public var description: String {
        switch self {
        case .missing:
            """
            Speaking needs the program espeak-ng, which is not on the path. Install it: \
            apt-get install espeak-ng (Debian, Ubuntu) or brew install espeak-ng (macOS).
            """
        case .unknownVoice(let voice):
            "espeak-ng has no voice “\(voice)”: `espeak-ng --voices` lists those it has."
        case .failed(let voice, let reason):
            "espeak-ng (voice \(voice)) failed twice at the same words: \(reason)."
        }
    }
}
