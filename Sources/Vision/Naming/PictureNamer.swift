public import Foundation
import TuttiCheckpoints
public import TuttiImages
import TuttiModels
public import TuttiTensors

/// Names what a picture shows: one of the 1000 classes of ImageNet, by EfficientNet-lite0.
public struct PictureNamer: Sendable {
    private let model: EfficientNet
    /// Of each class, the first of its synonyms.
    private let names: [String]
    /// The part of the shorter side that is looked at, in the middle.
    private static let middle = 224.0 / 256

    /// Loads the weights (`.pth`) and the names of the classes (`.json`) out of a folder.
    /// - Throws: ``PictureReaderError``; `CheckpointError`.
    public init(folder: URL, pool: ComputePool) throws {
        let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
        guard let weights = files.first(where: { $0.hasSuffix(".pth") }),
            let list = files.first(where: { $0.hasSuffix("names.json") })
        else { throw PictureReaderError.namesNothing(folder.path) }
        let path = folder.appending(path: list)
        guard let all = try? JSONDecoder().decode([String: String].self, from: Data(contentsOf: path)) else {
            throw PictureReaderError.badNames(path.path)
        }
        names = try (0..<EfficientNet.classCount).map { index in
            guard let synonyms = all["\(index)"], let first = synonyms.split(separator: ",").first else {
                throw PictureReaderError.badNames(path.path)
            }
            return String(first)
        }
        model = try EfficientNet(TorchFile(path: folder.appending(path: weights).path), pool: pool)
    }

    /// The most likely classes, from the likeliest on.
    public func labels(of picture: Picture, count: Int = 5, _ step: Step) -> [PictureLabel] {
        let chances = chances(of: picture, step)
        return chances.indices.sorted { (-chances[$0], $0) < (-chances[$1], $1) }.prefix(count).map {
            PictureLabel(index: $0, name: names[$0], confidence: chances[$0])
        }
    }

    /// How likely each class is.
    func chances(of picture: Picture, _ step: Step) -> [Float] {
        let logits = logits(of: picture, step), highest = logits.max() ?? 0
        let powers = logits.map { exp($0 - highest) }, sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }

    /// The middle of a picture, as the model was trained to see it.
    package func logits(of picture: Picture, _ step: Step) -> [Float] {
        let side = Double(min(picture.width, picture.height)) * Self.middle
        let left = (Double(picture.width) - side) / 2, top = (Double(picture.height) - side) / 2
        let square = picture.resized(
            width: EfficientNet.side, height: EfficientNet.side, filter: .bicubic,
            box: PictureBox(left: left, top: top, right: left + side, bottom: top + side))
        let pixels = step.scratch(EfficientNet.side * EfficientNet.side, 3)
        for (index, value) in square.pixels.enumerated() { unsafe pixels.base[index] = (Float(value) - 127) / 128 }
        let logits = model(pixels, step)
        return (0..<logits.width).map { unsafe logits.row(0)[$0] }
    }
}
