import Tutti

var options = LoadOptions()
options.engine.context = 1024
let model = try await LanguageModel.load(
    CommandLine.arguments.dropFirst().first ?? "qwen2.5-coder-0.5b", options: options)

var messages = [Message(.system, "You keep a ship's log. Answer in one short sentence.")]
for day in 1...40 {
    messages.append(Message(.user, "Day \(day): we sailed \(day * 3) miles and saw \(day) whales."))
    messages.append(Message(.assistant, "Noted: day \(day), \(day * 3) miles, \(day) whales."))
}
messages.append(Message(.user, "How many whales did we see on day 40?"))

var request = TurnRequest(messages)
request.sampling = .greedy
request.maximumTokens = 60
let (fitting, budget, fit) = try await model.fitted(request, in: model.budget(for: request), summaryTokens: 80)
print("\(fit.departedCount) turns left the context; \(fit.tokenCount) tokens stay")
print("in their place: \(budget.summary ?? "nothing")")
print(try await model.turn(fitting).answer().message.text)
