import Foundation
import Tutti
import TuttiTerminal

/// What a line beginning with `/` asks for.
enum SlashCommand: String, CaseIterable {
    case help, system, clear, regenerate, save, load, set, stats, exit

    /// What the command takes.
    var usage: String {
        switch self {
        case .system: "/system [TEXT]"
        case .save, .load: "/\(rawValue) FILE"
        case .set: "/set [NAME [VALUE]]"
        default: "/\(rawValue)"
        }
    }

    var summary: String {
        switch self {
        case .help: "shows this"
        case .system: "sets the system prompt, or shows it"
        case .clear: "forgets what was said; the system prompt stays"
        case .regenerate: "takes the last answer back and gives another"
        case .save: "writes the conversation to a file, as JSON"
        case .load: "goes on with a conversation from a file"
        case .set: "changes how answers are made, or shows it; VALUE may be `default`"
        case .stats: "shows what the last answer cost, and how full the context is"
        case .exit: "leaves, as Ctrl-D does"
        }
    }

    static let overview: String = {
        let commands = allCases.map { command in
            "  \(command.usage.padding(toLength: 20, withPad: " ", startingAt: 0)) \(command.summary)"
        }
        return commands.joined(separator: "\n") + "\n"
            + "  //TEXT               says TEXT with one / before it\n"
            + "Enter sends. Alt-Enter, Ctrl-J or \\ before Enter begins another line. Up, Down and Ctrl-R find what was\n"
            + "sent before. Tab completes commands and file names. Ctrl-C stops an answer, or leaves when pressed twice."
    }()
}

/// A line of the user: something to say, or a command and what follows it.
enum ChatLine {
    case text(String)
    case command(SlashCommand, rest: String)
    case unknown(String, nearest: String?)

    init(_ line: String) {
        guard line.hasPrefix("/") else {
            self = .text(line)
            return
        }
        if line.hasPrefix("//") {
            self = .text(String(line.dropFirst()))
            return
        }
        let name = line.dropFirst().prefix { !$0.isWhitespace }
        let rest = line.dropFirst(1 + name.count).trimmingCharacters(in: .whitespacesAndNewlines)
        if let command = SlashCommand(rawValue: name.lowercased()) {
            self = .command(command, rest: rest)
        } else {
            let names = SlashCommand.allCases.map(\.rawValue)
            self = .unknown("/\(name)", nearest: name == "quit" ? "exit" : nearestName(to: String(name), among: names))
        }
    }
}

/// What Tab offers: commands, the names of settings, files.
enum ChatCompletion {
    static func complete(_ before: String) -> Completion? {
        guard before.hasPrefix("/"), !before.hasPrefix("//") else { return nil }
        guard let space = before.firstIndex(of: " ") else {
            let names = SlashCommand.allCases.map { "/\($0.rawValue)" }
            return candidates(names, for: before, ending: " ")
        }
        let rest = String(before[before.index(after: space)...])
        switch SlashCommand(rawValue: String(before[..<space].dropFirst())) {
        case .set where !rest.contains(" "): return candidates(ChatSettings.names, for: rest, ending: " ")
        case .save, .load: return files(rest)
        default: return nil
        }
    }

    private static func candidates(_ all: [String], for start: String, ending: String) -> Completion {
        let found = all.filter { $0.hasPrefix(start) }
        return Completion(replacedCount: start.count, candidates: found.count == 1 ? [found[0] + ending] : found)
    }

    private static func files(_ path: String) -> Completion {
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        let folder = String(path.dropLast(name.count))
        let place = folder.isEmpty ? "." : expanded(folder)
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
        let found = entries.filter { $0.hasPrefix(name) && (!$0.hasPrefix(".") || name.hasPrefix(".")) }.sorted()
            .prefix(100).map { entry in
                var isFolder: ObjCBool = false
                _ = unsafe FileManager.default.fileExists(atPath: place + "/" + entry, isDirectory: &isFolder)
                return isFolder.boolValue ? entry + "/" : entry
            }
        return Completion(replacedCount: name.count, candidates: Array(found))
    }

    /// A path with `~` resolved.
    static func expanded(_ path: String) -> String { (path as NSString).expandingTildeInPath }
}
