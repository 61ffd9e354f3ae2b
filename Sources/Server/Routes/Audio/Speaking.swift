import Tutti
import TuttiOpenAI

/// A text that is being spoken for a request.
struct Speaking: Sendable {
    let request: SpeechRequest
    private let lease: ModelShelf.Lease<SpeakingModel>
    private let options: SpeechOptions
    private let urgency: Urgency
    private let meters: Meters

    /// Loads the model.
    /// - Throws: `APIError` for whatever is wrong with the request.
    init(_ request: SpeechRequest, _ services: Services, priority: GenerationRequest.Priority) async throws {
        self.request = request
        let lease = try await services.models.voice(request.model)
        self.lease = lease
        urgency = Urgency(priority)
        meters = services.meters
        var options = SpeechOptions()
        options.voice = try VoiceNames(speakers: lease.model.voices).speaker(request.voice, param: "voice")
        options.speed = request.speed
        self.options = options
    }

    /// The bytes of the file as they are made; for one reader.
    struct Pieces {
        private var sound: AsyncThrowingStream<SpokenPiece, any Error>.Iterator
        private let file: SpokenFile
        private var isOver = false

        fileprivate init(_ sound: AsyncThrowingStream<SpokenPiece, any Error>, _ file: SpokenFile) {
            self.sound = sound.makeAsyncIterator()
            self.file = file
        }

        /// How long what was made so far lasts.
        var seconds: Double { file.seconds }

        mutating func next() async throws -> [UInt8]? {
            guard !isOver else { return nil }
            while let piece = try await sound.next() {
                let bytes = try file.append(piece.samples)
                if !bytes.isEmpty { return bytes }
            }
            isOver = true
            return try file.finish()
        }
    }

    /// - Throws: `APIError` 400 for a format that cannot be written here.
    func begin() throws -> Pieces {
        let file = try SpokenFile(request.format, sampleRate: lease.model.sampleRate, param: "response_format")
        return Pieces(lease.model.speak(request.input, options, urgency: urgency), file)
    }

    /// Speaks, and hands over bytes as they are made.
    /// - Returns: How long it lasts, in seconds.
    func read(_ take: ([UInt8]) async throws -> Void) async throws -> Double {
        var pieces = try begin()
        while let bytes = try await pieces.next() {
            if !bytes.isEmpty { try await take(bytes) }
        }
        spoke(pieces)
        return pieces.seconds
    }

    /// Counts what was spoken.
    func spoke(_ pieces: Pieces) { meters.spoke(lease.name, seconds: pieces.seconds) }

    /// All of the file.
    func whole() async throws -> (bytes: [UInt8], seconds: Double) {
        var whole: [UInt8] = []
        let seconds = try await read { whole += $0 }
        return (AudioEncoder.whole(whole, AudioFormat(request.format)), seconds)
    }
}
