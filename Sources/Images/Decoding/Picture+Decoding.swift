public import Foundation

extension Picture {
    /// Decodes a file: PNG, JPEG, WebP, GIF or TIFF (their first frame or page), or BMP, told by its first bytes.
    ///
    ///     let picture = try Picture(decoding: bytes)
    ///
    /// The picture is upright whatever its Exif says, its colours are converted to sRGB by the profile that it brings, 16 bits
    /// are reduced to 8, and what is transparent is laid over white.
    /// - Parameters:
    ///   - name: What messages call it.
    ///   - limits: What is refused, by what its head claims.
    /// - Throws: ``PictureError``; also for a file that ends before its picture does.
    public init(
        decoding bytes: [UInt8], name: String = "the picture", limits: PictureLimits = .standard
    ) throws(PictureError) {
        try limits.check(file: name, byteCount: bytes.count)
        self.init(try Raster(bytes, name: name, limits: limits))
    }

    /// Decodes a file that lies in memory; see ``init(decoding:name:limits:)-([UInt8],_,_)``.
    public init(
        decoding data: Data, name: String = "the picture", limits: PictureLimits = .standard
    ) throws(PictureError) {
        try limits.check(file: name, byteCount: data.count)
        try self.init(decoding: [UInt8](data), name: name, limits: limits)
    }

    /// Reads and decodes a file; a file that is too long is not read.
    /// - Throws: ``PictureError``.
    public init(contentsOf file: URL, limits: PictureLimits = .standard) throws(PictureError) {
        let name = file.lastPathComponent
        let data: Data
        do {
            let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
            try limits.check(file: name, byteCount: size)
            data = try Data(contentsOf: file)
        } catch let error as PictureError {
            throw error
        } catch {
            throw .unreadable(file: file.path, (error as NSError).localizedDescription)
        }
        try self.init(decoding: data, name: name, limits: limits)
    }
}

extension Raster {
    init(_ bytes: [UInt8], name: String, limits: PictureLimits) throws(PictureError) {
        switch PictureFormat(of: bytes) {
        case .png: self = try PNGFile.read(bytes, name: name, limits: limits)
        case .jpeg: self = try JPEGFile.read(bytes, name: name, limits: limits)
        case .webp: self = try WebPFile.read(bytes, name: name, limits: limits)
        case .gif: self = try GIFFile.read(bytes, name: name, limits: limits)
        case .bmp: self = try BitmapFile.read(bytes, name: name, limits: limits)
        case .tiff: self = try TIFFFile.read(bytes, name: name, limits: limits)
        case nil where bytes.starts(with: "%PDF-".utf8): throw .hasPages(file: name)
        case nil: throw .unknownFormat(file: name, kind: PictureFormat.nameOfOther(bytes))
        }
    }
}
