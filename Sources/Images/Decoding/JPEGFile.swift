import CTurboJPEG

/// JPEG by libjpeg-turbo.
enum JPEGFile {
    static func read(_ bytes: [UInt8], name: String, limits: PictureLimits) throws(PictureError) -> Raster {
        let markers = JPEGMarkers(bytes)
        guard markers.precision == 8 || markers.precision == 0 else {
            throw .unsupported(file: name, "its samples have \(markers.precision) bits, and 8 are read of a JPEG")
        }
        var bytes = bytes
        if !markers.hasEnd {
            // One scan tells by itself whether it is whole; a picture of several may lack some and not know it.
            guard markers.scanCount == 1 else { throw .damaged(file: name, endsEarly) }
            bytes += [0xff, 0xd9]
        }
        return try unsafe bytes.withUnsafeBufferPointer { (file) throws(PictureError) in
            guard let reader = unsafe tjInitDecompress() else { throw .unreadable(file: name, "memory is short") }
            defer { unsafe tjDestroy(reader) }
            var width: Int32 = 0, height: Int32 = 0, subsampling: Int32 = 0, space: Int32 = 0
            let status = unsafe tjDecompressHeader3(
                reader, file.baseAddress, UInt(file.count), &width, &height, &subsampling, &space)
            guard unsafe status == 0 || isHarmless(reader) else {
                throw .damaged(file: name, unsafe reason(reader))
            }
            try limits.check(file: name, width: Int(width), height: Int(height))
            try check(markers, pixelCount: Int(width) * Int(height), name: name, limits: limits)

            let isInk = space == Int32(TJCS_CMYK.rawValue) || space == Int32(TJCS_YCCK.rawValue)
            var raster = Raster(
                width: Int(width), height: Int(height), samples: isInk ? .cmyk : .rgb, bytes: [],
                isGrey: space == Int32(TJCS_GRAY.rawValue), profile: markers.profile,
                orientation: markers.orientation)
            let rowBytes = width * Int32(raster.samples.channelCount)
            var pixels = [UInt8](repeating: 0, count: Int(rowBytes) * Int(height))
            let decoded = unsafe pixels.withUnsafeMutableBufferPointer {
                unsafe tjDecompress2(
                    reader, file.baseAddress, UInt(file.count), $0.baseAddress, width, rowBytes, height,
                    Int32((isInk ? TJPF_CMYK : TJPF_RGB).rawValue), TJFLAG_LIMITSCANS)
            }
            guard unsafe decoded == 0 || isHarmless(reader) else {
                throw .damaged(file: name, unsafe reason(reader))
            }
            if isInk {
                // Inks are written upside down, as Adobe began to do it.
                var span = pixels.mutableSpan
                for index in span.indices { span[index] = 255 - span[index] }
            }
            raster.bytes = pixels
            return raster
        }
    }

    /// Every scan may run over the whole picture, so a small file can ask for hours.
    private static func check(
        _ markers: JPEGMarkers, pixelCount: Int, name: String, limits: PictureLimits
    ) throws(PictureError) {
        let seconds = Double(pixelCount) * Double(markers.scanCount) / PictureLimits.pixelsOfScansInASecond
        guard seconds <= limits.decodingSeconds else {
            throw .tooLarge(
                file: name,
                "it has \(markers.scanCount) scans of \(pixelCount) pixels, which may take longer than the "
                    + "\(limits.decodingSeconds) s that it may")
        }
    }

    private static let endsEarly = "it ends before its picture does"

    /// What the library warns of and mends, such as a few bytes too many; but not a picture that is not all there.
    private static func isHarmless(_ reader: tjhandle) -> Bool {
        unsafe tjGetErrorCode(reader) == Int32(TJERR_WARNING.rawValue) && reason(reader) != endsEarly
    }

    private static func reason(_ reader: tjhandle) -> String {
        let text = unsafe tjGetErrorStr2(reader).map { unsafe String(cString: $0) } ?? "it cannot be decoded"
        // "Premature end of JPEG file" and "Corrupt JPEG data: premature end of data segment".
        return text.contains("remature end") ? endsEarly : text
    }
}
