import TuttiCheckpoints
public import TuttiGeneration
public import TuttiImages
public import TuttiModels

/// A picture in a message.
public struct PicturePart: Sendable {
    public let picture: Picture
    /// How much of it is to be looked at.
    public let detail: PictureDetail
    /// What it is: the SHA-256 of its size, its pixels and the detail. Pictures of one key are looked at once.
    public let key: ContentKey

    /// - Complexity: O(pixels), for the key.
    public init(_ picture: Picture, detail: PictureDetail = .auto) {
        (self.picture, self.detail) = (picture, detail)
        let head = "\(picture.width) \(picture.height) \(detail.rawValue)\n"
        key = ContentKey(digest: Hashing.digest([Array(head.utf8), picture.pixels]))
    }
}

extension PicturePart: Hashable {
    public static func == (left: PicturePart, right: PicturePart) -> Bool { left.key == right.key }

    public func hash(into hasher: inout Hasher) { hasher.combine(key) }
}
