import Foundation
import Testing
import TuttiText
import TuttiCheckpoints

/// Templates that would take the machine down with them end in an error, and soon.
@Suite struct TemplateLimitsTests {
    static let hostile: [String] = [
        "{{ 'a' * 10 ** 9 }}",
        "{{ 'a' * 10 ** 30 }}",
        "{{ [1] * 10 ** 9 }}",
        "{{ (1, 2) * 10 ** 18 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%*d' % (2147483647, 1) }}",
        "{{ '%.1000000000f' % 1.5 }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ '{:.1000000000f}'.format(1.5) }}",
        "{{ 'x'.center(10 ** 12) }}",
        "{{ 'x'|center(10 ** 12) }}",
        "{{ 'x'.zfill(10 ** 10) }}",
        "{{ '\\t'.expandtabs(10 ** 10) }}",
        "{{ 'x\\ny'|indent(10 ** 10) }}",
        "{{ [1]|batch(10 ** 10, 0)|list }}",
        "{{ []|slice(10 ** 10)|list }}",
        "{{ range(10 ** 9) }}",
        "{{ range(-2 ** 62, 2 ** 62) }}",
        "{{ 'x'|tojson(indent=10 ** 9) }}",
        "{{ 10 ** 10 ** 10 }}",
        "{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}",
        "{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% set ns = namespace(s='a') %}{% for i in range(100) %}{% set ns.s = ns.s.replace('a', 'aa') %}{% endfor %}",
        "{% set ns = namespace(s='a') %}{% for i in range(100) %}{% set ns.s = ns.s|replace('', 'a') %}{% endfor %}",
        "{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s.join(ns.s) %}{% endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(100) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(100) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(100) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l|tojson }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(100) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l|pprint }}",
        "{% set ns = namespace(a=[1], b=[1]) %}{% for i in range(100) %}{% set ns.a = [ns.a, ns.a] %}{% set ns.b = [ns.b, ns.b] %}"
            + "{% endfor %}{{ ns.a == ns.b }}",
        "{% set ns = namespace(a=[1], b=[1]) %}{% for i in range(100) %}{% set ns.a = [ns.a, ns.a] %}{% set ns.b = [ns.b, ns.b] %}"
            + "{% endfor %}{{ ns.a < ns.b }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(100000) %}{% set ns.l = [ns.l] %}{% endfor %}",
        "{% set ns = namespace(l={}) %}{% for i in range(100000) %}{% set ns.l = {'a': ns.l} %}{% endfor %}",
        "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
        "{% set ns = namespace() %}{% set ns.x = [ns, ns] %}{{ ns }}",
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
        "{% for a in range(100000) %}{{ 'x' * 100000 }}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
        "{% macro m() %}{% call m() %}{{ m() }}{% endcall %}{% endmacro %}{{ m() }}",
        "{% macro m(x=m()) %}{% endmacro %}{{ m() }}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set ns = namespace(g=[1]) %}{% for i in range(100000) %}{% set ns.g = ns.g|map('abs') %}{% endfor %}{{ ns.g|list }}",
        "{% set ns = namespace(g=[1]) %}{% for i in range(100000) %}{% set ns.g = [ns.g]|select %}{% endfor %}",
        "{% set ns = namespace(g=1) %}{% for i in range(100000) %}{% set ns.g = [1]|map('default', ns.g) %}{% endfor %}",
        "{% set ns = namespace(g=1) %}{% for i in range(100000) %}{% set ns.g = [ns.g].index %}{% endfor %}",
        "{% set ns = namespace(g=1) %}{% for i in range(100000) %}{% set ns.g = cycler(ns.g) %}{% endfor %}",
        "{% set ns = namespace(g=1) %}{% for i in range(100000) %}{% set ns.g = joiner(ns.g) %}{% endfor %}",
        "{% set ns = namespace(g=1) %}{% for i in range(100000) %}{% for x in [ns.g] %}{% set ns.g = loop %}{% endfor %}{% endfor %}",
        "{% set s = 'a' * 1000000 %}{% for i in range(100000) %}{{ (s ~ 'b') in s }}{% endfor %}",
        "{% set s = 'a' * 1000000 %}{% for i in range(100000) %}{{ s.find('a' * 500000 ~ 'b') }}{% endfor %}",
        "{% set s = 'a' * 1000000 %}{% for i in range(100000) %}{{ s.count('aab') }}{% endfor %}",
        "{% set s = 'a' * 1000000 %}{% for i in range(100000) %}{{ s|length }}{% endfor %}",
        "{% set s = 'é' * 1000000 %}{% for i in range(100000) %}{{ s[-1] }}{% endfor %}",
        "{% set s = 'a' * 1000000 %}{% for i in range(100000) %}{{ s == s ~ '' }}{% endfor %}",
        "{% set s = '<' * 1000000 %}{{ s|striptags }}{{ ('<a>' * 1000000)|striptags }}",
        "{% set s = 'a-' * 1000000 %}{{ s|wordwrap(1) }}{% for i in range(1000) %}{{ s|wordwrap(10) }}{% endfor %}",
        "{% set s = '-' * 4000000 %}{% for i in range(1000) %}{{ s|wordwrap(7)|length }}{% endfor %}",
        "{% set l = range(100000)|list %}{% for i in range(100000) %}{{ l|sort|first }}{% endfor %}",
        "{% set l = range(100000)|list %}{% for i in l %}{{ -1 in l }}{% endfor %}",
        "{% set l = range(100000)|map('string')|list %}{% for i in l %}{{ l|join|length }}{% endfor %}",
        "{% for i in range(100000) %}{{ range(100000)|list|length }}{% endfor %}",
        "{% for i in range(100000) %}{{ dict(range(100000)|batch(2)) }}{% endfor %}",
        "{{ '{0:{0:{0}}}'.format(1) }}",
        "{{ (" + String(repeating: "'a', ", count: 1000) + ")|join('x' * 1000000) }}",
    ]

