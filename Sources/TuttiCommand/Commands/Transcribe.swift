import ArgumentParser
import Foundation
import Tutti

struct Transcribe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell what is said in files of sound.",
        discussion: """
            Reads wav, flac, ogg, opus and mp3, and with the program ffmpeg also m4a, mp4 and webm. `-` is standard input.

            Examples:
              tutti transcribe talk.mp3
              tutti transcribe --srt interview.wav >interview.srt
              tutti transcribe --language de --translate rede.flac
              tutti transcribe -m moonshine-tiny --stream lecture.m4a
            """)

    @OptionGroup var hearing: HearingOptions

    @Flag(help: "Write one JSON document for each file, a line each: text, language, segments with times.")
    var json = false

    @Flag(help: "Write SubRip subtitles.")
    var srt = false

    @Flag(help: "Write WebVTT subtitles.")
    var vtt = false

    @Flag(help: "Write each segment as soon as it is certain; with --json a line each.")
    var stream = false

    @Flag(help: "Say when each word was said (--json; a Whisper).")
    var words = false

    @Option(help: ArgumentHelp("What is spoken, as ISO 639-1 has it (default: found out).", valueName: "code"))
    var language: String?

    @Flag(help: "Write English, whatever is spoken (a Whisper).")
    var translate = false

    @Option(help: ArgumentHelp("What was said before, or how names are spelt.", valueName: "text"))
    var prompt: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Texts that are followed side by side; 1 is greedy.", valueName: "n"))
    var beam = 1

    @Option(parsing: .unconditional, help: ArgumentHelp("0 takes the likeliest token.", valueName: "x"))
    var temperature = 0.0

    @Argument(help: "Files of sound; `-`: standard input.")
    var files: [String]

    func validate() throws {
        if [json, srt, vtt].count(where: { $0 }) > 1 {
            throw ValidationError("--json, --srt and --vtt exclude each other.")
        }
        if stream, srt || vtt { throw ValidationError("--stream goes with plain text or with --json.") }
        if (srt || vtt), files.count > 1 { throw ValidationError("--srt and --vtt take one file.") }
        if words, !json { throw ValidationError("--words needs --json.") }
        try require(beam, "--beam", in: 1...32)
        guard (0...1).contains(temperature) else { throw ValidationError("--temperature is from 0 to 1.") }
    }

    func run() async throws {
        let ear = try await hearing.load()
        var options = TranscriptionOptions()
        options.language = language?.lowercased()
        options.task = translate ? .translate : .transcribe
        options.prompt = prompt
        options.beamWidth = beam
        options.temperature = Float(temperature)
        options.wantsWords = words
        try check(options, ear)
        for file in files {
            let sound = try read(file)
            let stream = ear.transcribe(sound, options, urgency: .batch)
            let isStream = self.stream, isJSON = json
            let transcript = try await Interruption.cancels {
                for try await event in stream {
                    switch event {
                    case .segment(let segment):
                        if isStream { try isJSON ? Output.line(segment.json) : Output.line(segment.text) }
                    case .finished(let transcript): return transcript
                    }
                }
                throw CancellationError()
            }
            try write(transcript, file)
        }
    }

    private func check(_ options: TranscriptionOptions, _ ear: HearingModel) throws {
        if let language = options.language, !ear.traits.languages.contains(language) {
            let known = ear.traits.languages.sorted().joined(separator: ", ")
            throw ValidationError("\(ear.name) does not hear \(language); it hears \(known).")
        }
        if translate, !ear.traits.translates {
            throw ValidationError("\(ear.name) does not translate; whisper-base does.")
        }
        if words, !ear.traits.hasWordTimes {
            throw ValidationError("\(ear.name) does not know when words were said; whisper-base does.")
        }
    }

    private func read(_ file: String) throws -> PCM {
        guard file != "-" else {
            return try PCM(bytes: Array(try Input.standardInput()), name: "standard input", sampleRate: 16_000)
        }
        guard FileManager.default.fileExists(atPath: file) else { throw Failure("there is no file \(file).") }
        return try PCM(path: file, sampleRate: 16_000)
    }

    private func write(_ transcript: Transcript, _ file: String) throws {
        switch (json, srt, vtt) {
        case (true, _, _): try Output.line(transcript.json(file, hasSegments: !stream))
        case (_, true, _): try Output.write(transcript.srt)
        case (_, _, true): try Output.write(transcript.vtt)
        default: if !stream { try Output.line(transcript.text) }
        }
    }
}

extension Transcript {
    /// - Parameter hasSegments: Left out where they were written as they came.
    fileprivate func json(_ file: String, hasSegments: Bool) -> JSON {
        [
            "file": .string(file), "language": language.map { .string($0) } ?? .null, "duration": .number(seconds),
            "text": .string(text), "segments": hasSegments ? .array(segments.map(\.json)) : .null,
        ]
    }
}

extension Transcript.Segment {
    fileprivate var json: JSON {
        [
            "start": .number(start), "end": .number(end), "text": .string(text),
            "temperature": .number(Double(temperature)), "avg_logprob": .number(Double(meanLogProbability)),
            "compression_ratio": .number(Double(compressionRatio)),
            "no_speech_prob": .number(Double(noSpeechProbability)),
            "words": words.isEmpty ? .null : .array(words.map(\.json)),
        ]
    }
}

extension Transcript.Word {
    fileprivate var json: JSON {
        [
            "word": .string(text), "start": .number(start), "end": .number(end),
            "probability": .number(Double(probability)),
        ]
    }
}
