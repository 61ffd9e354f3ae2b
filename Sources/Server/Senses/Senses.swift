import Tutti
import TuttiOpenAI

/// What a conversation says to a model: sound as the words that were heard in it, pictures as they are to a model with
/// eyes and as what is written in them and what they show to any other, earlier spoken answers as what they said.
struct Senses: Sendable {
    let services: Services
    let project: Project
    let urgency: Urgency
    /// How many tokens the model holds that is to read it, and whether it has eyes.
    var context = 4096
    var hasEyes = false

    /// Messages as the model takes them.
    struct Perceived: Sendable {
        var messages: [Message] = []
        /// The texts that were sound.
        var heard: [String] = []
        /// The texts that were pictures, and the pictures that the model looks at itself.
        var seen: [String] = []
        var pictures: [PicturePart] = []
    }

    /// - Throws: `APIError` 400 for what is no sound or no picture, and for the id of a spoken answer that nobody knows.
    func perceived(_ messages: [ChatMessage]) async throws -> Perceived {
        var perceived = Perceived()
        let pictureCount = messages.reduce(0) { $0 + $1.pictureCount }
        for message in messages {
            perceived.messages.append(try await self.message(message, pictureCount, &perceived))
        }
        return perceived
    }

    private func message(
        _ message: ChatMessage, _ pictureCount: Int, _ perceived: inout Perceived
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
            case .image(let image) where hasEyes:
                let picture = try await picturePart(image)
                perceived.pictures.append(picture)
                parts.append(.picture(picture))
            case .image(let image):
                let number = pictureCount > 1 ? perceived.seen.count + 1 : nil
                let text = try await words(of: image, sharingWith: pictureCount).text(number: number)
                perceived.seen.append(text)
                parts.append(.text(text))
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

    /// Items as a model without eyes reads them: with what was made out in pictures in their place.
    func seen(_ items: [ResponseItem]) async throws -> [ResponseItem] {
        let pictureCount = items.reduce(0) { $0 + $1.pictureCount }
        if pictureCount == 0 || hasEyes { return items }
        var seen: [ResponseItem] = [], number = 0
        for item in items {
            seen.append(
                try await item.mappingParts { part, _ in
                    guard case .inputImage(let image) = part else { return part }
                    number += 1
                    let words = try await words(of: image, sharingWith: pictureCount)
                    return .inputText(words.text(number: pictureCount > 1 ? number : nil))
                })
        }
        return seen
    }

    /// The pictures of items, for a model with eyes.
    func pictures(_ items: [ResponseItem]) async throws -> [InputImage: PicturePart] {
        guard hasEyes else { return [:] }
        var pictures: [InputImage: PicturePart] = [:]
        for case .inputImage(let image) in items.flatMap(\.parts) where pictures[image] == nil {
            pictures[image] = try await picturePart(image)
        }
        return pictures
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

extension ChatMessage {
    fileprivate var pictureCount: Int {
        parts.reduce(0) { if case .image = $1 { $0 + 1 } else { $0 } }
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

    fileprivate var pictureCount: Int {
        parts.reduce(0) { if case .inputImage = $1 { $0 + 1 } else { $0 } }
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
