/// Why a model cannot be used for speech.
public enum SpeechModelError: Error, Equatable, CustomStringConvertible {
    case doesNotHear(String)
    case doesNotSpeak(String)
    case cannotFollow(String)

    public var description: String {
        switch self {
        case .doesNotHear(let model):
            "\(model) hears nothing: it is neither a Moonshine nor a Whisper. `tutti list` shows which models hear."
        case .cannotFollow(let model):
            "\(model) hears whole recordings only; moonshine-tiny follows somebody who speaks."
        case .doesNotSpeak(let model):
            "\(model) does not speak: it is neither a voice of Piper nor a Kokoro. `tutti list` shows which models speak."
        }
    }
}
