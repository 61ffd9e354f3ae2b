import Foundation
import TestSupport
import Testing
import TuttiText

/// Beside the Python library `tokenizers`: committed cases always, and those that `make properties` writes.
@Suite struct TokenizerLibraryTests {
    private static let committed = goldens("TextTests").appending(path: "tokenizers")
    private static let written = ProcessInfo.processInfo.environment["TOKENIZER_CASES"].map { URL(filePath: $0) }
    static let folders =
        TokenizerCases.folders(in: committed)
        + (written.map { TokenizerCases.folders(in: $0) } ?? [])

    @Test(arguments: folders)
    func agrees(folder: URL) throws {
        let cases = try TokenizerCases(folder)
        var differences: [String] = []
        for item in cases.cases {
            if let found = cases.difference(item) { differences.append("\(item.place): \(found)") }
        }
        if Self.written.map({ folder.path.hasPrefix($0.path) }) ?? false {
            print("\(cases.name): \(cases.cases.count) texts, \(differences.count) differences")
        }
        #expect(!cases.cases.isEmpty)
        #expect(differences.isEmpty, "\(differences.count) of \(cases.cases.count): \(differences.prefix(3))")
    }

    @Test func thereAreCases() { #expect(Self.folders.count >= 10) }
}
