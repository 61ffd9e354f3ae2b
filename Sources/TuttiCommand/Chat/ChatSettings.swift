import Foundation
import Tutti

/// What `/set` changes: how the next answers are made.
struct ChatSettings: Sendable {
    var options = AnswerOptions()

    static let names = ChatSetting.allCases.map(\.rawValue)

    /// Changes one setting; `default` brings back where it started.
    /// - Throws: ``ChatSettingError`` for a name that is none or a value out of range; nothing is changed then.
    mutating func set(_ name: String, _ value: String) throws(ChatSettingError) {
        guard let setting = ChatSetting(rawValue: name) else {
            throw .unknown(name, nearest: nearestName(to: name, among: Self.names))
        }
        var changed = options
        if value == "default" {
            setting.copy(from: AnswerOptions(), to: &changed)
        } else {
            try setting.parse(value, into: &changed)
        }
        do {
            try changed.sampling.validate()
            _ = try StopSequences(changed.stops)
        } catch .outOfRange(_, let value, let range) {
            throw .outOfRange(name, value: value.formatted(), range: range)
        } catch {
            throw .refused("\(error)")
        }
        options = changed
    }

    /// A line for each setting, in two columns.
    var list: String {
        ChatSetting.allCases.map { setting in
            let name = setting.rawValue.padding(toLength: 20, withPad: " ", startingAt: 0)
            return "  \(name) \(setting.value(in: options))"
        }.joined(separator: "\n")
    }

    func value(of name: String) throws(ChatSettingError) -> String {
        guard let setting = ChatSetting(rawValue: name) else {
            throw .unknown(name, nearest: nearestName(to: name, among: Self.names))
        }
        return setting.value(in: options)
    }
}

/// What can be wrong with `/set NAME VALUE`.
enum ChatSettingError: Error, CustomStringConvertible {
    case unknown(String, nearest: String?)
    case notA(String, name: String, value: String)
    case outOfRange(String, value: String, range: String)
    case refused(String)

    var description: String {
        switch self {
        case .unknown(let name, let nearest):
            "there is no setting \(name)." + (nearest.map { " Did you mean \($0)?" } ?? "") + " /set lists them."
        case .notA(let kind, let name, let value): "\(name) wants \(kind), and \(value) is none."
        case .outOfRange(let name, let value, let range): "\(name) is \(value), but must be \(range)."
        case .refused(let reason): reason
        }
    }
}

/// One setting, by the name that people type.
enum ChatSetting: String, CaseIterable {
    case temperature
    case topK = "top-k"
    case topP = "top-p"
    case minP = "min-p"
    case typicalP = "typical-p"
    case repetitionPenalty = "repetition-penalty"
    case repetitionWindow = "repetition-window"
    case presencePenalty = "presence-penalty"
    case frequencyPenalty = "frequency-penalty"
    case dryMultiplier = "dry-multiplier"
    case seed
    case maximumTokens = "max-tokens"
    case stop

    private enum Place {
        case number(WritableKeyPath<AnswerOptions, Double>)
        case count(WritableKeyPath<AnswerOptions, Int>)
        /// A count that may be absent, and the word for that.
        case optionalCount(WritableKeyPath<AnswerOptions, Int?>, absent: String)
        case seed
        case stops
    }

    private var place: Place {
        switch self {
        case .temperature: .number(\.sampling.temperature)
        case .topK: .count(\.sampling.topK)
        case .topP: .number(\.sampling.topP)
        case .minP: .number(\.sampling.minP)
        case .typicalP: .number(\.sampling.typicalP)
        case .repetitionPenalty: .number(\.sampling.repetitionPenalty)
        case .repetitionWindow: .optionalCount(\.sampling.repetitionWindow, absent: "all")
        case .presencePenalty: .number(\.sampling.presencePenalty)
        case .frequencyPenalty: .number(\.sampling.frequencyPenalty)
        case .dryMultiplier: .number(\.sampling.dry.multiplier)
        case .seed: .seed
        case .maximumTokens: .optionalCount(\.maximumTokens, absent: "none")
        case .stop: .stops
        }
    }

    func parse(_ value: String, into options: inout AnswerOptions) throws(ChatSettingError) {
        switch place {
        case .number(let path):
            guard let number = Double(value) else { throw .notA("a number", name: rawValue, value: value) }
            options[keyPath: path] = number
        case .count(let path):
            guard let count = Int(value) else { throw .notA("a whole number", name: rawValue, value: value) }
            options[keyPath: path] = count
        case .optionalCount(let path, let absent):
            if value == absent {
                options[keyPath: path] = nil
                return
            }
            guard let count = Int(value) else {
                throw .notA("a whole number or \"\(absent)\"", name: rawValue, value: value)
            }
            if self == .maximumTokens, count < 1 { throw .outOfRange(rawValue, value: value, range: "1 or more") }
            options[keyPath: path] = count
        case .seed:
            if value == "random" {
                options.sampling.seed = nil
                return
            }
            guard let seed = UInt64(value) else {
                throw .notA("a whole number from 0 or \"random\"", name: rawValue, value: value)
            }
            options.sampling.seed = seed
        case .stops:
            if value.hasPrefix("["), let list = try? JSONDecoder().decode([String].self, from: Data(value.utf8)) {
                options.stops = list
            } else {
                options.stops = [value.replacing("\\n", with: "\n").replacing("\\t", with: "\t")]
            }
        }
    }

    func copy(from source: AnswerOptions, to options: inout AnswerOptions) {
        switch place {
        case .number(let path): options[keyPath: path] = source[keyPath: path]
        case .count(let path): options[keyPath: path] = source[keyPath: path]
        case .optionalCount(let path, _): options[keyPath: path] = source[keyPath: path]
        case .seed: options.sampling.seed = source.sampling.seed
        case .stops: options.stops = source.stops
        }
    }

    func value(in options: AnswerOptions) -> String {
        switch place {
        case .number(let path): "\(options[keyPath: path])"
        case .count(let path): "\(options[keyPath: path])"
        case .optionalCount(let path, let absent): options[keyPath: path].map { "\($0)" } ?? absent
        case .seed: options.sampling.seed.map { "\($0)" } ?? "random"
        case .stops: options.stops.isEmpty ? "none" : options.stops.map(\.debugDescription).joined(separator: ", ")
        }
    }
}
