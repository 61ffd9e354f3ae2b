/// What can be wrong with a picture that comes from outside, said so that its owner can mend it.
public enum PictureError: Error, Equatable, CustomStringConvertible {
    /// The file cannot be opened or read; the text says why.
    case unreadable(file: String, String)
    /// The file is of a kind that is not read here; its name, where its first bytes tell it.
    case unknownFormat(file: String, kind: String?)
    /// Documents have pages, each of which is a picture.
    case hasPages(file: String)
    /// A program that reads such files is not installed.
    case needsProgram(file: String, program: String, package: String)
    /// The file breaks its format's rules, or stops early; the text says what is wrong.
    case damaged(file: String, String)
    /// The file keeps its picture in a way that is not read here; the text says which.
    case unsupported(file: String, String)
    /// A document that a password keeps closed.
    case locked(file: String)
    /// The picture is larger than is taken; the text says both numbers.
    case tooLarge(file: String, String)
    /// What is asked for cannot be; the text says what can.
    case unusable(String)
    /// An encoder refused; the text is its own.
    case unwritable(format: String, String)

    public var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file) cannot be read: \(reason)."
        case .unknownFormat(let file, let kind?):
            "\(file) is \(kind), which is not read here: convert it to PNG or JPEG (WebP, GIF, BMP and TIFF are read too)."
        case .unknownFormat(let file, nil):
            "\(file) is no picture that is read here: PNG, JPEG, WebP, GIF, BMP and TIFF are."
        case .hasPages(let file): "\(file) is a PDF document, which has pages: give it as a file, not as a picture."
        case .needsProgram(let file, let program, let package):
            "\(file) is read by the program \(program), and it is not on the path: install \(package), or convert the "
                + "file to PNG."
        case .damaged(let file, let reason): "\(file) is damaged: \(reason)."
        case .unsupported(let file, let reason): "\(file) cannot be read: \(reason). Convert it to PNG."
        case .locked(let file): "\(file) is kept closed by a password: save it without one."
        case .tooLarge(let file, let numbers): "\(file) is too large: \(numbers)."
        case .unusable(let reason): "\(reason)."
        case .unwritable(let format, let reason): "The picture cannot be written as \(format): \(reason)."
        }
    }
}
