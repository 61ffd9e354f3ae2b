"""Small cases of the template language: make_jinja.py OUT.json [SHARE]

What Jinja2 (3.1.6, Python 3.11) makes of them in the environment that make_templates.py describes: expressions with every
operator, filter, test and string method on values of every kind, format strings, blanks around tags, scopes, macros, and
what fails, with its line. A case is [template, output], or [template, null, line] where rendering fails (line 0: not
compared). Of the products of many values with many operations one in SHARE is kept (committed: 9). Left out: what prints an address, and integers beyond 128 bits, which Tutti refuses.
"""
import copy
import itertools
import json
import re
import sys
import traceback
import zlib

import jinja2

from make_templates import environment

VARIABLES = {
    "s": "Hello, World", "u": "añ👋 ßΣ", "blank": "  a b\t\n", "lines": "one\ntwo\r\n\nthree\n", "empty": "", "n": 7,
    "neg": -3, "f": 2.5, "big": 12345678901234567890, "t": True, "nothing": None, "l": [3, 1, 2], "words": ["b", "A", "c"],
    "d": {"b": 1, "a": {"c": [1, 2]}, "É": "x"}, "nested": [[1, 2], [3]], "html": "<a href='x'>T&amp;C</a> \"q\"",
    "people": [{"name": "Ann", "age": 31, "town": {"name": "Ulm"}}, {"name": "bo", "age": 25}, {"name": "Cy", "age": 31}],
    "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho", "tool_calls": []}],
    "tools": None, "items": ["x"], "decomposed": "e\u0301", "composed": "\u00e9", "long": "word " * 30,
}
VALUES = ["s", "u", "blank", "empty", "n", "neg", "f", "big", "t", "nothing", "l", "words", "d", "missing", "(1, 'a')", "range(4)",
          "d.items()", "html|e", "[]", "{}", "0", "1e16", "namespace(a=1)"]
BINARY = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"]
OPERANDS = ["'ab'", "'a'", "3", "-2", "0", "2.5", "true", "none", "[1, 2]", "(1, 2)", "{'a': 1}", "missing", "range(3)", "('<'|e)"]
FILTERS = ["abs", "attr('upper')", "attr('a')", "batch(2)|list", "batch(2, 'x')|list", "capitalize", "center(15)", "count", "d('x')",
           "default('x', true)", "dictsort", "dictsort(true)", "dictsort(by='value')", "e", "escape", "filesizeformat", "first",
           "float", "float(1.5)", "forceescape", "format(1)", "indent", "indent(2, true)", "indent('> ', blank=true)", "int", "int(5)",
           "items|list", "join", "join(', ')", "last", "length", "list", "lower", "map('string')|list", "max", "min", "pprint",
           "reject('odd')|list", "replace('a', 'o')", "replace('l', '', 1)", "reverse|list", "round", "round(1)", "round(1, 'ceil')",
           "round(-1)", "safe", "select|list", "select('string')|list", "slice(2)|list", "slice(2, 0)|list", "sort",
           "sort(reverse=true)", "sort(case_sensitive=true)", "string", "striptags", "sum", "title", "tojson", "tojson(indent=2)",
           "trim", "trim('H ')", "truncate(5)", "truncate(8, true)", "unique|list", "upper", "urlencode", "wordcount",
           "wordwrap(6)", "xmlattr", "groupby('a')", "map(attribute='name')|list", "nofilter"]
TESTS = ["boolean", "callable", "defined", "divisibleby 2", "eq 7", "escaped", "even", "false", "filter", "float", "ge 3", "gt 3",
         "in [7, none]", "integer", "iterable", "le 3", "lower", "lt 3", "mapping", "ne 7", "none", "number", "odd", "sameas none",
         "sequence", "string", "test", "true", "undefined", "upper", "notest"]
METHODS = ["strip()", "strip('Ha')", "lstrip()", "rstrip()", "split()", "split(' ', 1)", "split(none, 1)", "rsplit(none, 1)",
           "rsplit('l', 1)", "splitlines()", "splitlines(true)", "startswith('He')", "startswith(('x', 'He'))", "endswith('ld')",
           "endswith('ld', 0, 4)", "find('o')", "find('o', 5)", "find('')", "rfind('o')", "rfind('')", "index('W')", "rindex('l')",
           "count('l')", "count('')", "count('l', 3, -1)", "replace('l', 'L')", "replace('', '.')", "replace('', '.', 2)", "upper()",
           "lower()", "title()", "capitalize()", "swapcase()", "casefold()", "partition(' ')", "rpartition(' ')", "partition('?')",
           "rpartition('?')", "zfill(15)", "center(15)", "center(16, '*')", "ljust(14, '.')", "rjust(14)", "removeprefix('Hel')",
           "removesuffix('ld')", "expandtabs(4)", "isdigit()", "isdecimal()", "isnumeric()", "isalpha()", "isalnum()", "isspace()",
           "isupper()", "islower()", "istitle()", "isascii()", "isidentifier()", "isprintable()", "join(['a', 'b'])", "join('xy')",
           "format(1)", "append(1)", "nomethod()", "upper", "__class__", "encode", "split('')", "center()", "split(1)"]
