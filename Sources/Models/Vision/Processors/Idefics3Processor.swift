import TuttiCheckpoints
import TuttiImages

/// Idefics3's and SmolVLM's pictures: scaled to a longest side and cut in square tiles, behind which comes the whole picture
/// as one tile more; tokens around the tiles say where each belongs.
struct Idefics3Processor: PictureProcessor {
    private let settings: PictureSettings
    /// The longest side of the whole picture, and the side of a tile.
    private let longest: Int
    private let tile: Int
    private let splits: Bool
    /// Rows of one tile.
    private let rows: Int

    /// Beyond this no picture is scaled.
    private static let limit = 4096

    /// - Throws: `CheckpointError` for what makes no sense.
    init(_ config: HuggingFaceConfig, scale: Int, patchSide: Int) throws {
        settings = try PictureSettings(config, .idefics3)
        longest = try settings.size("size", "longest_edge") ?? 4 * 364
        tile = try settings.size("max_image_size", "longest_edge") ?? 364
        splits = try settings.bool("do_image_splitting", default: true)
        let side = tile / patchSide / scale
        rows = side * side
    }

    var summary: String { "tiles of \(tile) px, \(rows) tokens each" }

    /// Tiles from top to bottom and from left to right; none where the picture is one tile.
    private func tiles(_ width: Int, _ height: Int, _ detail: PictureDetail) -> (plan: Plan, rows: Int, columns: Int) {
        var plan = Plan(width, height)
        plan.scale(toLongest: longest)
        plan.limit(toLongest: Self.limit)
        guard splits, detail != .low else {
            plan.sizes.append((tile, tile))
            return (plan, 0, 0)
        }
        plan.fill(tile)
        // What is given is given again: the reference scales whatever it scales by this rule.
        let (width, height) = plan.size
        guard width > tile || height > tile else { return (plan, 0, 0) }
        return (plan, (height - tile) / tile + 1, (width - tile) / tile + 1)
    }

    func layout(width: Int, height: Int, detail: PictureDetail) -> PictureLayout {
        let (_, lines, columns) = tiles(width, height, detail)
        var parts: [PictureLayout.Part] = []
        for line in 0..<lines {
            for column in 0..<columns {
                let mark = "<fake_token_around_image><row_\(line + 1)_col_\(column + 1)>"
                parts += [.text(line > 0 && column == 0 ? "\n" + mark : mark), .rows(rows)]
            }
        }
        let whole = "<fake_token_around_image><global-img>"
        parts += [.text(lines > 0 ? "\n\n" + whole : whole), .rows(rows), .text("<fake_token_around_image>")]
        return PictureLayout(parts: parts)
    }

    func prepare(_ picture: Picture, detail: PictureDetail) -> PreparedPicture {
        let (plan, lines, columns) = tiles(picture.width, picture.height, detail)
        let scaled = plan.sizes.reduce(picture) {
            $0.width == $1.width && $0.height == $1.height
                ? $0 : $0.resized(width: $1.width, height: $1.height, filter: settings.filter)
        }
        var values: [Float] = []
        values.reserveCapacity((lines * columns + 1) * 3 * tile * tile)
        for line in 0..<lines {
            for column in 0..<columns {
                values += settings.pixels.channelFirst(
                    scaled.cropped(left: column * tile, top: line * tile, width: tile, height: tile))
            }
        }
        let whole = lines == 0 ? scaled : scaled.resized(width: tile, height: tile, filter: settings.filter)
        values += settings.pixels.channelFirst(whole)
        return PreparedPicture(values: values, shape: [lines * columns + 1, 3, whole.height, whole.width])
    }

    /// The sizes that a picture goes through, each from the one before.
    private struct Plan {
        var sizes: [(width: Int, height: Int)]
        private let first: (width: Int, height: Int)

        init(_ width: Int, _ height: Int) { (sizes, first) = ([], (width, height)) }

        var size: (width: Int, height: Int) { sizes.last ?? first }

        /// The longer side as long as this, the other even.
        mutating func scale(toLongest side: Int) {
            let (width, height) = size, ratio = Double(width) / Double(height)
            var other = width >= height ? Int(Double(side) / ratio) : Int(Double(side) * ratio)
            other += other % 2
            other = max(1, other)
            sizes.append(width >= height ? (side, other) : (other, side))
        }

        /// Where the longer side is longer than this, the last size shrunk to it.
        mutating func limit(toLongest side: Int) {
            let (width, height) = size, ratio = Double(width) / Double(height)
            guard max(width, height) > side else { return }
            sizes[sizes.count - 1] =
                width >= height
                ? (side, max(1, Int(Double(side) / ratio))) : (max(1, Int(Double(side) * ratio)), side)
        }

        /// Both sides whole tiles.
        mutating func fill(_ tile: Int) {
            func whole(_ side: Int) -> Int { (side + tile - 1) / tile * tile }
            let (width, height) = size, ratio = Double(width) / Double(height)
            if width >= height {
                let wide = whole(width)
                sizes.append((wide, whole(Int(Double(wide) / ratio))))
            } else {
                let high = whole(height)
                sizes.append((whole(Int(Double(high) * ratio)), high))
            }
        }
    }
}
