/// What is taken of pictures that come from outside; a file may claim anything.
///
/// Sizes are those that a file's head claims, and are checked before memory is taken for what they describe.
public struct PictureLimits: Sendable, Hashable {
    /// The most bytes of a file.
    public var byteCount = 128 << 20
    /// The most pixels of a picture, and of a canvas on which it lies.
    public var pixelCount = 100_000_000
    /// The most pixels along a side.
    public var longestSide = 32_768
    /// The most frames or pages of a file, of which the first is read.
    public var frameCount = 10_000
    /// The most seconds that reading one picture may take.
    ///
    /// Watched while PNG, GIF and TIFF are read, row by row. JPEG and WebP come in one piece: the time of a WebP is bounded
    /// by its pixels, that of a JPEG also by its scans, which are counted first (see ``pixelsOfScansInASecond``).
    public var decodingSeconds = 20.0

    /// What even a slow processor decodes of a JPEG in a second: pixels times scans.
    static let pixelsOfScansInASecond = 50_000_000.0

    /// What suits a service that reads what strangers send.
    public static let standard = PictureLimits()

    public init() {}

    /// - Throws: ``PictureError/tooLarge(file:_:)`` with both numbers, or ``PictureError/damaged(file:_:)`` for no pixels.
    func check(file: String, width: Int, height: Int) throws(PictureError) {
        guard width > 0, height > 0 else {
            throw .damaged(file: file, "its head claims \(width) × \(height) pixels")
        }
        guard max(width, height) <= longestSide else {
            throw .tooLarge(
                file: file, "it claims \(width) × \(height) pixels, and \(longestSide) along a side are the most")
        }
        let (pixels, overflows) = width.multipliedReportingOverflow(by: height)
        guard !overflows, pixels <= pixelCount else {
            throw .tooLarge(file: file, "it claims \(width) × \(height) pixels, and \(pixelCount) are the most")
        }
    }

    func check(file: String, byteCount: Int) throws(PictureError) {
        guard byteCount <= self.byteCount else {
            throw .tooLarge(file: file, "it has \(byteCount) bytes, and \(self.byteCount) are the most")
        }
        guard byteCount > 0 else { throw .damaged(file: file, "it is empty") }
    }

    func check(file: String, frameCount: Int) throws(PictureError) {
        guard frameCount <= self.frameCount else {
            throw .tooLarge(file: file, "it has \(frameCount) frames or more, and \(self.frameCount) are the most")
        }
    }
}

/// The time that one file may still take.
struct Deadline {
    private let end: ContinuousClock.Instant
    private let seconds: Double
    private let file: String

    init(_ limits: PictureLimits, file: String) {
        (seconds, self.file) = (limits.decodingSeconds, file)
        end = .now + .seconds(limits.decodingSeconds)
    }

    /// - Throws: ``PictureError/tooLarge(file:_:)`` if it is over.
    func check() throws(PictureError) {
        if ContinuousClock.now >= end {
            throw .tooLarge(file: file, "reading it takes longer than the \(seconds) s that it may take")
        }
    }
}
