import CTiff

/// TIFF by libtiff: the first page.
enum TIFFFile {
    static func read(_ bytes: [UInt8], name: String, limits: PictureLimits) throws(PictureError) -> Raster {
        silence
        guard TIFFDirectory.isWhole(bytes) else { throw .damaged(file: name, "it ends before its picture does") }
        let source = BytesInMemory(bytes)
        let opened = unsafe TIFFClientOpen(
            // "m": nothing is mapped, all is read; "h": only the head and the first directory at first.
            "picture", "rm", Unmanaged.passUnretained(source).toOpaque(),
            { source, target, count in
                guard let source = unsafe source, let target = unsafe target else { return 0 }
                return unsafe tmsize_t(BytesInMemory.of(source).read(into: target, Int(count)))
            },
            { _, _, _ in 0 },
            { source, distance, whence in
                guard let source = unsafe source else { return .max }
                let file = unsafe BytesInMemory.of(source)
                let origin = whence == SEEK_CUR ? file.place : whence == SEEK_END ? file.bytes.count : 0
                return file.seek(Int(truncatingIfNeeded: distance), from: origin).map { UInt64($0) } ?? .max
            },
            { _ in 0 },
            { source in unsafe source.map { unsafe UInt64(BytesInMemory.of($0).bytes.count) } ?? 0 },
            nil, nil)
        guard let file = unsafe opened else {
            throw .damaged(file: name, "its head leads nowhere, or it ends before its picture does")
        }
        defer {
            unsafe TIFFClose(file)
            withExtendedLifetime(source) {}
        }
        var width: UInt32 = 0, height: UInt32 = 0
        guard unsafe tutti_tiff_u32(file, UInt32(TIFFTAG_IMAGEWIDTH), &width) == 1,
            unsafe tutti_tiff_u32(file, UInt32(TIFFTAG_IMAGELENGTH), &height) == 1
        else { throw .damaged(file: name, "its head claims no size") }
        try limits.check(file: name, width: Int(width), height: Int(height))
        try unsafe checkPieces(file, width: Int(width), height: Int(height), name: name)

        var photometric: UInt16 = 0, orientation: UInt16 = 1, profile: UnsafePointer<UInt8>?, profileCount: UInt32 = 0
        unsafe tutti_tiff_u16(file, UInt32(TIFFTAG_PHOTOMETRIC), &photometric)
        unsafe tutti_tiff_u16(file, UInt32(TIFFTAG_ORIENTATION), &orientation)
        let deadline = Deadline(limits, file: name)
        let inks = try unsafe inks(file, width: Int(width), height: Int(height), name: name, deadline: deadline)
        var raster = Raster(
            width: Int(width), height: Int(height), samples: inks == nil ? .rgba : .cmyk,
            bytes: [],
            isGrey: Int32(photometric) <= PHOTOMETRIC_MINISBLACK, orientation: Orientation(Int(orientation)))
        if let inks {
            raster.bytes = inks
        } else {
            raster.bytes = try unsafe pixels(file, width: width, height: height, name: name, deadline: deadline)
        }
        if unsafe tutti_tiff_bytes(file, UInt32(TIFFTAG_ICCPROFILE), &profileCount, &profile) == 1 {
            raster.profile = unsafe Array(UnsafeBufferPointer(start: profile, count: Int(profileCount)))
        }
        return raster
    }

    /// A piece, a strip or a tile, is taken into memory whole, and its size is another claim.
    private static func checkPieces(_ file: OpaquePointer, width: Int, height: Int, name: String) throws(PictureError) {
        let byteCount = unsafe TIFFIsTiled(file) != 0 ? TIFFTileSize64(file) : TIFFStripSize64(file)
        // Four samples of 32 bits are the most that a pixel has.
        guard byteCount > 0, byteCount <= UInt64(max(64 << 20, 16 * width * height)) else {
            throw .damaged(file: name, "its pieces claim \(byteCount) bytes each, for \(width) × \(height) pixels")
        }
    }

