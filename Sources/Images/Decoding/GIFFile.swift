import CGif

/// GIF by giflib: the first frame, on its canvas.
enum GIFFile {
    static func read(_ bytes: [UInt8], name: String, limits: PictureLimits) throws(PictureError) -> Raster {
        let source = BytesInMemory(bytes)
        var status: Int32 = 0
        let opened = unsafe DGifOpen(
            Unmanaged.passUnretained(source).toOpaque(),
            { file, target, count in
                guard let source = unsafe file?.pointee.UserData, let target = unsafe target else { return 0 }
                return unsafe Int32(BytesInMemory.of(source).read(into: target, Int(count)))
            }, &status)
        guard let file = unsafe opened else { throw .damaged(file: name, reason(status)) }
        defer {
            var ignored: Int32 = 0
            unsafe DGifCloseFile(file, &ignored)
            withExtendedLifetime(source) {}
        }
        let width = Int(unsafe file.pointee.SWidth), height = Int(unsafe file.pointee.SHeight)
        try limits.check(file: name, width: width, height: height)

        var transparent: Int?
        while true {
            var kind = UNDEFINED_RECORD_TYPE
            guard unsafe DGifGetRecordType(file, &kind) == GIF_OK else {
                throw .damaged(file: name, unsafe reason(file.pointee.Error))
            }
            switch kind {
            case EXTENSION_RECORD_TYPE:
                guard unsafe readExtension(file, &transparent) else {
                    throw .damaged(file: name, unsafe reason(file.pointee.Error))
                }
            case IMAGE_DESC_RECORD_TYPE:
                guard unsafe DGifGetImageDesc(file) == GIF_OK else {
                    throw .damaged(file: name, unsafe reason(file.pointee.Error))
                }
                let frame = unsafe file.pointee.Image
                try limits.check(file: name, width: Int(unsafe frame.Width), height: Int(unsafe frame.Height))
                let canvas = try unsafe decode(
                    file, Canvas(width: width, height: height), transparent, name: name,
                    deadline: Deadline(limits, file: name))
                return Raster(width: width, height: height, samples: .rgba, bytes: canvas.bytes)
            default: throw .damaged(file: name, "there is no frame in it")
            }
        }
    }

    /// Reads an extension to its end; notes which colour of the next frame is transparent.
    private static func readExtension(_ file: UnsafeMutablePointer<GifFileType>, _ transparent: inout Int?) -> Bool {
        var code: Int32 = 0
        var block: UnsafeMutablePointer<GifByteType>?
        guard unsafe DGifGetExtension(file, &code, &block) == GIF_OK else { return false }
        while let bytes = unsafe block {
            if code == GRAPHICS_EXT_FUNC_CODE {
                var control = GraphicsControlBlock()
                // The first byte of a block is its length.
                if unsafe DGifExtensionToGCB(Int(bytes[0]), bytes + 1, &control) == GIF_OK {
                    transparent = control.TransparentColor < 0 ? nil : Int(control.TransparentColor)
                }
            }
            guard unsafe DGifGetExtensionNext(file, &block) == GIF_OK else { return false }
        }
        return true
    }

    /// Red, green, blue and opacity; transparent until something is laid on it.
    private struct Canvas {
        let width: Int
        let height: Int
        var bytes: [UInt8]

        init(width: Int, height: Int) {
            (self.width, self.height) = (width, height)
            bytes = [UInt8](repeating: 0, count: width * height * 4)
        }
    }

    private static func decode(
        _ file: UnsafeMutablePointer<GifFileType>, _ empty: Canvas, _ transparent: Int?, name: String,
        deadline: Deadline
    ) throws(PictureError) -> Canvas {
        var canvas = empty
        let frame = unsafe file.pointee.Image
        let (left, top) = (Int(unsafe frame.Left), Int(unsafe frame.Top))
        let (width, height) = (Int(unsafe frame.Width), Int(unsafe frame.Height))
        let colours = unsafe colours(frame.ColorMap ?? file.pointee.SColorMap)
        var line = [UInt8](repeating: 0, count: width)
        for (count, row) in rows(height: height, isInterlaced: unsafe frame.Interlace).enumerated() {
            if count & 63 == 0 { try deadline.check() }
            guard unsafe DGifGetLine(file, &line, Int32(width)) == GIF_OK else {
                // The mark of the end before the last row: the rows that are left out stay transparent.
                if unsafe file.pointee.Error == D_GIF_ERR_EOF_TOO_SOON { break }
                throw .damaged(file: name, unsafe reason(file.pointee.Error))
            }
            guard (0..<canvas.height).contains(top + row) else { continue }
            for column in max(0, -left)..<max(max(0, -left), min(width, canvas.width - left)) {
                let index = Int(line[column])
                if index == transparent { continue }
                let place = 4 * ((top + row) * canvas.width + left + column)
                let (red, green, blue) = colours[index]
                (canvas.bytes[place], canvas.bytes[place + 1], canvas.bytes[place + 2]) = (red, green, blue)
                canvas.bytes[place + 3] = 255
            }
        }
        return canvas
    }

    /// 256 colours; without a palette they are greys, and an index past its end is black.
    private static func colours(_ map: UnsafeMutablePointer<ColorMapObject>?) -> [(UInt8, UInt8, UInt8)] {
        guard let map = unsafe map else { return (0...255).map { ($0, $0, $0) } }
        var colours = [(UInt8, UInt8, UInt8)](repeating: (0, 0, 0), count: 256)
        for index in 0..<min(256, Int(unsafe map.pointee.ColorCount)) {
            let colour = unsafe map.pointee.Colors[index]
            colours[index] = (colour.Red, colour.Green, colour.Blue)
        }
        return colours
    }

    /// Rows in the order in which they come (GIF89a, appendix E).
    private static func rows(height: Int, isInterlaced: Bool) -> [Int] {
        guard isInterlaced else { return Array(0..<height) }
        return [(0, 8), (4, 8), (2, 4), (1, 2)].flatMap { Array(stride(from: $0.0, to: height, by: $0.1)) }
    }

    private static func reason(_ status: Int32) -> String {
        if status == D_GIF_ERR_READ_FAILED { return "it ends before its picture does" }
        return unsafe GifErrorString(status).map { unsafe String(cString: $0) } ?? "it cannot be decoded"
    }
}
