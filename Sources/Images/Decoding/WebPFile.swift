import CWebP

/// WebP by libwebp; of an animation the first frame, on its canvas.
enum WebPFile {
    static func read(_ bytes: [UInt8], name: String, limits: PictureLimits) throws(PictureError) -> Raster {
        try unsafe bytes.withUnsafeBufferPointer { (file) throws(PictureError) in
            var data = unsafe WebPData(bytes: file.baseAddress, size: file.count)
            guard let reader = unsafe WebPDemux(&data) else {
                throw .damaged(file: name, "its parts do not fit together, or it ends before they do")
            }
            defer { unsafe WebPDemuxDelete(reader) }
            let width = Int(unsafe WebPDemuxGetI(reader, WEBP_FF_CANVAS_WIDTH))
            let height = Int(unsafe WebPDemuxGetI(reader, WEBP_FF_CANVAS_HEIGHT))
            try limits.check(file: name, width: width, height: height)
            try limits.check(file: name, frameCount: Int(unsafe WebPDemuxGetI(reader, WEBP_FF_FRAME_COUNT)))

            var frame = unsafe WebPIterator()
            guard unsafe WebPDemuxGetFrame(reader, 1, &frame) != 0 else {
                throw .damaged(file: name, "there is no frame in it")
            }
            defer { unsafe WebPDemuxReleaseIterator(&frame) }
            var raster = Raster(
                width: width, height: height, samples: .rgba, bytes: [],
                profile: unsafe chunk("ICCP", reader))
            if let exif = unsafe chunk("EXIF", reader) { raster.orientation = Orientation(exif: exif[...]) }
            let place = Frame(
                left: Int(unsafe frame.x_offset), top: Int(unsafe frame.y_offset), width: Int(unsafe frame.width),
                height: Int(unsafe frame.height))
            guard place.isInside(width: width, height: height) else {
                throw .damaged(file: name, "its frame lies outside of its canvas")
            }
            raster.bytes = try unsafe decode(frame.fragment, place, width, height, name: name)
            return raster
        }
    }

    private struct Frame {
        let left: Int
        let top: Int
        let width: Int
        let height: Int

        func isInside(width: Int, height: Int) -> Bool {
            left >= 0 && top >= 0 && self.width > 0 && self.height > 0 && left + self.width <= width
                && top + self.height <= height
        }
    }

    /// Decodes into the canvas, which is transparent where the frame does not reach.
    private static func decode(
        _ fragment: WebPData, _ place: Frame, _ width: Int, _ height: Int, name: String
    ) throws(PictureError) -> [UInt8] {
        var features = WebPBitstreamFeatures()
        guard unsafe WebPGetFeatures(fragment.bytes, fragment.size, &features) == VP8_STATUS_OK,
            Int(features.width) == place.width, Int(features.height) == place.height
        else { throw .damaged(file: name, "its frame is not of the size that its head claims") }
        var canvas = [UInt8](repeating: 0, count: width * height * 4)
        let decoded = unsafe canvas.withUnsafeMutableBufferPointer {
            let start = 4 * (place.top * width + place.left)
            return unsafe WebPDecodeRGBAInto(
                fragment.bytes, fragment.size, $0.baseAddress! + start, $0.count - start, Int32(4 * width)) != nil
        }
        guard decoded else { throw .damaged(file: name, "its picture cannot be decoded, or ends early") }
        return canvas
    }

    private static func chunk(_ kind: String, _ reader: OpaquePointer) -> [UInt8]? {
        var chunk = unsafe WebPChunkIterator()
        guard unsafe WebPDemuxGetChunk(reader, kind, 1, &chunk) != 0 else { return nil }
        defer { unsafe WebPDemuxReleaseChunkIterator(&chunk) }
        return unsafe Array(UnsafeBufferPointer(start: chunk.chunk.bytes, count: chunk.chunk.size))
    }
}