    /// Red, green, blue and opacity of any kind of picture that libtiff converts, as the file orders rows and columns.
    private static func pixels(
        _ file: OpaquePointer, width: UInt32, height: UInt32, name: String, deadline: Deadline
    ) throws(PictureError) -> [UInt8] {
        var image = unsafe TIFFRGBAImage()
        var message = [CChar](repeating: 0, count: 1024)
        guard unsafe TIFFRGBAImageOK(file, &message) == 1, unsafe TIFFRGBAImageBegin(&image, file, 1, &message) == 1
        else {
            throw .unsupported(file: name, text(message))
        }
        defer { unsafe TIFFRGBAImageEnd(&image) }
        unsafe image.req_orientation = image.orientation

        // Whole pieces, some of them at a time.
        var pieceRows: UInt32 = height
        let tag = unsafe TIFFIsTiled(file) != 0 ? TIFFTAG_TILELENGTH : TIFFTAG_ROWSPERSTRIP
        if unsafe tutti_tiff_u32(file, UInt32(tag), &pieceRows) != 1 || pieceRows == 0 { pieceRows = height }
        pieceRows = min(pieceRows, height)
        let rows = Int(pieceRows) * ((64 + Int(pieceRows) - 1) / Int(pieceRows))

        let rowBytes = 4 * Int(width)
        var pixels = [UInt8](repeating: 0, count: rowBytes * Int(height))
        for row in stride(from: 0, to: Int(height), by: rows) {
            try deadline.check()
            unsafe image.row_offset = Int32(row)
            let read = unsafe pixels.withUnsafeMutableBytes {
                // Each pixel is a word with red in its lowest byte: in memory, the bytes in their order.
                let place = unsafe ($0.baseAddress! + row * rowBytes).assumingMemoryBound(to: UInt32.self)
                return unsafe TIFFRGBAImageGet(&image, place, width, UInt32(min(rows, Int(height) - row)))
            }
            guard read == 1 else { throw .damaged(file: name, "its picture cannot be decoded, or ends early") }
        }
        if unsafe image.alpha != 0 { divideByOpacity(&pixels) }
        return pixels
    }

    /// The library multiplies colours by their opacity, or finds them so.
    private static func divideByOpacity(_ pixels: inout [UInt8]) {
        var span = pixels.mutableSpan
        for place in stride(from: 0, to: span.count, by: 4) {
            let opacity = Int(span[place + 3])
            guard opacity > 0, opacity < 255 else { continue }
            for channel in place..<place + 3 {
                span[channel] = UInt8(min(255, (Int(span[channel]) * 255 + opacity / 2) / opacity))
            }
        }
    }

    /// Inks as they are in the file, so that its profile can tell their colours; nil where the picture is another, or lies
    /// in another way.
    private static func inks(
        _ file: OpaquePointer, width: Int, height: Int, name: String, deadline: Deadline
    ) throws(PictureError) -> [UInt8]? {
        func field(_ tag: Int32) -> Int {
            var value: UInt16 = 0
            return unsafe tutti_tiff_u16(file, UInt32(tag), &value) == 1 ? Int(value) : -1
        }
        guard field(TIFFTAG_PHOTOMETRIC) == PHOTOMETRIC_SEPARATED, field(TIFFTAG_INKSET) == INKSET_CMYK,
            field(TIFFTAG_BITSPERSAMPLE) == 8, field(TIFFTAG_SAMPLESPERPIXEL) == 4,
            field(TIFFTAG_PLANARCONFIG) == PLANARCONFIG_CONTIG, unsafe TIFFIsTiled(file) == 0,
            unsafe TIFFScanlineSize64(file) == UInt64(4 * width)
        else { return nil }
        var inks = [UInt8](repeating: 0, count: 4 * width * height)
        for row in 0..<height {
            if row & 63 == 0 { try deadline.check() }
            let read = unsafe inks.withUnsafeMutableBytes {
                unsafe TIFFReadScanline(file, $0.baseAddress! + 4 * width * row, UInt32(row), 0)
            }
            guard read == 1 else { throw .damaged(file: name, "its picture cannot be decoded, or ends early") }
        }
        return inks
    }

    private static func text(_ message: [CChar]) -> String {
        let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.isEmpty ? "it keeps its picture in a way that libtiff does not convert" : text
    }

    /// What the library would say on standard error, of every file and for good.
    private static let silence: Void = {
        unsafe TIFFSetErrorHandler(nil)
        unsafe TIFFSetWarningHandler(nil)
    }()
}
