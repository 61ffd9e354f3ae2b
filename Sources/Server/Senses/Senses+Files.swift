import Foundation
import Tutti
import TuttiOpenAI

extension Senses {
    /// What a file is to the model: its text, or its pages as words or as pictures, within its share of the context.
    /// - Throws: `APIError` 400 for what is not read, 501 where the programs that read PDF documents are not installed.
    func parts(of file: InputFile, _ sharing: Sharing) async throws -> [Part] {
        guard let model else { return [] }
        let (bytes, name) = try await contents(of: file)
        do {
            let document = try await offPool { try Document(bytes, name: name) }
            // A quarter is left to what was said, and to the answer.
            return try await document.parts(
                for: model, detail: PictureDetail(file.detail), tokenLimit: model.context / 4 * 3 / sharing.count,
                reading: perception(of:))
        } catch let error as PictureError {
            if case .needsProgram = error {
                throw APIError(
                    status: 501, message: "This server cannot read PDF documents: \(error)",
                    type: "invalid_request_error", param: file.path, code: "pdf_not_available",
                    isWorthRepeating: false)
            }
            throw file.refusal("\(error)")
        } catch let error as DocumentError {
            throw file.refusal("\(error)")
        } catch let error as VisionError {
            throw file.refusal("\(error)")
        }
    }

    private func contents(of file: InputFile) async throws -> (bytes: [UInt8], name: String) {
        switch file.source {
        case .data: return (try file.data() ?? [], file.filename ?? "attachment")
        case .url(let url):
            let content = try await RemoteFetch(services.settings).content(of: url, param: file.path)
            let last = URL(string: url)?.lastPathComponent ?? ""
            return (Array(content.bytes), file.filename ?? (last.isEmpty || last == "/" ? "attachment" : last))
        case .file(let id):
            let (known, bytes) = try await upload(
                id, purpose: "user_data", limit: DocumentLimits.standard.byteCount, file.refusal)
            return (bytes, file.filename ?? known.filename)
        }
    }
}
