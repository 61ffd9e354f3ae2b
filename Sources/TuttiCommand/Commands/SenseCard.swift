import Foundation
import Tutti

/// What `tutti show` tells of a model of one sense: that hears, speaks, tells speech from everything else, looks at
/// pictures for models without eyes, or compares pictures with texts.
struct SenseCard {
    private let name: String
    private let location: URL
    private let entry: CatalogEntry?
    private let origin: HubOrigin?
    private let form: SpeechModelForm?
    private let seeing: SeeingModelForm?
    /// The most tokens of a text, of a model that puts texts and pictures into one space.
    private let comparedTokens: Int?

    /// nil for a model of another kind.
    /// - Throws: `StoreError` for one that is not there.
    init?(_ model: String, _ store: ModelStore) throws {
        switch try store.locate(model) {
        case .stored(let stored):
            (name, location, entry, origin) = (stored.name, stored.location, stored.entry, stored.origin)
        case .known(let entry): throw StoreError.notPulled(entry.name)
        case .file(let file): (name, location, entry, origin) = (file.lastPathComponent, file, nil, nil)
        }
        form = SpeechModelForm(at: location)
        seeing = form == nil ? SeeingModelForm(at: location) : nil
        comparedTokens = form == nil && seeing == nil ? Registry.contrastivePositions(location.path) : nil
        guard form != nil || seeing != nil || comparedTokens != nil || entry?.task == .voiceActivity else { return nil }
    }

    private var kind: String {
        if comparedTokens != nil { return "CLIP or SigLIP, which puts pictures and texts into one space" }
        switch seeing {
        case .reader: return "PP-OCR, which reads what is written in pictures: detection, direction, recognition"
        case .namer: return "EfficientNet-lite0, which names what a picture shows"
        case nil: break
        }
        return switch form {
        case .moonshine: "Moonshine, which hears English"
        case .whisper: "Whisper, which hears many languages and translates them into English"
        case .piper: "a voice of Piper (VITS)"
        case .kokoro: "Kokoro (StyleTTS 2), run as an ONNX graph"
        case nil: "voice activity"
        }
    }

    private var senses: String {
        if let comparedTokens {
            return
                "pictures, and texts of up to \(comparedTokens) tokens, which it embeds (/v1/embeddings) and compares (tutti classify)"
        }
        if seeing != nil {
            return "it looks at pictures for models without eyes: tutti see, pictures in a chat; it describes no scenes"
        }
        return switch form {
        case .piper, .kokoro: "it speaks: tutti speak, /v1/audio/speech, the spoken answers of a chat"
        case nil: "it tells speech from everything else, for those that hear"
        default: "it hears: tutti transcribe, /v1/audio/transcriptions, the sound in a chat"
        }
    }

    private var architecture: String {
        if let form { return "\(form)" }
        if let seeing { return "\(seeing)" }
        return comparedTokens == nil ? "silero-vad" : "contrastive"
    }

    /// What it takes, in the words of `/v1/models`.
    private var takes: [String] {
        if comparedTokens != nil { return ["text", "image"] }
        if seeing != nil { return ["image"] }
        return form?.speaks == true ? ["text"] : ["audio"]
    }

    private var byteCount: Int {
        let files = FileManager.default
        let names = (try? files.contentsOfDirectory(atPath: location.path)) ?? [""]
        return names.reduce(0) { total, name in
            let path = name.isEmpty ? location.path : location.appending(path: name).path
            return total + ((try? files.attributesOfItem(atPath: path)[.size] as? Int) ?? 0)
        }
    }

    var text: String {
        var lines = [("model", entry?.name ?? name)]
        if let description = entry?.description { lines.append(("", description)) }
        lines += [
            ("architecture", kind), ("files", "\(location.path), \(ByteText(byteCount))"), ("senses", senses),
            ("licence", entry?.licence ?? "not stated"),
        ]
        if let note = entry?.licenceNote { lines.append(("", note)) }
        if form?.speaks == true {
            lines.append(("phonemes", "by the program espeak-ng (GPL-3.0), which is run and not linked"))
        }
        lines.append(("source", Show.sources(entry, origin).joined(separator: "; ")))
        return lines.map(Show.line).joined(separator: "\n")
    }

    var json: JSON {
        [
            "name": .string(entry?.name ?? name), "description": entry.map { .string($0.description) } ?? .null,
            "architecture": .string(architecture), "location": .string(location.path),
            "bytes": JSON(byteCount), "licence": entry.map { .string($0.licence) } ?? .null,
            "licence_note": entry?.licenceNote.map { .string($0) } ?? .null,
            "input_modalities": .array(takes.map { .string($0) }),
            "hears": .bool(form?.hears ?? false), "speaks": .bool(form?.speaks ?? false),
            "sources": .array(Show.sources(entry, origin).map { .string($0) }),
        ]
    }
}
