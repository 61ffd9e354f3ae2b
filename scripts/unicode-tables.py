"""Writes the Unicode tables of the tokenizers: unicode-tables.py [FOLDER, by default Sources/Text/Tokenizers/Unicode]

Needs `pip install unicodedata2==16.0.0 tokenizers==0.23.3`: Unicode 16 is what the published tokenizers' regex engine
knows (Oniguruma in `tokenizers` 0.23.3; every category was compared), whatever this Python itself knows. The library's
other parts know other versions (normalisation forms 12, marks and punctuation 8 to 11, numbers and lower case 17): they
are asked, scalar by scalar.
"""
import library_tables
import pathlib
import sys
import unicodedata2 as unicode

HEAD = "// Made by scripts/unicode-tables.py from Unicode {}; do not edit.\n\n"
CLASSES = {"Lu": 1, "Lt": 1, "Ll": 2, "Lm": 4, "Lo": 4, "M": 8, "N": 16, "P": 32, "S": 64}
WHITESPACE = 128
CATEGORIES = ("Cn Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co").split()
SPACES = {9, 10, 11, 12, 13, 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}
# The letters of DeepSeek LLM's published pre-tokenizer, which names them one by one.
DEEPSEEK_LETTERS = (
    "A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\u1f7dᾀ-ᾴᾶ-ᾼ\u1fbeῂ-ῄῆ-ῌῐ-\u1fd3"
    "ῖ-\u1fdbῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\u2126ℨ\u212a-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ"
    "\U00010400-\U0001044f\U000104b0-\U000104d3\U000104d8-\U000104fb\U00010c80-\U00010cb2\U00010cc0-\U00010cf2"
    "\U000118a0-\U000118df\U0001e900-\U0001e943")


def category(scalar):
    if scalar in SPACES:
        return WHITESPACE
    name = unicode.category(chr(scalar))
    return CLASSES.get(name, CLASSES.get(name[0], 0))


def changes(value):
    """Where `value` changes, each as scalar × 256 + value."""
    last, found = 0, []
    for scalar in range(0x110000):
        now = value(scalar)
        if now != last:
            found.append(scalar << 8 | now)
            last = now
    return found


def letters(text):
    """The ranges of a regex class without escapes, each as first and last scalar."""
    found, i = [], 0
    while i < len(text):
        if text[i + 1:i + 2] == "-":
            found += [ord(text[i]), ord(text[i + 2])]
            i += 3
        else:
            found += [ord(text[i])] * 2
            i += 1
    return found


def compositions(known):
    """Composite (bit 31: it never comes of composing), first and second scalar (0: there is none) of each mapping."""
    found = []
    for scalar in range(0x110000):
        if scalar not in known:
            continue
        mapping = unicode.decomposition(chr(scalar))
        if not mapping or mapping.startswith("<"):
            continue
        parts = [int(part, 16) for part in mapping.split()]
        excluded = unicode.normalize("NFC", chr(scalar)) != chr(scalar)
        found += [scalar | excluded << 31, parts[0], parts[1] if len(parts) == 2 else 0]
    return found


def array(name, comment, numbers, shortest=False):
    lines, line = [], "       "
    for number in numbers:
        item = min(f" {number:#x},", f" {number},", key=len) if shortest else f" {number:#x},"
        if len(line) + len(item) > 120:
            lines.append(line)
            line = "       "
        line += item
    lines.append(line)
    return f"    /// {comment}\n    static let {name}: [UInt32] = [\n" + "\n".join(lines) + "\n    ]\n"


def main(folder):
    head = HEAD.format(unicode.unidata_version)
    classes = array("changes", "Where the class changes: scalar × 256 + class, in order.", changes(category))
    deepseek = array("deepSeekLetters", "First and last scalar of each range of DeepSeek LLM's own letters.",
                     letters(DEEPSEEK_LETTERS))
    (folder / "CharacterClassTable.swift").write_text(
        head + "/// General categories, reduced to the bits of `CharacterClass`.\nenum CharacterClassTable {\n"
        + classes + "\n" + deepseek + "}\n")
    combining = library_tables.combining_classes()
    orders = array("combiningClassChanges", "Where the combining class changes: scalar × 256 + class, in order.",
                   changes(lambda scalar: combining.get(scalar, 0)))
    mappings = array("mappings", "Composite, first, second; bit 31 of the composite: never composed; second 0: none.",
                     compositions(library_tables.decomposing()))
    (folder / "CompositionTable.swift").write_text(
        head + "/// Canonical decompositions and combining classes, without Hangul, which is arithmetic.\n"
        "enum CompositionTable {\n" + orders + "\n" + mappings + "}\n")
    categories = array("changes", "Where the category changes: scalar × 256 + category, in order.",
                       changes(lambda scalar: CATEGORIES.index(unicode.category(chr(scalar)))))
    (folder / "GeneralCategoryTable.swift").write_text(
        head + "/// General categories, by the raw values of `GeneralCategory`.\nenum GeneralCategoryTable {\n" + categories
        + "}\n")
    for name, comment, tables in library_tables.files():
        text = "\n".join(array(*table) for table in tables)
        (folder / f"{name}.swift").write_text(library_tables.HEAD + f"/// {comment}\nenum {name} {{\n" + text + "}\n")
    (folder / "ScriptTable.swift").write_text(
        library_tables.HEAD + "/// Scripts, as the regex engine and as the pre-tokenizer `UnicodeScripts` knows them.\n"
        "enum ScriptTable {\n" + library_tables.script_names() + "\n"
        + "\n".join(array(*table) for table in library_tables.scripts()) + "}\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "Sources/Text/Tokenizers/Unicode"))