SUBJECTS = ["s", "u", "blank", "empty", "'123'", "'ABC'", "'it\\'s'", "'x y  z'"]
SLICES = ["[0]", "[-1]", "[99]", "[1:]", "[:2]", "[:-1]", "[-2:]", "[::2]", "[::-1]", "[5:1:-2]", "[1:1]", "[-99:99]", "['a']", "[none:2]",
          "[true]", "[1.0]", "[::0]", "['x':]", "[-1::-3]", ".0", "[missing:]"]
SEQUENCES = ["s", "u", "l", "(1, 2, n)", "range(n)", "d", "missing", "range(10, 0, -3)", "nothing", "n", "html|e"]  # constants are folded
PERCENT = ["%s", "%d", "%5d|", "%-5d|", "%05d", "%+d", "% d", "%x", "%#x", "%X", "%o", "%e", "%.2f", "%08.3f", "%g", "%G", "%c", "%r", "%10s|",
           "%-10s|", "%.2s", "%5.1f|", "%i", "%.3d", "%%", "%a", "%q", "%", "%*d"]
PERCENT_VALUES = ["5", "-7", "3.14159", "'añ'", "none", "true", "1e20", "[1]", "(1,)", "()", "('a', 'b')", "{'k': 1}", "missing", "300"]
SPECS = ["", ">8", "<8", "^8", "*^8", "08", "+", " ", ",", "_", ".2f", "8.3e", "g", "%", "x", "#x", "b", "#o", "X", "c", "d", "n", ".3", ".2s",
         "=+8d", "s", "10.4", ",.2f", "q", "<", "0>5", ".0f", "e", "G"]
SPEC_VALUES = ["5", "-1234567", "3.14159", "'añb'", "none", "true", "1e20", "100.0", "0.00001", "[1]", "65"]

