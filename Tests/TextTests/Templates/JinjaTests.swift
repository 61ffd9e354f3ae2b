import Foundation
import TestSupport
import Testing
import TuttiText
import TuttiCheckpoints

/// Small cases of the language and of Python's values, with what Jinja2 makes of them.
@Suite struct JinjaTests {
    @Test func agreesWithJinja() throws {
        let path = ProcessInfo.processInfo.environment["JINJA_CASES"]
        let file = path.map { URL(filePath: $0) } ?? goldens("TextTests").appending(path: "jinja.json")
        let golden = try JSON(parsing: try Data(contentsOf: file))
        var variables: [String: JSON] = [:]
        for (key, value) in golden["variables"]?.object ?? [:] { variables[key.text] = value }
        let now = ChatTemplateGoldenTests.now
        let cases = golden["cases"]?.array ?? []
        #expect(cases.count > 1_000)
        var wrong = 0
        for golden in cases {
            let template = golden[0]?.string ?? "", output = golden[1] ?? .null
            do throws(TemplateError) {
                let text = try ChatTemplate(template).render(variables, now: now)
                if JSON.string(text) != output {
                    wrong += 1
                    Issue.record("\(template.debugDescription) gave \(text.debugDescription), not \(output.text())")
                }
            } catch {
                let line = golden[2]?.int ?? -1
                if output != .null || (line > 0 && error.line != line) {
                    wrong += 1
                    Issue.record("\(template.debugDescription): \(error), not \(output.text()) \(line)")
                }
            }
        }
        #expect(wrong == 0, "of \(cases.count)")
    }
}
