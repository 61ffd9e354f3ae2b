import Tutti
import TuttiOpenAI

/// What a conversation says to a model: sound as the words that were heard in it, pictures and the pages of documents as
/// they are to a model with eyes and as what is written in them to any other, earlier spoken answers as what they said.
struct Senses: Sendable {
    let services: Services
    let project: Project
    let urgency: Urgency
    /// The model that is to read it; nil while nobody reads.
    var model: LanguageModel?

    /// Messages as the model takes them.
    struct Perceived: Sendable {
        var messages: [Message] = []
        /// The texts that were sound.
        var heard: [String] = []
        /// What pictures and files became.
        var seen: [Part] = []
        var read: [Part] = []
    }

    /// How many pictures and files share the room that a prompt has for them.
    struct Sharing: Sendable {
        var pictureCount = 0
        var fileCount = 0

        var count: Int { max(1, pictureCount + fileCount) }
    }

    /// - Throws: `APIError` 400 for what is no sound, no picture or no file that is read, and for the id of a spoken answer
    ///   that nobody knows.
    func perceived(_ messages: [ChatMessage]) async throws -> Perceived {
        var perceived = Perceived(), sharing = Sharing()
        for part in messages.flatMap(\.parts) {
            if case .image = part { sharing.pictureCount += 1 }
            if case .file = part { sharing.fileCount += 1 }
        }
        for message in messages {
            perceived.messages.append(try await self.message(message, sharing, &perceived))
        }
        return perceived
    }

    private func message(
        _ message: ChatMessage, _ sharing: Sharing, _ perceived: inout Perceived
    ) async throws -> Message {
        if let spoken = message.spoken {
            let transcript = try await services.spokenAnswers(of: project).transcript(spoken.id, param: spoken.path)
            return Message(message, parts: (message.texts.isEmpty ? [transcript] : message.texts).map { .text($0) })
        }
        var parts: [Part] = []
        for part in message.parts {
            switch part {
            case .text(let text): parts.append(.text(text))
            case .audio(let audio):
                let words = try await words(of: audio)
                perceived.heard.append(words)
                parts.append(.text(HeardWords(words).text(isAlone: message.parts.count == 1)))
            case .image(let image):
                let seen = try await self.part(of: image, number: perceived.seen.count + 1, sharing)
                perceived.seen.append(seen)
                parts.append(seen)
            case .file(let file):
                let read = try await self.parts(of: file, sharing)
                perceived.read += read
                parts += read
            }
        }
        return Message(message, parts: parts)
    }

    /// Items of a response or a conversation as they are stored: with the words of sound in its place.
    func heard(_ items: [ResponseItem]) async throws -> [ResponseItem] {
        var heard: [ResponseItem] = []
        for item in items {
            heard.append(
                try await item.mappingParts { part, isAlone in
                    guard case .inputAudio(let audio) = part else { return part }
                    return .inputText(HeardWords(try await words(of: audio)).text(isAlone: isAlone))
                })
        }
        return heard
    }

    /// What the pictures and files of items are to the model.
    func perceived(_ items: [ResponseItem]) async throws -> [ResponseItem.Part: [Part]] {
        let parts = items.flatMap(\.parts)
        var sharing = Sharing(), perceived: [ResponseItem.Part: [Part]] = [:], number = 0
        for part in parts {
            if case .inputImage = part { sharing.pictureCount += 1 }
            if case .inputFile = part { sharing.fileCount += 1 }
        }
        for part in parts where perceived[part] == nil {
            switch part {
            case .inputImage(let image):
                number += 1
                perceived[part] = [try await self.part(of: image, number: number, sharing)]
            case .inputFile(let file): perceived[part] = try await self.parts(of: file, sharing)
            case .inputText, .inputAudio, .outputText, .refusal: break
            }
        }
        return perceived
    }

    /// The words of a recording, as the default model hears them.
    func words(of audio: InputAudio) async throws -> String {
        let lease = try await services.models.ear()
        let sound = try await Hearing.sound(audio)
        let transcript = try await lease.model.transcript(of: sound, urgency: urgency)
        services.meters.heard(lease.name, seconds: transcript.seconds)
        return transcript.text
    }
}

extension ResponseItem {
    /// Its parts, where it is said by somebody or given back by a tool.
    fileprivate var parts: [Part] {
        switch self {
        case .message(let message): message.parts
        case .functionCallOutput(let output): output.output
        case .functionCall, .reasoning: []
        }
    }

    /// The same item with other parts.
    /// - Parameter change: Is given each part, and whether it is the only one.
    fileprivate func mappingParts(_ change: (Part, _ isAlone: Bool) async throws -> Part) async throws -> ResponseItem {
        var changed: [Part] = []
        for part in parts { changed.append(try await change(part, parts.count == 1)) }
        switch self {
        case .message(var message):
            message.parts = changed
            return .message(message)
        case .functionCallOutput(var output):
            output.output = changed
            return .functionCallOutput(output)
        case .functionCall, .reasoning: return self
        }
    }
}
