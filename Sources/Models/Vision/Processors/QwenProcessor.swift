import TuttiCheckpoints
import TuttiImages
import TuttiTensors

/// Qwen2-VL's and Qwen2.5-VL's pictures (arXiv:2409.12191, section 2.1): scaled to whole squares of patches, as near as can
/// be to their own size and shape, and cut in patches that hold two frames each.
struct QwenProcessor: PictureProcessor {
    private let settings: PictureSettings
    private let shape: QwenVisionShape
    /// Pixels that a picture has at least, and at most.
    private let least: Int
    private let most: Int
    /// Positions between two of a video's pairs of frames.
    private let frameStep: Int

    /// Merged rows of a picture that is only glanced at.
    private static let lowRows = 256
    /// Merged rows up to which its makers advise to go where pictures are not all that counts.
    private static let usualRows = 1280
    /// Of the longer side to the shorter.
    private static let ratioLimit = 200

    /// - Throws: `CheckpointError` for what makes no sense.
    init(_ config: HuggingFaceConfig, _ shape: QwenVisionShape) throws {
        settings = try PictureSettings(config, .clip)
        self.shape = shape
        let limit = 1 << 30
        least =
            try settings.size("min_pixels", limit: limit) ?? settings.size("size", "shortest_edge", limit: limit)
            ?? 56 * 56
        most =
            try settings.size("max_pixels", limit: limit) ?? settings.size("size", "longest_edge", limit: limit)
            ?? 28 * 28 * 1280
        for (key, own) in [
            ("patch_size", shape.patchSide), ("merge_size", shape.merge), ("temporal_patch_size", shape.frames),
        ] {
            guard try settings.size(key) ?? own == own else {
                throw CheckpointError.malformed(
                    file: config.file, "its `\(key)` is \(own), and another beside it in the processor's settings")
            }
        }
        // Frames are taken two a second, and a pair of them is one step.
        frameStep = try config.part("vision_config").size("tokens_per_second", limit: 1 << 10) ?? 1
    }

    var summary: String {
        "pictures of any size, a token for \(square) × \(square) px, up to \(most / (square * square))"
    }

    /// The side of what becomes one row, in pixels.
    private var square: Int { shape.patchSide * shape.merge }

    /// - Throws: ``VisionError`` for a picture that is too narrow.
    private func size(_ width: Int, _ height: Int, _ least: Int, _ most: Int) throws -> (width: Int, height: Int) {
        guard max(width, height) <= Self.ratioLimit * min(width, height) else {
            throw VisionError.tooNarrow(width: width, height: height, limit: Self.ratioLimit)
        }
        let (wide, high, side) = (Double(width), Double(height), Double(square))
        func whole(_ x: Double, _ rule: FloatingPointRoundingRule) -> Int { Int((x / side).rounded(rule)) * square }
        var (newWidth, newHeight) = (whole(wide, .toNearestOrEven), whole(high, .toNearestOrEven))
        if newWidth * newHeight > most {
            let shrink = (wide * high / Double(most)).squareRoot()
            (newWidth, newHeight) = (max(square, whole(wide / shrink, .down)), max(square, whole(high / shrink, .down)))
        } else if newWidth * newHeight < least {
            let stretch = (Double(least) / (wide * high)).squareRoot()
            (newWidth, newHeight) = (whole(wide * stretch, .up), whole(high * stretch, .up))
        }
        return (newWidth, newHeight)
    }

    private func size(_ width: Int, _ height: Int, _ detail: PictureDetail) throws -> (width: Int, height: Int) {
        let rows =
            switch detail {
            case .low: Self.lowRows
            case .auto: Self.usualRows
            case .high: Int.max / (square * square)
            }
        let most = min(most, rows * square * square)
        return try size(width, height, min(least, most), most)
    }

    /// Of one frame of a video.
    private func frameSize(_ width: Int, _ height: Int) throws -> (width: Int, height: Int) {
        try size(width, height, 128 * 28 * 28, 768 * 28 * 28)
    }

    private func layout(_ size: (width: Int, height: Int), pairs: Int) -> PictureLayout {
        let grid = PictureGrid(
            frames: pairs, rows: size.height / square, columns: size.width / square, frameStep: frameStep)
        return PictureLayout(parts: [.rows(grid.count)], grid: grid)
    }

    func layout(width: Int, height: Int, detail: PictureDetail) throws -> PictureLayout {
        layout(try size(width, height, detail), pairs: 1)
    }

    func prepare(_ picture: Picture, detail: PictureDetail) throws -> PreparedPicture {
        let size = try size(picture.width, picture.height, detail)
        // A single picture is both frames of its patches.
        return cut(Array(repeating: scaled(picture, size), count: shape.frames), size)
    }

    func videoLayout(width: Int, height: Int, frames: Int) throws -> PictureLayout {
        guard frames > 0 else { throw VisionError.emptyVideo }
        return layout(try frameSize(width, height), pairs: (frames + shape.frames - 1) / shape.frames)
    }

    func prepareVideo(_ frames: [Picture]) throws -> PreparedPicture {
        guard let first = frames.first, let last = frames.last else { throw VisionError.emptyVideo }
        guard frames.allSatisfy({ $0.width == first.width && $0.height == first.height }) else {
            throw VisionError.framesDiffer
        }
        let size = try frameSize(first.width, first.height)
        let missing = (shape.frames - frames.count % shape.frames) % shape.frames
        return cut((frames + Array(repeating: last, count: missing)).map { scaled($0, size) }, size)
    }

    private func scaled(_ picture: Picture, _ size: (width: Int, height: Int)) -> Picture {
        picture.width == size.width && picture.height == size.height
            ? picture : picture.resized(width: size.width, height: size.height, filter: settings.filter)
    }

    /// Patches square by square: of each channel the frames, and of a frame the lines.
    private func cut(_ frames: [Picture], _ size: (width: Int, height: Int)) -> PreparedPicture {
        let side = shape.patchSide, rows = size.height / side, columns = size.width / side
        let order = PatchGrid.bySquares(rows: rows, columns: columns, side: shape.merge)
        let pairs = frames.count / shape.frames, width = 3 * shape.frames * side * side
        let table = settings.pixels.table
        let values = unsafe [Float](unsafeUninitializedCapacity: pairs * order.count * width) { buffer, count in
            var to = 0
            for pair in 0..<pairs {
                for patch in order {
                    let top = patch / columns * side, left = patch % columns * side
                    for channel in 0..<3 {
                        for frame in frames[pair * shape.frames..<(pair + 1) * shape.frames] {
                            for line in top..<top + side {
                                let from = (line * size.width + left) * 3 + channel
                                for place in 0..<side {
                                    unsafe buffer[to] = table[channel * 256 + Int(frame.pixels[from + 3 * place])]
                                    to += 1
                                }
                            }
                        }
                    }
                }
            }
            count = to
        }
        return PreparedPicture(
            values: values, shape: [pairs * order.count, width], grid: [pairs, rows, columns])
    }
}
