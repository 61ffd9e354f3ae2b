import Tutti
import TuttiOpenAI

/// What a conversation says to a model that has no ears: sound as the words that were heard in it, and earlier spoken
/// answers as what they said.
struct Perception: Sendable {
    let services: Services
    let project: Project
    let urgency: Urgency

    /// Messages in words alone.
    struct Heard: Sendable {
        var messages: [Message] = []
        /// The texts that were sound.
        var texts: [String] = []
    }

    /// - Throws: `APIError` 400 for what is no sound, and for the id of a spoken answer that nobody knows.
    func heard(_ messages: [ChatMessage]) async throws -> Heard {
        var heard = Heard()
        for message in messages { heard.messages.append(try await self.message(message, &heard.texts)) }
        return heard
    }

    private func message(_ message: ChatMessage, _ texts: inout [String]) async throws -> Message {
        if let spoken = message.spoken {
            let transcript = try await services.spokenAnswers(of: project).transcript(spoken.id, param: spoken.path)
            return Message(message, parts: message.texts.isEmpty ? [transcript] : message.texts)
        }
        var parts: [String] = []
        for part in message.parts {
            switch part {
            case .text(let text): parts.append(text)
            case .audio(let audio):
                let words = try await words(of: audio)
                texts.append(words)
                parts.append(HeardWords(words).text(isAlone: message.parts.count == 1))
            }
        }
        return Message(message, parts: parts)
    }

    /// Items of a response or a conversation in words alone, as they are stored.
    func heard(_ items: [ResponseItem]) async throws -> [ResponseItem] {
        var heard: [ResponseItem] = []
        for item in items {
            guard case .message(var message) = item else {
                heard.append(item)
                continue
            }
            for (index, part) in message.parts.enumerated() {
                guard case .inputAudio(let audio) = part else { continue }
                let words = HeardWords(try await words(of: audio))
                message.parts[index] = .inputText(words.text(isAlone: message.parts.count == 1))
            }
            heard.append(.message(message))
        }
        return heard
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
