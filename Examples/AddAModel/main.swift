import Foundation
import Tutti

let arguments = CommandLine.arguments.dropFirst()
guard let folder = arguments.first else {
    print("usage: AddAModel FOLDER [TOKEN …]")
    exit(2)
}
let families = Registry.families + [Toy.family]
let checkpoint = try Registry.open(folder, families: families)
let pool = ComputePool()
let decoder = try Registry.decoder(checkpoint, pool: pool, families: families)
var options = EngineOptions()
options.isExact = true
let engine = Engine(decoder: decoder, pool: pool, options: options)
let prompt = arguments.dropFirst().compactMap { Token($0) }
let request = GenerationRequest(prompt: prompt, sampling: .greedy, maximumTokens: 16)
for try await event in try engine.generate(request) {
    if case .token(let choice) = event { print(choice.token, terminator: " ") }
}
print()
