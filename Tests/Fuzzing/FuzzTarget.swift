public import Foundation

/// One format: how its files are bent, and what is done with each.
public struct FuzzTarget: Sendable {
    public let name: String
    public let mutator: Mutator
    /// Reads an input as the program would and uses what comes out. It may throw; it may not trap, read outside, or
    /// take long. True where the input was accepted. `origin`: which seed it was made of.
    public let use: @Sendable (_ input: [UInt8], _ origin: Int, _ folder: URL) -> Bool

    /// All formats, with the seeds of the folder `Seeds`.
    /// - Throws: When the seeds are not there.
    public static func all(seeds: URL) throws -> [FuzzTarget] {
        [
            try gguf(seeds.appending(path: "gguf")), try safetensors(seeds.appending(path: "safetensors")),
            try config(
                seeds.appending(path: "config"), models: seeds.appending(path: "../../ModelsTests/Goldens/tiny")),
            try projector(seeds.appending(path: "../../ModelsTests/Goldens/pairs")),
            try tokenizer(seeds.appending(path: "tokenizer")),
            try template(seeds.appending(path: "../../TextTests/Goldens")), try sound(),
            try torch(seeds.appending(path: "../../CheckpointsTests/Goldens/torch")),
            try image(seeds.appending(path: "../../ImagesTests/Goldens/files")),
            try speech(
                graphs: seeds.appending(path: "../../CheckpointsTests/Goldens/graphs"),
                voices: seeds.appending(path: "../../SpeechTests/Goldens/piper")),
            try graph(seeds.appending(path: "../../SpeechTests/Goldens/operators")),
        ]
    }

    /// Runs inputs `range` of stream `seed`; a few of them ought to be accepted, or the seeds no longer fit.
    /// - Parameters:
    ///   - folder: Where files may be written.
    ///   - begin: Called before each input with its index.
    /// - Returns: How many were accepted.
    public func run(
        _ range: Range<Int>, seed: UInt64, folder: URL, begin: (Int) -> Void = { _ in }
    ) -> Int {
        var accepted = 0
        for index in range {
            begin(index)
            let input = mutator.input(index, seed: seed)
            autoreleased { if use(input.bytes, input.origin, folder) { accepted += 1 } }
        }
        return accepted
    }

    private func autoreleased(_ body: () -> Void) {
        #if canImport(ObjectiveC)
            autoreleasepool(invoking: body)
        #else
            body()
        #endif
    }

    /// The files of a folder, in the order of their names.
    static func files(_ folder: URL) throws -> [(name: String, bytes: [UInt8])] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            ($0, [UInt8](try Data(contentsOf: folder.appending(path: $0))))
        }
    }
}
