import Tutti

let prices: [String: Double] = ["apples": 1.2, "pears": 1.5, "plums": 2.4]
let price = Tool(
    name: "get_price", description: "The price of a kilogram of a fruit, in euros.",
    parameters: [
        "type": "object",
        "properties": ["fruit": ["type": "string", "enum": ["apples", "pears", "plums"]]],
        "required": ["fruit"], "additionalProperties": false,
    ]
) { arguments in
    "\(prices[arguments["fruit"]?.string ?? ""] ?? 0) euros"
}

let model = try await LanguageModel.load(CommandLine.arguments.dropFirst().first ?? "qwen2.5-coder-0.5b")
let chat = Chat(model)
while let line = readLine() {
    try await printEvents(model, line, [price.definition])
    let options = AnswerOptions(sampling: .greedy, maximumTokens: 100)
    print(try await chat.send(line, using: [price], maximumRounds: 4, options))
}