EXPRESSIONS = """
1 + 2 * 3 - 4 / 2|2 ** 3 ** 2|-2 ** 2|- 2 ** -1|2 ** -1|7 // -2|-7 // 2|-7 % 3|7 % -3|7.5 // 2|-7.5 // 2|-7.5 % 2|7.5 % -2|1e308 * 10
0.1 + 0.2|1e16|1e15|123456789.123|1e-4|1e-5|1.5e-7|1e22|1e21 + 1|-0.0|2.0 ** 0.5|1 / 3|10 / 2|1e3|1_000|0x1F|0b101|0o17|1.5e3|.5|5.|007
1 if true else 2|1 if false|1 if false else 2 if false else 3|(1 if false) is defined|1 < 2 < 3|1 < 3 < 2|1 == 1 == 1|not 1 == 2|not not 1
1 in [1] == true|'a' in 'abc' and 'x' not in 'abc'|1 ~ 2 + 3|1 + 2 ~ 3|'a' 'b' ~ 'c'|[1, 2,]|{'a': 1,}|(1,)|()|(1)|{1: 'a', 'b': 2, none: 3, 1.5: 4, true: 5}
{'a': 1}['a']|{'a': 1}.a|{'a': 1}.b|{'a': 1}['b']|{'items': 1}.items is callable|{'items': 1}['items']|d.items is callable|d['keys'] is callable|d.É
[1, [2, 'x', none, true, 1.0]]|{'k': (1,), 'j': {}}|['it\\'s', "q\\"", 'both\\'"', '\\n\\t\\\\', '\\x00\\x7f\\u200b\\u00e9']|'\\u00e9' == 'e\\u0301'|composed == decomposed
{composed: 1, decomposed: 2}|{composed: 1}[decomposed] is defined|composed|length|decomposed|length|decomposed in decomposed|composed in decomposed|'e' in decomposed
u|length|u[2]|u[::-1]|u|upper|u|lower|u|title|u.title()|u|capitalize|'ΑΣ ΑΣΑ Σ'.lower()|'ß'.upper()|'ǆ'.title()|'ﬁ'.upper()|'İ'.lower()|length
messages[0].role|messages[0]['role']|messages[-1].content|messages[5]|messages[5] is defined|messages[5].role|messages.role|messages.role is defined|messages[0].role.upper()
messages|map(attribute='role')|list|messages|selectattr('role', 'equalto', 'user')|list|length|messages|rejectattr('tool_calls', 'defined')|map(attribute='content')|join
people|map(attribute='town.name')|list|people|map(attribute='town.name', default='-')|list|people|sum(attribute='age')|people|sort(attribute='age,name')|map(attribute='name')|list
people|sort(attribute='name')|map(attribute='name')|join(' ')|people|groupby('age')|length|people|groupby('town.name', default='?')|list|people|max(attribute='age')
people|min(attribute='name')|people|join('-', attribute='name')|people|unique(attribute='age')|map(attribute='name')|list|people|groupby('age')|map('first')|list
(people|groupby('age'))[0].grouper|(people|groupby('age'))[0].list|length|people|map('length')|list|people|selectattr('age', '>', 30)|map(attribute='name')|list
words|sort|words|sort(reverse=true)|words|map('upper')|join|words|map('replace', 'b', 'x')|list|words|select('in', ['A'])|list|words|unique|first|l|sort|first
l|map('string')|sort|join|[1, 'a']|sort|[none]|sort|[[2, 1], [1, 2]]|sort|[(2, 'a'), (1, 'b')]|max|['b', 'B', 'a']|unique|list|['b', 'B']|unique(true)|list
l|first + l|last|l|length > 2|l|select('>', 1)|list|l|reject('==', 1)|list|l|map('abs')|length|l|map|list|l|map('nofilter')|list|l|select('notest')|list|l|map(attribute='x')|list
dict(a=1, b=2)|dict({'a': 1}, b=2)|dict([['a', 1]])|dict([('a', 1), ('b', 2)])|dict()|dict(1)|namespace(a=1).a|namespace({'x': 2}).x|namespace()|namespace(a=[1])
range(3)|range(1, 4)|range(4, 1, -1)|range(3)|list|range(0)|list|range(5)[1:3]|range(5)[-1]|range(100001)|range(1, 2, 0)|range('a')|range()|3 in range(5)|2.0 in range(5)|range(3) == range(0, 3, 1)
cycler('a', 'b')|length|cycler('a').next()|cycler().next()|joiner('x')()|joiner() is callable|loop is defined|range is callable
'%s-%s' % ('a', 1)|'%s' % none|'%s' % 'x'|'%d%%' % 5|'%(a)s' % {'a': 1}|'%(b)s' % {'a': 1}|'%s %s' % 'a'|'a' % 1|'a' % {}|'%s' % (1, 2)|'%s' % [1, 2]|'%5.2f|' % 3.14159|'%s' % {'a': 1}
'{} {}'.format(1, 'b')|'{1} {0}'.format(1, 2)|'{a.b} {c[0]} {d[k]}'.format(a=namespace(b=1), c=[2], d={'k': 3})|'{!r} {!s}'.format('x', 'y')|'{:>{w}}'.format('x', w=4)
'{{}}'.format()|'{'.format()|'}'.format()|'{} {0}'.format(1)|'{a}'.format()|'{}'.format()|'{0.__class__}'.format(1)|'{:,}'.format(1234567)|'{:.1%}'.format(0.256)|'{:e}'.format(12345.678)
'a'.upper|'a'.upper is callable|''.__class__ is defined|''.__class__.x|d.__class__|d.get('b')|d.get('z')|d.get('z', 9)|d.get()|d.keys()|list|d.values()|list|d.items()|d.keys()|d.values()
d.pop('a')|d.update({})|l.append(1)|l.sort()|l.index(1)|l.index(9)|l.count(3)|(1, 2, 1).count(1)|(1, 2).index(2)|l.copy()|d.copy()|l.append is defined|l.append|d.clear is defined
missing|missing.x|missing['x']|missing()|missing + 1|1 + missing|missing ~ 'x'|-missing|missing|length|missing|list|missing|first|missing|join|missing == none|missing == missing2|missing in [1]
missing|int|missing|float|missing|abs|missing|round|missing|upper|missing|string|missing|tojson|missing < 1|missing and 1|missing or 1|not missing|missing is none|[missing]|missing|trim|missing.x is defined
none|string|none.x|none.x is defined|none['x']|none + 1|none|length|none|list|none|join|none|upper|none|int|none|float|none == none|none < 1|none in [none]|none|default('x')|none|d('x', true)|none|first
tools is none|tools|tools is defined|not tools|tools|length|tools|tojson|true + true|true|int|true|string|true ~ 1|-true|true == 1|true is number|true is integer|1 is boolean|true|tojson|[true, false]|sum
'42'|int|'42.9'|int|' 42 '|int|'4_2'|int|'0x1f'|int|'0x1f'|int(base=16)|'1f'|int(base=16)|'z'|int|'z'|int(3)|'101'|int(base=2)|'0b11'|int(base=0)|1e3|int|-2.7|int|'1e3'|int|'inf'|int|'nan'|float
'3.5'|float|'.5'|float|'5.'|float|'1e5'|float|'x'|float|' 1.5 '|float|'1_0.5'|float|'infinity'|float|'-inf'|float|'0x10'|float|'1__0'|float|'.'|float|''|float|'+1.5'|float|'١٢'|int
2.5|round|3.5|round|-2.5|round|2.675|round(2)|1e20|round|1234|round(-2)|1250|round(-2)|1350|round(-2)|12.5|round(-1)|2.4|round(method='ceil')|2.6|round(0, 'floor')|2|round|5|round(2)|'x'|round|2.5|round(method='x')
123|tojson|1.0|tojson|1e100|tojson|'é\\n"'|tojson|'</script>'|tojson|[1, 'a', none, true]|tojson|{'a': {'b': [1]}}|tojson(indent=2)|{'b': 1, 'a': 2}|tojson(sort_keys=true)|[]|tojson(indent=2)|{}|tojson(indent=2)
[[], {}]|tojson(indent=1)|(1, 2)|tojson|{1: 2, none: 3, true: 4, 1.5: 5}|tojson|{(1,): 2}|tojson|range(3)|tojson|l|map('abs')|tojson|d.items()|tojson|namespace()|tojson|'é'|tojson(ensure_ascii=true)|'é👋'|tojson(true)
[1, 2]|tojson(separators=(',', ':'))|[1]|tojson(indent='--')|[1, [2]]|tojson(indent=0)|'\\u2028\\x7f\\x1f'|tojson|tools|tojson(indent=none)|{'a': 1}|tojson(bad=1)|big|tojson|-0.0|tojson|1e16|tojson|0.1|tojson
'a<b'|e|'a<b'|e|e|'a<b'|safe|e|('<'|safe) + '<'|'<' + ('<'|safe)|('<'|safe) ~ '<'|'<%s>'|safe|format('<')|'<{}>'|safe|('%s'|safe) % '<'|('<{}>'|safe).format('<')|('a'|safe).upper()|('a'|safe) is escaped
['<', '<'|safe]|join('>')|('<'|safe)|string is escaped|('a,b'|safe).split(',')|('-'|safe).join(['<', 'b'])|('ab'|safe).replace('a', '<')|('x'|e) == 'x'|{('x'|e): 1}['x']|('<'|e)|length|('<'|e)|upper|('<a>'|e)|striptags
'<p>Hi <!-- c --> <b>you</b></p>'|striptags|'a &lt; b &#39; &#x41;'|striptags|'<unclosed'|striptags|'a  b'|striptags|'a b&c/d?é'|urlencode|{'a b': 'c&d', 'x': 1}|urlencode|[('a', 'b/c')]|urlencode|5|urlencode
'one two-three  four'|wordcount|"it's"|wordcount|'hello-world (foo) [bar] <baz> {qux}'|title|"they're bill's"|title|"they're bill's".title()|'HELLO wORLD'|capitalize|'a1b c2D'.title()
long|truncate|long|truncate(20)|long|truncate(20, true)|long|truncate(20, false, '…')|long|truncate(148, leeway=0)|'abc'|truncate(1)|'abcdefgh'|truncate(3)|'abcdefghijkl'|truncate(3)|'foo bar baz'|truncate(9)|long|truncate(10, leeway=200)
'the quick brown-fox jumps'|wordwrap(8)|'averyveryverylongword x'|wordwrap(5)|'averylongword x'|wordwrap(5, false)|'a-b-c ab-cd--ef gh'|wordwrap(4)|'a b\\nc d'|wordwrap(20)|long|wordwrap(30)|long|wordwrap(30, wrapstring='|')|'co-operate well-known'|wordwrap(6, break_on_hyphens=false)
'a\\nb\\n\\nc'|indent|'a\\nb'|indent(first=true)|'a\\n\\nb'|indent(2, blank=true)|'a\\nb'|indent('>>')|''|indent|'a\\n'|indent|'a\\r\\nb'|indent|5|indent|lines|indent(1)
1|filesizeformat|999|filesizeformat|1000|filesizeformat|1500000|filesizeformat|1024|filesizeformat(true)|5e30|filesizeformat|'3000'|filesizeformat|0.5|filesizeformat
{'a': 1, 'b': none, 'c': '<'}|xmlattr|{'a b': 1}|xmlattr|{}|xmlattr|{'a': missing}|xmlattr|{'x': 1}|xmlattr(false)|[1, 2, 3, 4, 5]|batch(2)|list|[1, 2, 3, 4, 5]|slice(2)|list|[1, 2]|slice(3)|list|[]|batch(2)|list|'abc'|batch(2)|list
l|batch(0)|list|l|slice(0)|list|l|batch(5, 0)|list|[3, 1]|min|['b', 'A']|min|['b', 'A']|min(true)|[]|min|[]|max|[1, 'a']|max|'hello'|max|[1.5, 1]|max|[true, 2]|max|d|max|d|first|d|last|d|list|d|length|d|join|d|sort|d|reverse|list|d|dictsort
'abc'|reverse|[1, 2]|reverse|list|(1, 2)|reverse|list|5|reverse|[]|first is defined|''|first|'abc'|first|'abc'|last|range(5)|last|l|map('abs')|last|l|map('abs')|first|l|select|length|l|map('abs')|length|{'b': 1}|items|list|5|items|list
[1, 2] + [3]|[1] + (2,)|(1,) + (2,)|[0] * 3|3 * [0]|'ab' * 2|2 * 'ab'|'ab' * -1|'a' + 1|1 + 'a'|[1] - [1]|{} + {}|'a' - 'a'|1 // 0|1 % 0|1 / 0|1.0 // 0|0 ** -1|2 ** 100|2 ** 0.5|9223372036854775807 + 1|-9223372036854775808 - 1|-(-9223372036854775808)
[1, 2] == [1, 2.0]|[1] == (1,)|{'a': 1, 'b': 2} == {'b': 2, 'a': 1}|1 == '1'|'a' == 'a'|none == 0|[] == []|1 != 1.0|true == 1.0|'a' < 'B'|'a' < 1|[1, 2] < [1, 3]|[1] < [1, 0]|[] < [1]|(1, 2) > (1,)|{} < {}|'é' > 'z'|1 < 1.5|none < none
'x' is in ['x']|'x' is in 'xyz'|1 is in [1.0]|[1] in [[1]]|'a' in {'a': 1}|[] in {}|1 in 'a'|1 in 1|1 in none|'' in ''|none in missing|(1, 2) in [(1, 2)]|'a' is not in ['b']
5 is divisibleby 5|5 is divisibleby(2)|5 is divisibleby 0|'a' is odd|2.0 is even|3.5 is odd|-3 is odd|'a' is sameas 'a'|l is sameas l|none is sameas none|1 is sameas 1.0|1 is eq(1)|1 is ==|5 is lessthan 6|5 is greaterthan 6|1 is eq|'x' is string(1)|1 is odd is odd
5 is not even and 3 is odd|1 is none or 2|not 1 is none|1 is defined and missing is not defined|'UPPER' is upper|'a1' is lower|'1' is lower|5 is upper|'' is upper|'abs' is filter|'x' is filter|5 is filter|'eq' is test|'==' is test
s.split(', ')[1]|s.split(', ')|last|s[0]|s[-1:]|s[:5].upper()|s.upper().lower()|s|upper|lower|(s|upper)[0]|s.replace('l', 'L', 1)|s|replace('o', '0')|5|replace('5', '6')|s.nope|s.nope is defined|s['upper'] is callable|s['upper']()|(s ~ '!')|length
[1,2][0]|[[1,2],[3]][0][1]|{'a': [1, {'b': 2}]}.a[1].b|(1, 2)[0]|'abc'[1]|5[0]|5[0] is defined|none[0]|[1][true]|[1]['0']|[1].0|[1, 2][-2]|[1, 2][-3] is defined|{1: 'x'}[1.0]|{1: 'x'}[true]|{true: 'x'}[1]|{'1': 'x'}[1] is defined|{'a': 1}[[]] is defined|{[]: 1}
dict(**{'a': 1})|dict(*[[('a', 1)]])|range(*[1, 3])|list|range(*5)|dict(**5)|dict(**{1: 2})|dict(a=1, a=2)|'{}{}'.format(*['a', 'b'])|'{x}'.format(**{'x': 1})|s.split(sep=', ')|s.split(', ', maxsplit=1)
true|false|True|None|none|not|and|if|1 2|1 +|+|(1|[1|{'a'}|{'a' 1}|'abc|a..b|a.|a[|a[]|a[1|a|filter|a||b|a|b(|f(a=1, 2)|f(*a, *b)|f(**a, *b)|f(,)|f(1,)|1 = 1|a = b|@|$|`x`|a ? b|{{ 1 }}|%}|a;b|\\|é1 is defined|٣
1.5.real|(1).real|5|string|length|1.0 is float|1 is float|(5).imag|f.is_integer()|s is sequence|range(3) is sequence|l|map('abs') is sequence|d.keys() is sequence|l|map('abs') is iterable|joiner() is callable|namespace() is mapping|namespace(a=1)['a']|namespace(a=1).b is defined
'a' if missing else 'b'|'a' if missing is defined else 'b'|(missing or 'x')|upper|missing|default(d.b)|missing|default(missing2)|default('z')|d.a.c[1]|d.a.x.y|d.a.x is defined|d.a.x.y is defined|d.b.c is defined|d['a']['c'][0]|nested[0][1]|nested|first|last|nested|sum(start=[])|l|sum(start=10)
['a', 'b']|sum|[1, 'a']|sum|[1.5, 2]|sum|l|join|length|[1, none, missing]|join(',')|['a']|join(1)|l|join(d=', ')|people|join|length|l|abs|'5'|abs|-5|abs|(-5)|abs|-f|abs|[1, 2]|pprint|long|pprint|length|people|pprint|{'b': 1, 'a': [1, 2]}|pprint
'\\d\\q\\x41\\u0041\\101\\0'|'\\x4'|'\\u12'|'\\ud83d'|'a\\
b'|"\\""|'\\U0001F44B'|'\\'|'a' "b" 'c'|'\\r\\n'|length|'\\/'|'\\ '|'\\a\\b\\f\\v'|tojson
""".strip()

