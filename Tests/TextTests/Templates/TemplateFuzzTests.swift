import Foundation
import TestSupport
import Testing
import TuttiText
import TuttiCheckpoints

/// Thousands of broken templates: each renders or fails with an error, none crashes or hangs.
@Suite struct TemplateFuzzTests {
    /// Steele, Lea and Flood's SplitMix64: the same mutations on every machine.
    struct SplitMix: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
    }

    static let pieces = [
        "{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-%}", "{{-", "-}}", "(", ")", "[", "]", "{", "}", "|", ".", ",",
        ":", "~",
        "'", "\"", "\\", "\n", " ", "-", "+", "*", "**", "//", "%", "==", "<", "=", " if ", " else ", " in ", " is ",
        " not ",
        " and ", " or ", "{% for x in messages %}", "{% endfor %}", "{% if x %}", "{% endif %}", "{% set x = ", "loop",
        "loop.index", "messages", "x", "0", "-1", "1.5", "none", "true", "namespace(", "range(9)", "|tojson", "|list",
        "|sort",
        "|map('upper')", ".split()", "[::-1]", "{% raw %}", "{% endraw %}", "{% macro m(x) %}", "{% endmacro %}", "m(",
        "é",
        "\u{301}", "👋", "\0", "{% break %}", "{% continue %}", " recursive", "{% generation %}", "{% endgeneration %}",
        "9999999999999999999999999999999999999999", "1e999", "'%s' % ", "'{}'.format(",
    ]

    static func mutated(_ source: [UInt8], _ random: inout SplitMix) -> String {
        var bytes = source
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 0...12, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.removeSubrange(place..<end)
            case 1: bytes.insert(contentsOf: Array(pieces.randomElement(using: &random)!.utf8), at: place)
            case 2: bytes.replaceSubrange(place..<end, with: Array(pieces.randomElement(using: &random)!.utf8))
            case 3: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
            default: if place < bytes.count { bytes[place] = UInt8.random(in: 0..<128, using: &random) }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Mutates each template `count` times, renders each, and says how many of all were rendered.
    static func fuzz(_ templates: [(source: String, variables: [String: JSON])], count: Int, seed: UInt64) -> Int {
        var random = SplitMix(state: seed)
        var renderedCount = 0
        for (source, variables) in templates {
            let bytes = Array(source.utf8)
            for _ in 0..<count {
                let text = mutated(bytes, &random)
                do throws(TemplateError) {
                    var template = try ChatTemplate(text)
                    template.limits = .init(steps: 20_000, outputByteCount: 1 << 20, valueByteCount: 8 << 20)
                    _ = try template.render(variables)
                    renderedCount += 1
                } catch {
                    if error.line < 1 || (error.message.isEmpty && error.kind != .raised) {
                        Issue.record("\(error) of \(text.debugDescription)")
                    }
                }
            }
        }
        return renderedCount
    }

    @Test func mutatedChatTemplates() {
        let templates = ChatTemplateGoldenTests.families.map { family in
            var variables: [String: JSON] = ["messages": [], "tools": .null, "add_generation_prompt": true]
            for (key, value) in family.cases.first?["inputs"]?.object ?? [:] { variables[key.text] = value }
            return (source: family.template, variables: variables)
        }
        let rendered = Self.fuzz(templates, count: 60, seed: 1)
        #expect(rendered > 300)  // most break; were none left whole, the evaluator would go untested
    }

    @Test func mutatedSmallTemplates() throws {
        let golden = try JSON(parsing: try Data(contentsOf: goldens("TextTests").appending(path: "jinja.json")))
        var variables: [String: JSON] = [:]
        for (key, value) in golden["variables"]?.object ?? [:] { variables[key.text] = value }
        let templates = (golden["cases"]?.array ?? []).map { (source: $0[0]?.string ?? "", variables: variables) }
        let factor = Int(ProcessInfo.processInfo.environment["FUZZ"] ?? "") ?? 1
        let rendered = Self.fuzz(templates, count: 3 * factor, seed: 2)
        #expect(rendered > 1_000)
    }

    @Test func whateverBytes() {
        var random = SplitMix(state: 3)
        for _ in 0..<5_000 {
            let text = (0..<Int.random(in: 0...30, using: &random)).map { _ in
                Self.pieces.randomElement(using: &random)!
            }.joined()
            do throws(TemplateError) { _ = try ChatTemplate(text).render([:]) } catch { #expect(error.line >= 1) }
        }
    }
}
