import Foundation
public import TuttiCheckpoints
import TuttiDialogue
import TuttiGeneration
public import TuttiImages
public import TuttiTensors
public import TuttiVision

/// What looks at a picture for models that have no eyes: it reads what is written there and names what is shown.
///
///     let eyes = try await SeeingModel.load()
///     let seen = try await eyes.look(at: Picture(contentsOf: URL(filePath: "receipt.jpg")))
///     print(seen.text())
public final class SeeingModel: Sendable {
    /// What it was asked for by.
    public let name: String
    /// Whether it names what pictures show, beside reading them.
    public let namesThings: Bool
    private let reader: PictureReader
    private let recent = RecentPerceptions()

    init(name: String, reader: PictureReader, namesThings: Bool) {
        (self.name, self.reader, self.namesThings) = (name, reader, namesThings)
    }

    /// The catalog's model that reads, and the one that names things.
    public static let textReaderName = "pp-ocrv6"
    public static let pictureNamerName = "efficientnet-lite0"

    /// Loads what reads text, and what names things if it is in the store.
    /// - Parameters:
    ///   - model: A name of the catalog, or the path of a folder with the models of PP-OCR.
    ///   - threads: Threads to compute on; nil for every processor that this process may use.
    ///   - store: Where models lie; nil for the user's own.
    /// - Throws: `StoreError` when there is no such model, and what is wrong with its files.
    public static func load(
        _ model: String = textReaderName, threads: Int? = nil, store: ModelStore? = nil
    ) async throws -> SeeingModel {
        let store = try store ?? ModelStore()
        let location = try store.resolve(model)
        let names = try? store.resolve(pictureNamerName)
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                let pool = ComputePool(threads: threads ?? ComputePool.defaultThreadCount)
                continuation.resume(
                    with: Result {
                        SeeingModel(
                            name: model, reader: try PictureReader(reading: location, naming: names, pool: pool),
                            namesThings: names != nil)
                    })
            }
        }
    }

    /// Reads what is written in a picture, and names what it shows. One that was looked at lately is remembered.
    /// - Throws: `CancellationError` when its task is cancelled.
    public func look(at picture: Picture, urgency: Urgency = .live) async throws -> Perception {
        let key = PicturePart(picture).key
        if let known = recent[key] { return known }
        let perception = try await reader.read(picture, urgency: urgency)
        recent[key] = perception
        return perception
    }
}