TEMPLATES = """
{% for x in l %}{{ x }}{% endfor %}
{% for x in l if x > 1 %}{{ loop.index }}{{ x }}{{ loop.last }}{% else %}none{% endfor %}
{% for x in l if x > 9 %}{{ x }}{% else %}none{% endfor %}
{% for x in missing %}{{ x }}{% else %}e{% endfor %}|{% for x in none %}{% endfor %}
{% for x in 5 %}{% endfor %}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}{% for k in d %}{{ k }}{% endfor %}
{% for a, b in nested %}{{ a }}{% endfor %}
{% for a, b in [[1, 2], [3, 4]] %}{{ a }}{{ b }}{% endfor %}{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for x in l %}{{ loop.first }}{{ loop.last }}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.length }}{{ loop.depth }};{% endfor %}
{% for x in l|map('abs') %}{{ loop.length }}{{ x }}{{ loop.revindex }}{{ loop.last }};{% endfor %}
{% for x in l %}{{ loop.previtem|default('-') }}{{ loop.nextitem|default('-') }}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }};{% endfor %}
{% for x in l %}{{ loop }}{{ loop|length }}{% endfor %}
{% for x in l %}{% for y in [1, 2] %}{{ loop.index }}{% endfor %}{{ loop.index }};{% endfor %}
{% for x in l %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% if loop.last %}{% break %}{% endif %},{% endfor %}
{% for x in range(10) %}{% if x > 3 %}{% break %}{% endif %}{{ x }}{% else %}E{% endfor %}
{% for x in l %}{% break %}{% else %}E{% endfor %}
{% break %}
{% for x in l %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}
{% for x in [[1, [2, [3]]], 4] recursive %}{{ loop.depth }}{{ loop.depth0 }}{% if x is iterable %}[{{ loop(x) }}]{% else %}{{ x }}{% endif %},{% endfor %}
{% for x in l %}{{ loop([1]) }}{% endfor %}
{% for x in l recursive %}{{ x }}{% else %}E{% endfor %}{% for x in [] recursive %}{{ x }}{% else %}E{% endfor %}
{% for loop in l %}{% endfor %}
{% for x in l %}{% set loop = 1 %}{{ loop }}{% endfor %}
{% for x in l %}{% endfor %}{{ x }}|{{ loop }}
{% set x = 1 %}{% for y in l %}{% set x = y %}{{ x }}{% endfor %}{{ x }}
{% set ns = namespace(x=1) %}{% for y in l %}{% set ns.x = ns.x + y %}{% endfor %}{{ ns.x }}
{% set ns = namespace() %}{% for y in l if not ns.done %}{{ y }}{% set ns.done = true %}{% endfor %}
{% set d.x = 1 %}
{% set missing.x = 1 %}
{% set ns = namespace() %}{% set ns.a, b = 1, 2 %}{{ ns.a }}{{ b }}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set a = a, %}{{ a }}{% set (c, d) = [3, 4] %}{{ c }}{{ d }}
{% set a, b = 1 %}
{% set a, b = [1] %}
{% set true = 1 %}
{% set 1 = 1 %}
{% set a = %}
{% set a %}x{{ n }}{% endset %}[{{ a }}]{{ a is escaped }}
{% set a | upper | replace('X', 'y') %}x{% endset %}[{{ a }}]
{% set a %}{% set b = 1 %}{{ b }}{% endset %}{{ a }}{{ b }}
{% if n %}{% set q = 1 %}{% endif %}{{ q }}{% if not n %}{% set r = 1 %}{% endif %}{{ r }}
{% if n > 5 and s %}a{% elif n %}b{% else %}c{% endif %}{% if missing %}x{% elif none %}y{% else %}z{% endif %}
{% if 1 if 0 else 1 %}x{% endif %}
{% if %}x{% endif %}
{% if n %}{{ x|nofilter }}{% endif %}
{% if false %}{{ x|nofilter }}{{ y is notest }}{% endif %}ok
{% if false %}{% for x in l %}{{ x|nofilter }}{% endfor %}{% endif %}ok
{{ x|nofilter if false }}ok
{{ 1 if true else x|nofilter }}
{% macro m(a, b=2, *c) %}{% endmacro %}
{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(b=1, a=2) }}[{{ m() }}]
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, x=2) }}
{% macro m(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, 3, x=4) }}{{ m() }}
{% macro m(a=1, b) %}{% endmacro %}
{% macro m(a, b=a) %}{{ b }}{% endmacro %}{{ m(4) }}{% set q = 5 %}{% macro k(x=q) %}{{ x }}{% endmacro %}{{ k() }}{% set q = 6 %}{{ k() }}
{% macro m(a) %}{{ a is defined }}{{ a }}{% endmacro %}{{ m() }}
{% macro m(a) %}{{ a.x }}{% endmacro %}{{ m() }}
{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}
{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}x{{ n }}{% endcall %}
{% macro m() %}[{{ caller(1, b=2) }}]{% endmacro %}{% call(a, b=3) m() %}{{ a }}{{ b }}{% endcall %}
{% macro m() %}x{% endmacro %}{% call m() %}y{% endcall %}
{% macro m(caller=none) %}{{ caller is none }}{% endmacro %}{{ m() }}
{% macro m(caller) %}{{ caller() }}{% endmacro %}{{ m() }}
{% macro m() %}{% if caller %}{{ caller() }}{% else %}-{% endif %}{% endmacro %}{{ m() }}{% call m() %}c{% endcall %}
{% call 5 %}x{% endcall %}
{% call s.upper() %}x{% endcall %}
{% macro f(n) %}{{ n if n < 2 else f(n - 1)|int + f(n - 2)|int }}{% endmacro %}{{ f(10) }}
{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }}
{{ m() }}{% macro m() %}x{% endmacro %}
{% macro m() %}{{ q }}{% endmacro %}{% set q = 1 %}{{ m() }}
{% macro m() %}{% set q = 2 %}{% endmacro %}{% set q = 1 %}{{ m() }}{{ q }}
{% for x in l %}{% macro m() %}{{ x }}{% endmacro %}{{ m() }}{% endfor %}{{ m is defined }}
{% macro m(x, y=1) %}{% endmacro %}{{ m.name }}{{ m.arguments }}{{ m.catch_kwargs }}{{ m.catch_varargs }}{{ m.caller }}{{ m is callable }}
{% macro m() %} x {% endmacro %}[{{ m()|trim }}]{{ m() ~ 'y' }}{{ m() is escaped }}{{ m()|length }}
{% with %}{% set a = 1 %}{{ a }}{% endwith %}{{ a }}{% with a = 1, b = a %}{{ a }}{{ b }}{% endwith %}
{% with a = 1 %}{% with a = 2 %}{{ a }}{% endwith %}{{ a }}{% endwith %}
{% filter upper %}a{{ s }}{% endfilter %}{% filter replace('a', 'b')|title %}aa bb{% endfilter %}{% filter nofilter %}{% endfilter %}
{% filter upper|trim %} x {% endfilter %}|{% filter indent(2) %}a
b{% endfilter %}
{% block x %}b{{ n }}{% endblock %}{% block y scoped %}c{% endblock y %}
{% set q = 1 %}{% for i in l %}{% block z %}{{ i }}{{ q }}{% endblock %}{% endfor %}
{% block x %}{% endblock %}{% block x %}{% endblock %}
{% print 1, s %}{% print n %}
{% include 'x' %}
{% if false %}{% include 'x' %}{% import 'y' as z %}{% from 'q' import w %}{% endif %}ok
{% do l.append(1) %}
{% autoescape false %}{{ html }}{% endautoescape %}
{% generation %}{{ s }}{% endgeneration %}
{% for m in messages %}{% generation %}{% set z = 1 %}{{ m.content }}{{ z }}{% endgeneration %}{{ z }}{% endfor %}
{% raw %}{{ x }}{% if %}{# #}{% endraw %}|{%- raw -%}  x  {%- endraw -%}  y
{% raw %}
 a
 {% endraw %}
b
{% raw %}x
{# a #}b{#- c -#} d {#+ e +#} f
{# unclosed
a {#- c #} b {# d -#} c
{#-#}x{##}y
  {{- n }}  {{ n -}}  {{- n -}}  x
{{+ n }}x {{ n +}}
  {%+ if n %} x {%+ endif +%}
y
  {% if n %}
  x
  {% endif %}
y
  a {% if n %} b
  {%- endif %}  c
{%- if n -%}
   x
{%- endif -%}
   y
	{% if n %}	x{% endif %}	
z
{% for x in l %}

{{ x }}

{% endfor %}

{% set a = 1 -%}
   b
{% set a = 1 +%}
b
{% set a = 1 %}
{% set b = 2 %}

c
x {% set a = 1 %}
  {# c #}
  {# c -#}
   {{ n }}
  {%- set a = 1 %}  
{{ n }}
{% if n
   > 5 %}multi{% endif %}{{
  s
}}
a{{ 'x' }}{{ "y" }}{{ n }}
{{ {'a': {'b': {}}} }}{{ {}}}
{{ '}}' }}{{ '{%' }}{{ "%}" }}{% if '%}' %}x{% endif %}
{{ a
{% if a
{{ a }
{{ a %}
{% if a }}
{% endif %}
{% else %}
{% endfor %}
{% if n %}{% endfor %}
{% for x in l %}{% endif %}
{% for x l %}{% endfor %}
{% for in l %}{% endfor %}
{% for x in %}{% endfor %}
{% if n %}{% else %}{% else %}{% endif %}
{% if n %}{% else %}{% elif %}{% endif %}
{% unknown %}
{% %}
{% 5 %}
{% if n: %}x{% endif %}{% for x in l: %}{{ x }}{% endfor %}
{{ }}
{{ 1, 2 }}{{ 1, }}
{{ (1 }}
{{ [1, 2 }}
{{ {1: 2 }}
{{ 1) }}
{{ f(1 }}
{{ s|upper() }}{{ s|default }}{{ s|replace('l') }}
{{ s|upper(1) }}
{{ s|join(1, 2, 3) }}
{{ s|truncate(foo=1) }}
{{ raise_exception('boom ' ~ n) }}
{{ raise_exception() }}
{{ strftime_now('%Y-%m-%d %H:%M:%S %B %b %A %a %j %p %I %y %e %-d %d %% %U %W %w %u %V %G %F %T %D %R %C %h %k %l') }}
{{ strftime_now() }}
{{ cycler('a', 'b') is callable }}{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.current }}{{ c.next() }}{{ c.next() }}{{ c.reset() }}{{ c.current }}
{% set j = joiner('|') %}{% for x in l %}{{ j() }}{{ x }}{% endfor %}
{% set g = l|map('abs') %}{{ g|list }}{{ g|list }}
{% set g = l|select('>', 1) %}{% for x in g %}{{ x }}{% endfor %}{% for x in g %}{{ x }}{% endfor %}{{ 2 in (l|select) }}
{% set g = l|batch(2) %}{{ g|first }}{{ g|list }}{% set r = l|reverse %}{{ r|first }}{{ r|list }}
{% set m = s.upper %}{{ m() }}{% set k = d.get %}{{ k('b') }}
{% for c in s %}{{ c }}{% if loop.index == 3 %}{% break %}{% endif %}{% endfor %}
{% for x in [1, 2, 3] %}{% if loop.index is odd %}{{ x }}{% endif %}{% endfor %}
{% for group in people|groupby('age') %}{{ group.grouper }}:{% for p in group.list %}{{ p.name }}{% endfor %};{% endfor %}
{% for row in l|batch(2, '-') %}{{ row|join }};{% endfor %}{% for col in l|slice(2) %}{{ col }}{% endfor %}
{{ messages|selectattr('tool_calls')|list|length }}{{ messages|selectattr('tool_calls', 'defined')|list|length }}
{% set items = messages|selectattr('role', 'eq', 'user') %}{{ items|length }}
""".strip()

