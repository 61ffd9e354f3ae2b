import Foundation
import TuttiImages
import TuttiModels

extension PicturePart: Codable {
    private enum CodingKeys: String, CodingKey { case url, detail }

    /// Reads a picture that the file itself holds; nothing is fetched.
    public init(from decoder: any Swift.Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let url = try values.decode(String.self, forKey: .url)
        func wrong(_ problem: String) -> DecodingError {
            .dataCorruptedError(forKey: .url, in: values, debugDescription: problem)
        }
        guard url.hasPrefix("data:"), let mark = url.firstRange(of: ";base64,"),
            let data = Data(base64Encoded: String(url[mark.upperBound...]))
        else { throw wrong("is no picture in Base64 (data:image/png;base64,…), and others are not fetched") }
        let word = try values.decodeIfPresent(String.self, forKey: .detail) ?? PictureDetail.auto.rawValue
        do {
            self.init(try Picture(decoding: data), detail: PictureDetail(rawValue: word) ?? .auto)
        } catch {
            throw wrong("cannot be read: \(error)")
        }
    }

    /// As PNG, which loses nothing.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        let data = Data(try picture.png())
        try values.encode("data:image/png;base64," + data.base64EncodedString(), forKey: .url)
        try values.encode(detail.rawValue, forKey: .detail)
    }
}
