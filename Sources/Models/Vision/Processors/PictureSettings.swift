import TuttiCheckpoints
import TuttiImages

/// What a model's `preprocessor_config.json` says is done with a picture's pixels, and what its family does where the file
/// says nothing. Releases since 5 of `transformers` keep the same under `image_processor` of `processor_config.json`.
struct PictureSettings: Sendable {
    private let json: JSON
    private let file: String
    let filter: ResizeFilter
    let pixels: PixelScale

    /// What families do of themselves.
    enum Family: Sendable {
        case clip
        case siglip
        case gemma3
        case idefics3

        fileprivate var filter: ResizeFilter {
            switch self {
            case .clip, .siglip: .bicubic
            case .gemma3: .bilinear
            case .idefics3: .lanczos
            }
        }
    }

    /// - Throws: `CheckpointError` for what makes no sense.
    init(_ config: HuggingFaceConfig, _ family: Family) throws {
        let old = try config.companion("preprocessor_config.json")
        let new = try config.companion("processor_config.json")?["image_processor"]
        json = old ?? new ?? .null
        file = config.file.replacing(
            "config.json", with: old == nil ? "processor_config.json" : "preprocessor_config.json")
        filter = try Self.filter(json["resample"], file) ?? family.filter
        pixels = try PixelScale(json, family, file)
    }

    /// Pillow's numbers.
    private static func filter(_ value: JSON?, _ file: String) throws -> ResizeFilter? {
        guard let value, value != .null else { return nil }
        switch value.int {
        case 1: return .lanczos
        case 2: return .bilinear
        case 3: return .bicubic
        default: throw malformed(file, "resample", value, "1, 2 or 3: Lanczos, bilinear or bicubic")
        }
    }

    static func malformed(_ file: String, _ key: String, _ value: JSON, _ wants: String) -> CheckpointError {
        .malformed(file: file, "`\(key)` is \(value.text().prefix(80)), and ought to be \(wants)")
    }

    func bool(_ key: String, default fallback: Bool) throws -> Bool {
        guard let value = json[key], value != .null else { return fallback }
        guard let bool = value.bool else { throw Self.malformed(file, key, value, "true or false") }
        return bool
    }

    /// A number of pixels, or of something else, from 1 on; nil where there is none.
    func size(_ key: String, limit: Int = 1 << 14) throws -> Int? { try number(json[key], key, limit) }

    /// A part of a size, such as `longest_edge` of `size`.
    func size(_ key: String, _ part: String, limit: Int = 1 << 14) throws -> Int? {
        try number(json[key]?[part], "\(key).\(part)", limit)
    }

    /// Height and width: an object of both, or one number for either.
    func square(_ key: String) throws -> (height: Int, width: Int)? {
        if let side = json[key]?.int { return (try number(.integer(Int128(side)), key, 1 << 14) ?? side, side) }
        guard let height = try size(key, "height"), let width = try size(key, "width") else { return nil }
        return (height, width)
    }

    private func number(_ value: JSON?, _ name: String, _ limit: Int) throws -> Int? {
        guard let value, value != .null else { return nil }
        guard let number = value.int, number >= 1, number <= limit else {
            throw Self.malformed(file, name, value, "a whole number from 1 to \(limit)")
        }
        return number
    }
}

/// From bytes to the numbers that an encoder was trained on: for each channel `(byte · factor − mean) / deviation`.
struct PixelScale: Sendable, Equatable {
    /// For each channel what every byte becomes: 3 × 256 numbers.
    let table: [Float]

    /// - Throws: `CheckpointError` for what makes no sense.
    fileprivate init(_ json: JSON, _ family: PictureSettings.Family, _ file: String) throws {
        func numbers(_ key: String) throws -> [Double]? {
            guard let value = json[key], value != .null else { return nil }
            guard let items = value.array?.compactMap(\.double), items.count == 3, items.allSatisfy(\.isFinite) else {
                throw PictureSettings.malformed(file, key, value, "three numbers")
            }
            return items
        }
        var factor = json["rescale_factor"]?.double ?? 1.0 / 255
        if json["do_rescale"]?.bool == false { factor = 1 }
        var means = try numbers("image_mean"), deviations = try numbers("image_std")
        if family == .clip {
            means = means ?? [0.48145466, 0.4578275, 0.40821073]
            deviations = deviations ?? [0.26862954, 0.26130258, 0.27577711]
        }
        if json["do_normalize"]?.bool == false { (means, deviations) = ([0, 0, 0], [1, 1, 1]) }
        self.init(factor: factor, means: means ?? [0.5, 0.5, 0.5], deviations: deviations ?? [0.5, 0.5, 0.5])
        guard table.allSatisfy(\.isFinite) else {
            throw CheckpointError.malformed(file: file, "`image_std` has a zero")
        }
    }

    init(factor: Double = 1.0 / 255, means: [Double], deviations: [Double]) {
        table = (0..<3).flatMap { channel in
            (0..<256).map { Float((Double($0) * factor - means[channel]) / deviations[channel]) }
        }
    }

    /// `[3, height, width]`, one channel after the other.
    func channelFirst(_ picture: Picture) -> [Float] {
        let count = picture.width * picture.height
        return unsafe [Float](unsafeUninitializedCapacity: 3 * count) { buffer, initialized in
            unsafe picture.pixels.withUnsafeBufferPointer { pixels in
                unsafe table.withUnsafeBufferPointer { table in
                    for channel in 0..<3 {
                        for place in 0..<count {
                            unsafe buffer[channel * count + place] =
                                table[channel * 256 + Int(pixels[3 * place + channel])]
                        }
                    }
                }
            }
            initialized = 3 * count
        }
    }
}
