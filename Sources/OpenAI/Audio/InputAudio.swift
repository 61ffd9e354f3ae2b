import Foundation
import TuttiCheckpoints

/// `input_audio` of a message: a file of sound.
public struct InputAudio: Sendable, Hashable {
    public var bytes: [UInt8]
    /// Where it stands in the request.
    public var path: String

    public init(bytes: [UInt8], path: String) { (self.bytes, self.path) = (bytes, path) }

    /// - Parameter part: The part whose member `input_audio` it is.
    public init(_ part: Fields) throws(APIError) {
        guard let audio = try part.object("input_audio") else { throw part.missing("input_audio") }
        path = audio.path
        // What it is is seen from the bytes; the word is only checked for being one.
        _ = try audio.requiredString("format")
        // Some clients send a whole data URL.
        let text = try audio.requiredString("data")
        let base64 =
            text.hasPrefix("data:") ? text.firstIndex(of: ",").map { text[text.index(after: $0)...] } : text[...]
        guard let data = Data(base64Encoded: String(base64 ?? "").filter { !$0.isWhitespace }), !data.isEmpty
        else { throw audio.wrongValue("data", "it is not Base64, or empty") }
        bytes = Array(data)
    }
}

extension [UInt8] {
    /// In Base64.
    public var base64: String { Data(self).base64EncodedString() }
}