    @Test(arguments: hostile) func endsInAnErrorSoon(template: String) throws {
        let parsed = try ChatTemplate(template)
        let clock = ContinuousClock(), start = clock.now
        let error = #expect(throws: TemplateError.self) { _ = try parsed.render([:]) }
        #expect(error?.line == 1)
        // Seconds on a busy machine; without limits these run for hours.
        // Two or three seconds; the allowance is for a busy machine, and without limits these run for hours.
        #expect(clock.now - start < .seconds(60), "\(template.prefix(60))")
    }

    /// Chains that no depth shows, since their links can change: they are taken apart when the rendering ends.
    static let chains: [String] = [
        "{% set ns = namespace(g=1) %}{% for i in range(100000) %}{% set ns.g = namespace(g=ns.g) %}{% endfor %}",
        "{% set ns = namespace(g=1) %}{% for i in range(100000) %}{% set ns.g = [ns.g].nope %}{% endfor %}",
        "{% set ns = namespace(g=1) %}{% for i in range(100000) %}{% set old = ns.g %}{% macro m() %}{{ old }}{% endmacro %}"
            + "{% set ns.g = m %}{% endfor %}",
        "{% set ns = namespace(g=1) %}{% for i in range(100000) %}{% set old = ns.g %}{% for x in [1] recursive %}"
            + "{% set ns.g = loop %}{% endfor %}{% endfor %}",
        "{% set ns = namespace(g=1) %}{% for i in range(100000) %}{% for x in [1] %}{% if loop.changed(ns.g) %}{% endif %}"
            + "{% set ns.g = loop %}{% endfor %}{% endfor %}",
        "{% set ns = namespace() %}{% set ns.x = ns %}{% set ns.y = [ns, ns] %}",
    ]

    @Test(arguments: chains) func longChainsComeApart(template: String) throws {
        #expect(try ChatTemplate(template).render([:]) == "")
    }

    static let deep: [String] = [
        "{{ " + String(repeating: "(", count: 100_000) + "1" + String(repeating: ")", count: 100_000) + " }}",
        "{{ " + String(repeating: "[", count: 100_000),
        "{{ " + String(repeating: "{1:", count: 100_000),
        "{{ " + String(repeating: "not ", count: 100_000) + "1 }}",
        "{{ " + String(repeating: "-", count: 100_001) + "1 }}",
        "{{ " + String(repeating: "- ", count: 100_000) + "1 }}",
        "{{ x" + String(repeating: ".a", count: 100_000) + " }}",
        "{{ x" + String(repeating: "[0]", count: 100_000) + " }}",
        "{{ x" + String(repeating: "()", count: 100_000) + " }}",
        "{{ x" + String(repeating: "|abs", count: 100_000) + " }}",
        "{{ " + String(repeating: "1 if 1 else ", count: 100_000) + "1 }}",
        "{{ " + String(repeating: "1 if 1 ", count: 100_000) + " }}",
        "{{ " + String(repeating: "x[", count: 100_000),
        "{{ " + String(repeating: "x(", count: 100_000),
        String(repeating: "{% if 1 %}", count: 100_000),
        String(repeating: "{% for x in y %}", count: 100_000),
        String(repeating: "{% macro m() %}", count: 100_000),
        "{% for " + String(repeating: "(", count: 100_000) + "x",
        String(repeating: "a", count: 5 << 20),
    ]

    @Test(arguments: deep.indices) func nestingIsRefused(index: Int) {
        #expect(throws: TemplateError.self) { try ChatTemplate(Self.deep[index]) }
    }

