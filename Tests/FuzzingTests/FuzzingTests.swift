import Foundation
import Fuzzing
import TestSupport
import Testing

/// Some thousand bent files of each format: each is refused or used, none crashes. `make fuzz` reads 200,000 of each
/// under the address sanitizer.
@Suite struct FuzzingTests {
    @Test(arguments: [
        "gguf", "safetensors", "config", "projector", "tokenizer", "template", "torch", "sound", "image", "speech",
        "graph",
    ])
    func bentFilesAreRefusedOrUsed(name: String) throws {
        let targets = try FuzzTarget.all(seeds: repository.appending(path: "Tests/Fuzzing/Seeds"))
        let target = try #require(targets.first { $0.name == name })
        // A voice that speaks, files of sound and pictures take longer than a header.
        let scratch = try ScratchFolder(), count = ["sound", "image", "speech"].contains(name) ? 500 : 3000
        let accepted = target.run(0..<count, seed: 20_261_124, folder: scratch.url)
        // All refused, or none, would mean that the bending misses the format.
        #expect(accepted > count / 100 && accepted < count, "\(accepted) of \(count)")
    }

    @Test func anInputIsTheSameEachTime() throws {
        let mutator = Mutator(seeds: [Array("{\"a\": 12}".utf8), [1, 2, 3]], words: ["null"])
        for index in 0..<200 {
            #expect(mutator.input(index, seed: 7).bytes == mutator.input(index, seed: 7).bytes)
        }
        #expect((0..<200).contains { mutator.input($0, seed: 7).bytes != mutator.input($0, seed: 8).bytes })
    }
}
