import Foundation
import Tutti
import TuttiOpenAI

extension Senses {
    /// What is made out in a picture, no longer than its share of the context.
    /// - Parameter count: How many pictures the prompt has.
    func words(of image: InputImage, sharingWith count: Int) async throws -> SeenWords {
        let picture = try await picture(image)
        let lease = try await services.models.eyes()
        let perception = try await lease.model.look(at: picture, urgency: urgency)
        services.meters.saw(lease.name)
        let most = Self.characterCount(image.detail, context: context / max(1, count))
        return SeenWords(perception.text(budget: most))
    }

    /// How much of a picture's text is told. A token is three characters and more, and half of the context is left to
    /// everything else.
    static func characterCount(_ detail: InputImage.Detail, context: Int) -> Int {
        let most =
            switch detail {
            case .low: 600
            case .auto: 6000
            case .high, .original: 24_000
            }
        return max(200, min(most, context / 2 * 3))
    }

    /// A picture for a model that looks at it itself.
    func picturePart(_ image: InputImage) async throws -> PicturePart {
        let detail: PictureDetail =
            switch image.detail {
            case .auto: .auto
            case .low: .low
            case .high, .original: .high
            }
        let picture = try await picture(image)
        return try await offPool { PicturePart(picture, detail: detail) }
    }

    /// The picture itself, from wherever it is.
    /// - Throws: `APIError` 400 for what is no picture, 404 for a file that is not there.
    func picture(_ image: InputImage) async throws -> Picture {
        let bytes = try await bytes(image)
        do {
            return try await offPool { try Picture(decoding: bytes) }
        } catch let error as PictureError {
            throw image.refusal("\(error)")
        }
    }

    private func bytes(_ image: InputImage) async throws -> [UInt8] {
        switch image.source {
        case .url(let url):
            if let data = try image.data() { return data }
            return Array(try await RemoteFetch(services.settings).content(of: url, param: image.path).bytes)
        case .file(let id):
            let file: FileObject
            do {
                file = try await services.files(of: project).file(id)
            } catch {
                throw image.refusal("there is no file '\(id.prefix(80))'. Upload it first, with the purpose 'vision'")
            }
            guard file.byteCount <= PictureLimits.standard.byteCount else {
                throw image.refusal("the file has \(file.byteCount) bytes, which is more than a picture may have")
            }
            let stored = try await services.contents.open(file.id, .files)
            var bytes: [UInt8] = []
            while let piece = try await stored.next() { bytes += piece }
            return bytes
        }
    }
}