    @Test func longRowsAreFine() throws {
        let count = 20_000
        let sum = "{{ " + Array(repeating: "1", count: count).joined(separator: " + ") + " }}"
        #expect(try ChatTemplate(sum).render([:]) == "\(count)")
        let text = "{{ " + Array(repeating: "'a'", count: count).joined(separator: " ~ ") + " }}"
        #expect(try ChatTemplate(text).render([:]).utf8.count == count)
        let branches = "{% if 0 %}" + String(repeating: "{% elif 0 %}", count: count) + "{% else %}x{% endif %}"
        #expect(try ChatTemplate(branches).render([:]) == "x")
        let tests = "{{ " + Array(repeating: "0", count: count).joined(separator: " or ") + " }}"
        #expect(try ChatTemplate(tests).render([:]) == "0")
    }

    @Test func macrosMayCallThemselvesDeeply() throws {
        let template = try ChatTemplate(
            "{% macro m(n) %}{% if n %}{{ n }},{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(100) }}")
        #expect(try template.render([:]).hasPrefix("100,99,98,"))
    }

    /// Threads of servers and of Swift's own pool may have half a megabyte.
    @Test func nestingFitsASmallStack() {
        let levels = 28
        let inner = String(repeating: "(1 + [", count: levels) + "1" + String(repeating: "]|first)", count: levels)
        let blocks = String(repeating: "{% for x in [1] %}{% if x %}", count: 20)
        let source = blocks + "{{ " + inner + " }}" + String(repeating: "{% endif %}{% endfor %}", count: 20)
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            do {
                let template = try ChatTemplate(source)
                #expect(try template.render([:]) == "\(levels + 1)")
            } catch {
                Issue.record(error)
            }
            done.signal()
        }
        thread.stackSize = 512 << 10
        thread.start()
        done.wait()
    }

    @Test func limitsAreTheCallers() throws {
        var template = try ChatTemplate("{% for i in range(1000) %}xxxxxxxxxx{% endfor %}")
        #expect(try template.render([:]).utf8.count == 10_000)
        template.limits.outputByteCount = 9_999
        #expect(throws: TemplateError.self) { try template.render([:]) }
        template.limits = .init(steps: 500)
        let error = #expect(throws: TemplateError.self) { try template.render([:]) }
        #expect(error?.kind == .limit)
    }

    @Test func deepValuesFromOutsideAreRefused() throws {
        var value: JSON = []
        for _ in 0..<1_000 { value = .array([value]) }
        #expect(throws: TemplateError.self) { try ChatTemplate("{{ x }}").render(["x": value]) }
    }

    /// Numbers at the ends of what a word holds, wherever a template may give one.
    @Test(arguments: [
        "'abc'.center(N)", "'abc'.ljust(N)", "'abc'.rjust(N, '*')", "'abc'.zfill(N)", "'a\\tb'.expandtabs(N)",
        "'a b c'.split(' ', N)", "'a b c'.rsplit(' ', N)", "'aaa'.replace('a', 'b', N)", "'abc'.find('b', N)",
        "'abc'.find('b', 0, N)", "'abc'.index('b', N)", "'abc'.count('b', N, N)", "'abc'.startswith('a', N)",
        "'abc'[N]",
        "'abc'[N:]", "'abc'[:N]", "'abc'[::N]", "[1,2,3][N]", "[1,2,3][N:N:N]", "[1,2].index(1, N)", "'abc'|indent(N)",
        "'a b c'|wordwrap(N)", "'abcdef'|truncate(N)", "'abcdef'|truncate(3, true, '', N)", "[1,2,3]|batch(N)|list",
        "[1,2,3]|slice(N)|list", "1.5|round(N)", "'12'|int(0, N)", "range(N)|length", "range(0, N, N)|list",
        "range(N, N)|list", "N + N", "N - N", "N * N", "N // -1", "N % -1", "N ** 2", "-N", "N|abs", "'%Nd' % 1",
        "'x' * N",
        "[1] * N", "'{:N}'.format(1)", "N|filesizeformat", "N|string|length", "'abc'|center(N)", "dict(a=N)|tojson(N)",
        "[1]|tojson(indent=N)", "[3,1]|sum(start=N)", "loop.cycle(N)", "N|float|int", "N in range(N)",
    ])
    func extremeNumbersDoNotTrap(expression: String) {
        for number in [
            "-9223372036854775808", "9223372036854775807", "9223372036854775808", "-1", "0", "1e300", "-1e300",
        ] {
            // It may be refused; what it may not do is end the process.
            let source = "{{ \(expression.replacing("N", with: "(\(number))")) }}"
            let bare = "{{ \(expression.replacing("N", with: number)) }}"
            for text in [source, bare] {
                guard let template = try? ChatTemplate(text) else { continue }
                let rendering = try? template.rendering([:])
                #expect((rendering?.text.utf8.count ?? 0) < 1 << 26)
            }
        }
    }
}
