import CSpng

/// PNG by libspng.
enum PNGFile {
    static func read(_ bytes: [UInt8], name: String, limits: PictureLimits) throws(PictureError) -> Raster {
        try unsafe bytes.withUnsafeBufferPointer { (file) throws(PictureError) in
            guard let reader = unsafe spng_ctx_new(0) else { throw .unreadable(file: name, "memory is short") }
            defer { unsafe spng_ctx_free(reader) }
            func check(_ status: Int32) throws(PictureError) {
                guard status != 0 else { return }
                throw .damaged(file: name, reason(status))
            }
            // Damaged comments and the like are passed over.
            unsafe spng_set_crc_action(reader, Int32(SPNG_CRC_ERROR.rawValue), Int32(SPNG_CRC_DISCARD.rawValue))
            unsafe spng_set_chunk_limits(reader, 16 << 20, 32 << 20)
            try check(unsafe spng_set_png_buffer(reader, file.baseAddress, file.count))
            var head = spng_ihdr()
            try check(unsafe spng_get_ihdr(reader, &head))
            let width = Int(head.width), height = Int(head.height)
            try limits.check(file: name, width: width, height: height)

            var transparency = spng_trns()
            let hasOpacity = unsafe head.color_type & 4 != 0 || spng_get_trns(reader, &transparency) == 0
            var raster = Raster(
                width: width, height: height, samples: hasOpacity ? .rgba : .rgb, bytes: [],
                isGrey: head.color_type & 3 == 0)
            var profile = unsafe spng_iccp()
            if unsafe spng_get_iccp(reader, &profile) == 0 {
                raster.profile = unsafe Array(
                    UnsafeRawBufferPointer(start: profile.profile, count: profile.profile_len))
            }
            raster.bytes = try unsafe rows(
                reader, width, height, hasOpacity, deadline: Deadline(limits, file: name), check)
            // Exif may come behind the picture.
            unsafe spng_decode_chunks(reader)
            var exif = unsafe spng_exif()
            if unsafe spng_get_exif(reader, &exif) == 0 {
                let block = unsafe Array(UnsafeRawBufferPointer(start: exif.data, count: exif.length))
                raster.orientation = Orientation(exif: block[...])
            }
            return raster
        }
    }

    /// Row by row, also of interlaced files, whose rows come several times and are filled in.
    private static func rows(
        _ reader: OpaquePointer, _ width: Int, _ height: Int, _ hasOpacity: Bool, deadline: Deadline,
        _ check: (Int32) throws(PictureError) -> Void
    ) throws(PictureError) -> [UInt8] {
        let format = hasOpacity ? SPNG_FMT_RGBA8 : SPNG_FMT_RGB8, rowBytes = width * (hasOpacity ? 4 : 3)
        let flags = SPNG_DECODE_TRNS.rawValue | SPNG_DECODE_PROGRESSIVE.rawValue
        try check(unsafe spng_decode_image(reader, nil, 0, Int32(format.rawValue), Int32(flags)))
        var pixels = [UInt8](repeating: 0, count: rowBytes * height)
        try unsafe pixels.withUnsafeMutableBufferPointer { (buffer) throws(PictureError) in
            for count in 0... {
                if count & 63 == 0 { try deadline.check() }
                var row = spng_row_info()
                try check(unsafe spng_get_row_info(reader, &row))
                guard row.row_num < height else { break }
                let place = unsafe buffer.baseAddress! + Int(row.row_num) * rowBytes
                let status = unsafe spng_decode_row(reader, place, rowBytes)
                if status == SPNG_EOI.rawValue { break }
                try check(status)
            }
        }
        return pixels
    }

    private static func reason(_ status: Int32) -> String {
        status == SPNG_IO_EOF.rawValue || status == SPNG_EOF.rawValue
            ? "it ends before its picture does" : unsafe String(cString: spng_strerror(status))
    }
}
