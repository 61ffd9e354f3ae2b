import Foundation
import Testing
import TuttiTerminal

@Suite struct HistoryTests {
    @Test func isBoundedAndHasNoBlanksOrRepeats() {
        var history = History(["a", "b", "c"], limit: 2)
        #expect(history.entries == ["b", "c"])
        let noted = ["c", " \n", "d"].map { history.append($0) }
        #expect(noted == [false, false, true])
        #expect(history.entries == ["c", "d"])
    }
}

@Suite struct HistoryFileTests {
    private func withFile(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tutti-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.appending(path: "deeper/history"))
    }

    @Test func givesBackWhatWasWritten() throws {
        try withFile { url in
            let entries = ["one", "two\nlines", #"back\slash \n"#, "日本 👋"]
            #expect(HistoryFile(url).load().isEmpty)
            for entry in entries { try HistoryFile(url).append(entry) }
            #expect(HistoryFile(url).load() == entries)
            let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test func isCutWhenItHasGrown() throws {
        try withFile { url in
            let file = HistoryFile(url, limit: 3)
            for number in 1...7 { try file.append("entry \(number)") }
            #expect(file.load() == ["entry 5", "entry 6", "entry 7"])
            #expect(try String(contentsOf: url, encoding: .utf8) == "entry 5\nentry 6\nentry 7\n")
            let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test func aDamagedFileIsNoHarm() throws {
        try withFile { url in
            try HistoryFile(url).append("one")
            try Data([0xFF, 0xFE, 0x0A, 0x5C, 0x0A, 0x61]).write(to: url)
            #expect(HistoryFile(url).load().last == "a")
        }
    }

    @Test func hugeEntriesAreNotKept() throws {
        try withFile { url in
            try HistoryFile(url).append(String(repeating: "x", count: 1 << 20))
            #expect(HistoryFile(url).load().isEmpty)
        }
    }
}
