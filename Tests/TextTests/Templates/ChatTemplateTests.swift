import Foundation
import TestSupport
import Testing
import TuttiText
import TuttiCheckpoints

/// The conversations of templates.json, rendered by Jinja2 and by `transformers`.
@Suite struct ChatTemplateGoldenTests {
    struct Family: Sendable, CustomTestStringConvertible {
        let name: String, template: String, cases: [JSON]
        var testDescription: String { name }
    }

    static let families: [Family] = {
        do {
            let golden = try JSON(parsing: try Data(contentsOf: goldens("TextTests").appending(path: "templates.json")))
            return (golden["families"]?.array ?? []).map {
                Family(
                    name: $0["name"]?.string ?? "", template: $0["template"]?.string ?? "",
                    cases: $0["cases"]?.array ?? [])
            }
        } catch {
            Issue.record(error)
            return []
        }
    }()

    static let now = DateComponents(year: 2025, month: 3, day: 4, hour: 15, minute: 9, second: 26)

    @Test func thereAreAllOfThem() {
        #expect(Self.families.count == 33)
        #expect(Self.families.reduce(0) { $0 + $1.cases.count } == 79)
    }

    @Test(arguments: families) func agreesWithJinja(family: Family) throws {
        for golden in family.cases {
            let name = golden["name"]?.string ?? ""
            var extra: [String: JSON] = [:]
            for (key, value) in golden["inputs"]?.object ?? [:] { extra[key.text] = value }
            do throws(TemplateError) {
                let text = try ChatTemplate(family.template).rendering(messages: [], extra: extra, now: Self.now).text
                #expect(golden["error"] == nil, "\(name) has to fail, and gave \(text)")
                #expect(JSON.string(text) == golden["output"], "\(name)")
            } catch {
                #expect(golden["error"] != nil, "\(name): \(error)")
                #expect(error.line > 0, "\(name): no line in \(error)")
                if error.kind == .raised { #expect(JSON.string(error.message) == golden["error"], "\(name)") }
            }
        }
    }
}
