import CSpng
import CTurboJPEG

extension Picture {
    /// The picture as a PNG file, which loses nothing.
    /// - Throws: ``PictureError/unwritable(format:_:)`` where memory is short.
    public func png() throws(PictureError) -> [UInt8] {
        guard let writer = unsafe spng_ctx_new(Int32(SPNG_CTX_ENCODER.rawValue)) else {
            throw .unwritable(format: "PNG", "memory is short")
        }
        defer { unsafe spng_ctx_free(writer) }
        func check(_ status: Int32) throws(PictureError) {
            guard status == 0 else { throw .unwritable(format: "PNG", unsafe String(cString: spng_strerror(status))) }
        }
        var head = spng_ihdr()
        (head.width, head.height, head.bit_depth) = (UInt32(width), UInt32(height), 8)
        head.color_type = UInt8(SPNG_COLOR_TYPE_TRUECOLOR.rawValue)
        try check(unsafe spng_set_option(writer, SPNG_ENCODE_TO_BUFFER, 1))
        try check(unsafe spng_set_ihdr(writer, &head))
        try check(
            unsafe spng_encode_image(
                writer, pixels, pixels.count, Int32(SPNG_FMT_PNG.rawValue), Int32(SPNG_ENCODE_FINALIZE.rawValue)))
        var count = 0, status: Int32 = 0
        let bytes = unsafe spng_get_png_buffer(writer, &count, &status)
        try check(status)
        defer { unsafe free(bytes) }
        return unsafe Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }

    /// The picture as a JPEG file, colours at half the resolution in both directions.
    /// - Parameter quality: 1 to 100; 75 to 95 are usual.
    /// - Throws: ``PictureError``, also where a side has more than the 65,500 pixels that a JPEG may have.
    public func jpeg(quality: Int = 90) throws(PictureError) -> [UInt8] {
        guard (1...100).contains(quality) else { throw .unusable("A JPEG's quality is 1 to 100, not \(quality)") }
        guard let writer = unsafe tjInitCompress() else { throw .unwritable(format: "JPEG", "memory is short") }
        defer { unsafe tjDestroy(writer) }
        var bytes: UnsafeMutablePointer<UInt8>?, count: UInt = 0
        let status = unsafe tjCompress2(
            writer, pixels, Int32(width), 0, Int32(height), Int32(TJPF_RGB.rawValue), &bytes, &count,
            Int32(TJSAMP_420.rawValue), Int32(quality), 0)
        defer { unsafe tjFree(bytes) }
        guard status == 0 else {
            throw .unwritable(format: "JPEG", unsafe String(cString: tjGetErrorStr2(writer)))
        }
        return unsafe Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
    }
}