# Failing on a line that is not the first; blocks of a line or more each, with a line of dashes between them.
FAILURES = r"""
a
{{ missing.x }}
---
{% if n %}

  {{ 1 // 0 }}
{% endif %}
---
{% macro m(x) %}
{{ x.y.z }}
{% endmacro %}


{{ m(d) }}
---
{% for x in l %}
  {% if x == 2 %}
    {{ raise_exception('no') }}
  {% endif %}
{% endfor %}
---
ok

{% if n %}
x
---
one
two {{ a b }}
---
{% set a = 1 %}
{% set b = a.b.c %}
---

{{ s|nofilter }}
---

{% endfor %}
---
{#
comment
#}
{{ none + 1 }}
---
{%- if n -%}


{{- l.append(1) }}
{%- endif %}
---
{% set x %}
{{ missing() }}
{% endset %}
---
{% for x in l %}
{% endfor %}
{% for x in none %}
{% endfor %}
---
a
b
{% raw %}
c
---
{{ n }}
{{ 'abc
---
{% if n %}
  {% for x in l %}
  {% endif %}
{% endfor %}
"""


def render(template):
    """The output, or the line of the failure."""
    try:
        return environment().from_string(template).render(**copy.deepcopy(VARIABLES)), None  # indent changes a list
    except jinja2.TemplateSyntaxError as error:
        return None, error.lineno
    except RecursionError:
        raise
    except Exception as error:
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == "<template>"]
        return None, lines[-1] if lines else 0


