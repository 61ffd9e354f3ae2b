import ArgumentParser
import Foundation
import Tutti

/// Which model hears.
struct HearingOptions: ParsableArguments {
    @Option(
        name: [.customShort("m"), .customLong("model")],
        help: ArgumentHelp(
            "A model that hears: a name of the catalog or a path (default: whisper-base if it is there, or moonshine-tiny).",
            valueName: "model"))
    var model: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Threads to compute on (default: every core).", valueName: "n"))
    var threads: Int?

    func validate() throws {
        if let threads { try require(threads, "--threads", in: 1...256) }
    }

    func load() async throws -> HearingModel { try await HearingModel.load(model, threads: threads) }
}

extension HearingModel {
    /// The model that is named, or the better listener of those that are in the store.
    static func load(_ name: String?, threads: Int?) async throws -> HearingModel {
        let store = try ModelStore(), here = store.list().map(\.name)
        let standard = ["whisper-base", "moonshine-tiny"].first { here.contains($0) } ?? "moonshine-tiny"
        return try await load(name ?? standard, threads: threads, store: store)
    }
}

/// A file of sound that is written, its format told by its name.
struct SoundFileName: ExpressibleByArgument {
    let path: String
    let format: AudioFormat

    init?(argument: String) {
        let ending = URL(filePath: argument).pathExtension.lowercased()
        guard let format = AudioFormat(rawValue: ["ogg": "opus", "raw": "pcm"][ending] ?? ending) else { return nil }
        (path, self.format) = (argument, format)
    }

    static let endings = "wav, mp3, flac, opus, aac or pcm"

    /// Writes the file: all of it, or nothing.
    func write(_ sound: PCM) throws {
        do {
            try Data(try sound.encoded(as: format)).write(to: URL(filePath: path), options: .atomic)
        } catch let error as AudioError {
            throw error
        } catch {
            throw Failure("cannot write \(path): \(error.localizedDescription)")
        }
    }
}
