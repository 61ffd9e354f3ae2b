import Foundation
import Tutti

let document = try Document(contentsOf: URL(filePath: CommandLine.arguments[1]))
let model = try await LanguageModel.load("qwen2.5-coder-0.5b")
let parts = try await document.parts(for: model) + [.text(CommandLine.arguments[2])]
for try await delta in try model.answer([Message(.user, parts: parts)], AnswerOptions(sampling: .greedy)) {
    print(delta.text, terminator: "")
}
print()