def expressions():
    """Every expression of the list, and whether it is several parts of a line in a row."""
    for line in EXPRESSIONS.split("\n"):
        # A bar separates expressions, and filters too: both readings are cases.
        parts = line.split("|")
        for start in range(len(parts)):
            for length in (1, 2, 3):
                if start + length <= len(parts):
                    yield "{{ " + "|".join(parts[start:start + length]) + " }}", length > 1


def products():
    for value, rest in itertools.product(VALUES, FILTERS):
        yield "{{ %s|%s }}" % (value if value.isidentifier() else "(" + value + ")", rest)
    for value, rest in itertools.product(VALUES, TESTS):
        yield "{{ (%s) is %s }}" % (value, rest)
    for left, sign, right in itertools.product(OPERANDS, BINARY, OPERANDS):
        yield "{{ %s %s %s }}" % (left, sign, right)
    for subject, method in itertools.product(SUBJECTS, METHODS):
        yield "{{ %s.%s }}" % (subject, method)
    for sequence, slice in itertools.product(SEQUENCES, SLICES):
        yield "{{ (%s)%s }}" % (sequence, slice)
    for form, value in itertools.product(PERCENT, PERCENT_VALUES):
        yield "{{ '%s' %% %s }}" % (form, value)
    for form, value in itertools.product(SPECS, SPEC_VALUES):
        yield "{{ '{:%s}'.format(%s) }}" % (form, value)


