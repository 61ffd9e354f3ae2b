import Foundation
import Testing
import TuttiText
import TuttiCheckpoints

@Suite struct ChatTemplateAPITests {
    static let chat: JSON = [
        ["role": "user", "content": "Hi"], ["role": "assistant", "content": "Hé!"], ["role": "user", "content": "Bye"],
    ]

    @Test func whatIsNotGivenIsNoneOrFalse() throws {
        let template = try ChatTemplate(
            "{{ tools }} {{ documents }} {{ add_generation_prompt }} {{ bos_token is defined }}")
        #expect(try template.rendering(messages: []).text == "None None False False")
        let given = try template.rendering(messages: [], tools: [1], addGenerationPrompt: true, bosToken: "<s>").text
        #expect(given == "[1] None True True")
        #expect(try template.rendering(messages: [], extra: ["tools": "x"]).text == "x None False False")
        #expect(try template.render([:]) == "   False")
    }

    @Test func theClockIsTheCallers() throws {
        let template = try ChatTemplate("{{ strftime_now('%d %b %Y, %A %H:%M') }}")
        let now = DateComponents(year: 2024, month: 2, day: 29, hour: 6, minute: 7, second: 8)
        #expect(try template.render([:], now: now) == "29 Feb 2024, Thursday 06:07")
        let year = Calendar(identifier: .gregorian).component(.year, from: Date())
        let today = try ChatTemplate("{{ strftime_now('%Y') }}").render([:])
        #expect(["\(year)", "\(year + 1)"].contains(today))
    }

    @Test func generationBlocksReportTheirBytes() throws {
        let template = try ChatTemplate(
            """
            {% for m in messages %}
            {% if m.role == 'assistant' %}
            <a>{% generation %}{{ m.content }}</a>{% endgeneration %}

            {% else %}
            <u>{{ m.content }}</u>
            {% endif %}
            {% endfor %}
            """)
        let rendering = try template.rendering(messages: Self.chat)
        #expect(rendering.text == "<u>Hi</u>\n<a>Hé!</a>\n<u>Bye</u>\n")
        let bytes = Array(rendering.text.utf8)
        #expect(rendering.generationRanges.map { String(decoding: bytes[$0], as: UTF8.self) } == ["Hé!</a>"])
    }

    @Test func raisedMessagesAreTheAuthors() throws {
        let template = try ChatTemplate("\n\n{{ raise_exception('Roles have to take turns.') }}")
        let error = #expect(throws: TemplateError.self) { try template.render([:]) }
        #expect(error?.kind == .raised)
        #expect(error?.message == "Roles have to take turns.")
        #expect(error?.description == "chat template, line 3: Roles have to take turns.")
    }

    @Test func errorsSayWhatIsWrong() throws {
        let missing = #expect(throws: TemplateError.self) { try ChatTemplate("a\n{{ m.a.b }}").render(["m": [:]]) }
        #expect(missing?.description == "chat template, line 2: 'dict object' has no attribute 'a'")
        let syntax = #expect(throws: TemplateError.self) { try ChatTemplate("{% if x %}\n\n{{ x }") }
        #expect(syntax?.kind == .syntax)
        #expect(syntax?.line == 3)
    }

    @Test func oneTemplateRendersOnManyThreads() async throws {
        let template = try ChatTemplate(
            "{% macro m(x) %}{{ x.role }}:{{ x.content }};{% endmacro %}{% for x in messages %}{{ m(x) }}{% endfor %}{{ n }}"
        )
        await withTaskGroup(of: Bool.self) { group in
            for n in 0..<64 {
                group.addTask {
                    let text = try? template.render(["messages": Self.chat, "n": .integer(Int128(n))])
                    return text == "user:Hi;assistant:Hé!;user:Bye;\(n)"
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    /// Composed and decomposed letters are different keys and different strings, as in Python.
    @Test func stringsAreComparedByCodePoints() throws {
        let template = try ChatTemplate(
            "{{ a == b }} {{ d[a] }}{{ d[b] }} {{ a in b }} {{ a|length }}{{ b|length }} {{ a < b }}")
        let variables: [String: JSON] = ["a": "\u{e9}", "b": "e\u{301}", "d": ["\u{e9}": 1, "e\u{301}": 2]]
        #expect(try template.render(variables) == "False 12 False 12 False")
    }

    @Test func largeNumbersStayWhole() throws {
        let json = try JSON(parsing: #"{"x": 12345678901234567890, "y": 1.0, "z": [1e20]}"#)
        let text = try ChatTemplate("{{ v.x }} {{ v.y }} {{ v|tojson }}").render(["v": json])
        #expect(text == #"12345678901234567890 1.0 {"x": 12345678901234567890, "y": 1.0, "z": [1e+20]}"#)
    }
}
