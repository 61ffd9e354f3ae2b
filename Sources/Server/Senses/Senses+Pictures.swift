import Foundation
import Tutti
import TuttiOpenAI

extension Senses {
    /// What a picture is to the model: itself, or what is made out in it, no longer than its share of the context.
    /// - Parameter number: Which of the prompt's pictures it is, from 1.
    func part(of image: InputImage, number: Int, _ sharing: Sharing) async throws -> Part {
        let picture = try await picture(image)
        if model?.eyes != nil {
            let detail = PictureDetail(image.detail)
            return .picture(try await offPool { PicturePart(picture, detail: detail) })
        }
        let most = Self.characterCount(image.detail, context: (model?.context ?? 4096) / sharing.count)
        let words = SeenWords(try await perception(of: picture).text(budget: most))
        return .text(words.text(number: sharing.pictureCount > 1 ? number : nil))
    }

    /// What the default model makes out.
    func perception(of picture: Picture) async throws -> Perception {
        let lease = try await services.models.eyes()
        let perception = try await lease.model.look(at: picture, urgency: urgency)
        services.meters.saw(lease.name)
        return perception
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
            return try await upload(id, purpose: "vision", limit: PictureLimits.standard.byteCount, image.refusal).bytes
        }
    }

    /// A file that was uploaded.
    /// - Parameters:
    ///   - purpose: What such files are uploaded for.
    ///   - limit: Of its bytes.
    func upload(
        _ id: String, purpose: String, limit: Int, _ refusal: (String) -> APIError
    ) async throws -> (file: FileObject, bytes: [UInt8]) {
        let file: FileObject
        do {
            file = try await services.files(of: project).file(id)
        } catch {
            throw refusal("there is no file '\(id.prefix(80))'. Upload it first, with the purpose '\(purpose)'")
        }
        guard file.byteCount <= limit else {
            throw refusal("the file has \(file.byteCount) bytes, and \(limit) are the most")
        }
        let stored = try await services.contents.open(file.id, .files)
        var bytes: [UInt8] = []
        while let piece = try await stored.next() { bytes += piece }
        return (file, bytes)
    }
}

extension PictureDetail {
    init(_ detail: InputImage.Detail) {
        switch detail {
        case .auto: self = .auto
        case .low: self = .low
        case .high, .original: self = .high
        }
    }
}