def printable(template, output):
    return not re.search(r" at 0x|\d{39}|<function|<built-in|bound method|<class|object>|[\ud800-\udfff]|\dj\)", output or "")


def kept(template, share):
    """One in so many, the same ones every time."""
    return zlib.crc32(template.encode()) % share == 0


def main(out, share=1):
    cases, seen = [], set()
    fixed = [t for t in TEMPLATES.split("\n")]
    # Templates of several lines stand among the rest as they are: every run of up to four lines is a case.
    fixed += ["\n".join(fixed[i:i + n]) for n in (2, 3, 4) for i in range(len(fixed) - n + 1)]
    windows = {t for t, is_window in expressions() if is_window}
    every = [t for t, _ in expressions()] + fixed + [t for t in products() if kept(t, int(share))]
    for template in every:
        if template in seen:
            continue
        seen.add(template)
        output, line = render(template)
        if not printable(template, output) or (output is None and template in windows):
            continue
        cases.append([template, output] if line is None else [template, None, 0])
    for template in FAILURES.strip("\n").split("\n---\n"):
        output, line = render(template)
        assert output is None and line, template
        cases.append([template, None, line])
    json.dump({"variables": VARIABLES, "cases": cases}, open(out, "w"), ensure_ascii=False, separators=(",", ":"))
    print(out, len(cases), "cases,", sum(c[1] is None for c in cases), "failing")


if __name__ == "__main__":
    main(*sys.argv[1:])
