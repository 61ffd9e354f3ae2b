import Foundation
import Tutti

let picture = try Picture(contentsOf: URL(filePath: CommandLine.arguments[1]))
let seen = try await SeeingModel.load().look(at: picture)
print(seen.text(budget: 2000))
