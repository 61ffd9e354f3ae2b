/// The kinds of pictures that are read, told by a file's first bytes.
public enum PictureFormat: String, Sendable, CaseIterable {
    case png, jpeg, webp, gif, bmp, tiff

    /// The kind that `bytes` begin like, whatever the file is called.
    public init?(of bytes: [UInt8]) {
        if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
            self = .png
        } else if bytes.starts(with: [0xff, 0xd8, 0xff]) {
            self = .jpeg
        } else if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) {
            self = .webp
        } else if bytes.starts(with: "GIF87a".utf8) || bytes.starts(with: "GIF89a".utf8) {
            self = .gif
        } else if bytes.starts(with: "BM".utf8) {
            self = .bmp
        } else if [[0x49, 0x49, 42, 0], [0x4d, 0x4d, 0, 42], [0x49, 0x49, 43, 0], [0x4d, 0x4d, 0, 43]]
            .contains(where: { bytes.starts(with: $0) })
        {
            self = .tiff
        } else {
            return nil
        }
    }

    /// As HTTP names it: `image/png` and so on.
    public var mediaType: String { "image/\(rawValue)" }

    /// What else `bytes` may be, by name, so that its owner knows what to convert.
    package static func nameOfOther(_ bytes: [UInt8]) -> String? {
        let head = bytes.prefix(1024)
        func begins(_ text: String, at offset: Int = 0) -> Bool { head.dropFirst(offset).starts(with: text.utf8) }
        if begins("ftyp", at: 4) { return nameOfBrand(String(decoding: head.dropFirst(8).prefix(4), as: UTF8.self)) }
        if begins("%PDF-") { return "a PDF document" }
        if head.starts(with: [0x50, 0x4b, 0x03, 0x04]) { return "a ZIP archive, or a document of an office program" }
        if head.starts(with: [0xd0, 0xcf, 0x11, 0xe0]) { return "a document of an older office program" }
        if begins("{\\rtf") { return "an RTF document" }
        if head.starts(with: [0x1f, 0x8b]) { return "a gzip archive" }
        if begins("8BPS") { return "a Photoshop document" }
        if begins("%!PS") { return "a PostScript document" }
        if begins("qoif") { return "a QOI picture" }
        if begins("DDS ") { return "a DirectDraw surface" }
        if begins("#?RADIANCE") { return "a Radiance HDR picture" }
        if begins("gimp xcf") { return "a GIMP picture" }
        if begins("DICM", at: 128) { return "a DICOM picture" }
        if begins("JXL ", at: 4) || head.starts(with: [0xff, 0x0a]) { return "a JPEG XL picture" }
        if begins("jP  ", at: 4) || head.starts(with: [0xff, 0x4f, 0xff, 0x51]) { return "a JPEG 2000 picture" }
        if head.starts(with: [0x76, 0x2f, 0x31, 0x01]) { return "an OpenEXR picture" }
        if head.starts(with: [0, 0, 1, 0]) { return "an icon (ICO)" }
        if head.starts(with: [0x49, 0x49, 0xbc]) { return "a JPEG XR picture" }
        if head.count > 2, head[0] == 0x50, (0x31...0x36).contains(head[1]), [9, 10, 13, 32].contains(head[2]) {
            return "a Netpbm picture (PBM, PGM or PPM)"
        }
        let text = String(decoding: head, as: UTF8.self).drop { $0.isWhitespace || $0 == "\u{feff}" }
        if text.hasPrefix("<svg") || (text.hasPrefix("<?xml") && text.contains("<svg")) { return "an SVG drawing" }
        if text.lowercased().hasPrefix("<!doctype html") || text.lowercased().hasPrefix("<html") { return "a web page" }
        return nil
    }

    /// A file of ISO 14496-12 by the brand that it claims.
    private static func nameOfBrand(_ brand: String) -> String {
        switch brand {
        case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1": "a HEIC picture"
        case "avif", "avis": "an AVIF picture"
        case "crx ": "a raw photograph (CR3)"
        default: "a video (\(brand.filter { $0.isLetter || $0.isNumber }))"
        }
    }
}
