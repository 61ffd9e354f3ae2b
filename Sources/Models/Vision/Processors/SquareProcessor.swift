import TuttiCheckpoints
import TuttiImages

/// Pictures that become one square whatever their shape: CLIP's, of which the middle is cut out, and SigLIP's, which are
/// squeezed into it. LLaVA, PaliGemma and Gemma 3 look at such.
struct SquareProcessor: PictureProcessor {
    private let settings: PictureSettings
    private let plan: Plan
    private let parts: [PictureLayout.Part]

    private enum Plan: Sendable {
        /// Both sides as given.
        case squeezed(width: Int, height: Int)
        /// The shorter side as given, and of what then is there the middle.
        case cropped(shortest: Int, width: Int, height: Int)
    }

    /// What stands in the prompt.
    enum Layout: Sendable {
        case rows(Int)
        case between(String, Int, String)
    }

    /// - Parameter side: Of the pictures that the encoder takes.
    /// - Throws: `CheckpointError` for what makes no sense.
    init(_ config: HuggingFaceConfig, side: Int, _ family: PictureSettings.Family, layout: Layout) throws {
        settings = try PictureSettings(config, family)
        let isCropped = try settings.bool("do_center_crop", default: family == .clip)
        let crop = isCropped ? try settings.square("crop_size") ?? (side, side) : nil
        let shortest = try settings.size("size", "shortest_edge"), size = try settings.square("size")
        switch (shortest, crop) {
        case (let shortest?, let crop?): plan = .cropped(shortest: shortest, width: crop.width, height: crop.height)
        case (nil, let crop?) where size == nil:
            plan = .cropped(shortest: side, width: crop.width, height: crop.height)
        default:
            plan = .squeezed(width: size?.width ?? side, height: size?.height ?? side)
        }
        let result =
            switch plan {
            case .squeezed(let width, let height), .cropped(_, let width, let height): (width, height)
            }
        guard result == (side, side) else {
            throw CheckpointError.malformed(
                file: config.file,
                "its pictures are made \(result.0) × \(result.1) px, and its encoder takes \(side) × \(side)")
        }
        switch layout {
        case .rows(let count): parts = [.rows(count)]
        case .between(let before, let count, let behind): parts = [.text(before), .rows(count), .text(behind)]
        }
    }

    func layout(width: Int, height: Int, detail: PictureDetail) -> PictureLayout { PictureLayout(parts: parts) }

    func prepare(_ picture: Picture, detail: PictureDetail) -> PreparedPicture {
        let square = square(picture)
        return PreparedPicture(
            values: settings.pixels.channelFirst(square), shape: [1, 3, square.height, square.width])
    }

    private func square(_ picture: Picture) -> Picture {
        switch plan {
        case .squeezed(let width, let height):
            return picture.resized(width: width, height: height, filter: settings.filter)
        case .cropped(let shortest, let width, let height):
            let longest = shortest * max(picture.width, picture.height) / min(picture.width, picture.height)
            let isUpright = picture.width <= picture.height
            let scaled = picture.resized(
                width: isUpright ? shortest : longest, height: isUpright ? longest : shortest, filter: settings.filter)
            guard scaled.width >= width, scaled.height >= height else {
                return scaled.resized(width: width, height: height, filter: settings.filter)
            }
            return scaled.cropped(
                left: (scaled.width - width) / 2, top: (scaled.height - height) / 2, width: width, height: height)
        }
    }
}
