import Tutti

let model = try await LanguageModel.load(CommandLine.arguments.dropFirst().first ?? "smollm2-135m")
let options = AnswerOptions(maximumTokens: 200)
let chat = Chat(model, system: "You answer in one sentence.")
print("you> ", terminator: "")
while let line = readLine() {
    for try await delta in try chat.send(line, options) { print(delta.text, terminator: "") }
    print("\nyou> ", terminator: "")
}
