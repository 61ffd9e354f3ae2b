import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Tutti
import TuttiCheckpoints
import TuttiOpenAI

/// `/v1/audio`: speech into text, and text into speech.
struct AudioRoutes: Routes {
    private let services: Services

    init(_ services: Services) { self.services = services }

    func add(to group: RouterGroup<APIContext>) {
        let audio = group.group("audio")
        audio.post("transcriptions") { request, context in try await hear(request, translates: false) }
        audio.post("translations") { request, context in try await hear(request, translates: true) }
        audio.post("speech", use: speak)
        audio.get("voices", use: listVoices)
    }

    var endpoints: [String: EndpointTable.Endpoint] {
        [
            "/v1/audio/transcriptions": { body, project, priority in
                try await heard(body, translates: false, project, priority)
            },
            "/v1/audio/translations": { body, project, priority in
                try await heard(body, translates: true, project, priority)
            },
            "/v1/audio/speech": { body, _, priority in
                let speaking = try await Speaking(SpeechRequest(body), services, priority: priority)
                let (bytes, seconds) = try await speaking.whole()
                return [
                    "object": "audio.speech", "format": .string(speaking.request.format.rawValue),
                    "seconds": .number(seconds), "data": .string(bytes.base64),
                ]
            },
        ]
    }

    // MARK: Hearing

    @Sendable private func hear(_ request: Request, translates: Bool) async throws -> Response {
        let form = try await UploadForm(
            request, file: "file", contents: services.contents,
            maximumByteCount: services.settings.maximumUploadByteCount)
        let wanted = try TranscriptionRequest(JSON(form: form.fields), translates: translates)
        guard let file = form.file else {
            throw APIError.invalid(
                "Missing required parameter: 'file'. It is a part of the form with a file name.", param: "file",
                code: "missing_required_parameter")
        }
        guard file.byteCount > 0 else {
            throw APIError.invalid("Invalid 'file': it is empty.", param: "file", code: "empty_file")
        }
        let hearing = try await Hearing(
            wanted, translates: translates, path: file.path, name: form.filename, services, urgency: .live)
        // It is removed when nobody holds it, and was read until here.
        withExtendedLifetime(file) {}
        guard wanted.streams else {
            return try await response(hearing.whole(), wanted)
        }
        return .events { events in
            try await hearing.read { event in try await events.send(event.json) }
            try await events.done()
        }
    }

    private func response(
        _ heard: (transcription: Transcription, transcript: Transcript), _ request: TranscriptionRequest
    ) -> Response {
        switch request.format {
        case .json: .json(heard.transcription.json)
        case .verboseJSON: .json(heard.transcription.verboseJSON(hasSegments: request.wantsSegments))
        case .text: .text(heard.transcript.text + "\n")
        case .srt: .text(heard.transcript.srt, type: "application/x-subrip; charset=utf-8")
        case .vtt: .text(heard.transcript.vtt, type: "text/vtt; charset=utf-8")
        }
    }

    /// A line of a batch: its `file` is the id of a file that was sent before.
    private func heard(
        _ body: JSON, translates: Bool, _ project: Project, _ priority: GenerationRequest.Priority
    ) async throws -> JSON {
        let request = try TranscriptionRequest(body, translates: translates)
        let id = try Fields(body).requiredString("file")
        let file = try await services.files(of: project).file(id)
        let path = services.contents.location(file.id, .files)
        let heard = try await Hearing(
            request, translates: translates, path: path, name: file.filename, services, urgency: Urgency(priority)
        ).whole()
        switch request.format {
        case .json: return heard.transcription.json
        case .verboseJSON: return heard.transcription.verboseJSON(hasSegments: request.wantsSegments)
        case .text: return ["text": .string(heard.transcript.text)]
        case .srt: return ["text": .string(heard.transcript.srt)]
        case .vtt: return ["text": .string(heard.transcript.vtt)]
        }
    }

    // MARK: Speaking

    @Sendable private func speak(_ request: Request, _ context: APIContext) async throws -> Response {
        let wanted = try SpeechRequest(try await services.json(of: request))
        let speaking = try await Speaking(wanted, services, priority: .interactive)
        if wanted.isEvents {
            return .events { events in
                let seconds = try await speaking.read { bytes in
                    try await events.send(SpeechStreamEvent.delta(bytes.base64).json)
                }
                try await events.send(
                    SpeechStreamEvent.done(characters: wanted.input.count, seconds: seconds).json)
            }
        }
        let deadline = Deadline.current
        // The first bytes are made before the answer begins: until then an error has a status.
        var pieces = try speaking.begin()
        let first = try await pieces.next() ?? []
        let rest = UncheckedTransfer(pieces)
        return Response(
            status: .ok, headers: [.contentType: AudioFormat(wanted.format).contentType],
            body: ResponseBody { writer in
                let transfer = UncheckedTransfer(writer)
                try await Deadline.keeping(deadline) {
                    var writer = transfer.value, pieces = rest.value
                    try await writer.write(ByteBuffer(bytes: first))
                    while let piece = try await pieces.next() {
                        if !piece.isEmpty { try await writer.write(ByteBuffer(bytes: piece)) }
                    }
                    speaking.spoke(pieces)
                }
                try await writer.finish(nil)
            })
    }

    @Sendable private func listVoices(_ request: Request, _ context: APIContext) async throws -> Response {
        let lease = try await services.models.voice(request.parameter("model"))
        let voices = VoiceNames(speakers: lease.model.voices).voices.map { voice -> JSON in
            [
                "id": .string(voice.name), "object": "voice", "model": .string(lease.name),
                "speaker": .string(voice.speaker),
            ]
        }
        return .json(["object": "list", "data": .array(voices)])
    }
}
