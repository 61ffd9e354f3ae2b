/// What can be wrong with sound that comes from outside, said so that its owner can mend it.
public enum AudioError: Error, Equatable, CustomStringConvertible {
    /// The file cannot be opened or read; the text says why.
    case unreadable(file: String, String)
    /// Nothing here reads such a file.
    case unknownFormat(file: String)
    /// The format is read by a program that is not installed.
    case needsProgram(file: String, program: String)
    /// The file breaks its format's rules; the text says what is wrong.
    case damaged(file: String, String)
    /// The sound is longer or larger than is taken; the text says both numbers.
    case tooLarge(file: String, String)
    /// What is asked for cannot be; the text says what can.
    case unusable(String)
    /// An encoder refused; the text is its own.
    case unwritable(format: String, String)

    public var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file) cannot be read: \(reason)."
        case .unknownFormat(let file):
            "\(file) is no sound that is read here: wav, aiff, au, caf, flac, ogg, opus and mp3 are, and with the program "
                + "ffmpeg also m4a, mp4, webm and aac."
        case .needsProgram(let file, let program):
            "\(file) is of a format that the program \(program) reads, and it is not on the path: install \(program), or "
                + "convert the file to wav."
        case .damaged(let file, let reason): "\(file) is damaged: \(reason)."
        case .tooLarge(let file, let numbers): "\(file) is too large: \(numbers)."
        case .unusable(let reason): "\(reason)."
        case .unwritable(let format, let reason): "The sound cannot be written as \(format): \(reason)."
        }
    }
}
