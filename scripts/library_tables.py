"""Asks `tokenizers` 0.23.3 what it takes for a mark, a number, a lower-case letter and so on; for unicode-tables.py.

Its parts were compiled with different versions of Unicode, and what counts for agreement is what it does. Every scalar
stands between two separators that nothing touches, in batches.
"""
import unicodedata2 as unicode
from tokenizers import Regex, normalizers, pre_tokenizers

HEAD = "// Made by scripts/unicode-tables.py by asking tokenizers 0.23.3; do not edit.\n\n"
SCALARS = [scalar for scalar in range(0x110000) if not 0xD800 <= scalar < 0xE000]
SEPARATOR = "\U00010348"
BATCH = 20000
SCRIPTS = """Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo
Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common Coptic
Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic
Ethiopic Garay Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Gurung_Khema Han Hangul
Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian
Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Kirat_Rai Lao Latin
Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi
Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar
Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Ol_Onal Old_Hungarian
Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage
Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada
Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Sunuwar Syloti_Nagri Syriac Tagalog Tagbanwa
Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Todhri Toto Tulu_Tigalari
Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square""".split()


def batches():
    for start in range(0, len(SCALARS), BATCH):
        yield SCALARS[start:start + BATCH]


def normalized(normalizer, scalars=SCALARS, before="", behind=""):
    """What becomes of each scalar."""
    found = {}
    for start in range(0, len(scalars), BATCH):
        part = [scalar for scalar in scalars[start:start + BATCH] if chr(scalar) != SEPARATOR]
        text = SEPARATOR + "".join(before + chr(scalar) + behind + SEPARATOR for scalar in part)
        pieces = normalizer.normalize_str(text).split(SEPARATOR)[1:-1]
        assert len(pieces) == len(part)
        found.update(zip(part, pieces))
    return found


def isolated(pre_tokenizer):
    """The scalars that become a piece of their own beside a letter."""
    found = set()
    for part in batches():
        text = SEPARATOR + SEPARATOR.join(map(chr, part)) + SEPARATOR
        found |= {ord(piece) for piece, _ in pre_tokenizer.pre_tokenize_str(text) if len(piece) == 1 and piece != SEPARATOR}
    return found


def ranges(scalars):
    """First and last scalar of each range."""
    found = []
    for scalar in sorted(scalars):
        if found and found[-1] == scalar - 1:
            found[-1] = scalar
        else:
            found += [scalar, scalar]
    return found


def decomposing():
    return {scalar for scalar, text in normalized(normalizers.NFD()).items() if text != chr(scalar)}


def combining_classes():
    classes = {scalar: unicode.combining(chr(scalar)) for scalar in SCALARS}
    above = [scalar for scalar, order in classes.items() if order > 1]
    overlays = [scalar for scalar, order in classes.items() if order == 1]
    found = {}
    for scalar, text in normalized(normalizers.NFD(), above, before="q", behind="\u0334").items():
        if text[1] == "\u0334":
            found[scalar] = classes[scalar]
    for scalar, text in normalized(normalizers.NFD(), overlays, before="q\u0345").items():
        if text[1] == chr(scalar):
            found[scalar] = 1
    return found


def compatibility():
    """Scalar and (from bit 24) number of scalars that it becomes, those scalars; none of them decomposes further."""
    canonical, found = normalized(normalizers.NFD()), []
    for scalar, text in normalized(normalizers.NFKD()).items():
        if text != canonical[scalar] and text != chr(scalar):
            found += [scalar | len(text) << 24, *map(ord, text)]
    return found


def lower_case():
    found = []
    for scalar, text in normalized(normalizers.Lowercase()).items():
        if text != chr(scalar):
            found += [scalar, ord(text[0]), ord(text[1]) if len(text) > 1 else 0]
            assert len(text) <= 2
    return found


def files():
    bert = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    control = normalized(normalizers.BertNormalizer(**bert | {"clean_text": True}))
    accents = normalized(normalizers.BertNormalizer(**bert | {"strip_accents": True}))
    marks = normalized(normalizers.StripAccents())
    yield "PropertyTable", "Properties as the library's normalizers and pre-tokenizers know them: first and last scalars.", [
        ("punctuation", "What `Punctuation` and `BertPreTokenizer` take for punctuation.",
         ranges(isolated(pre_tokenizers.Punctuation()))),
        ("numbers", "What `Digits` takes for a number.", ranges(isolated(pre_tokenizers.Digits(individual_digits=True)))),
        ("control", "What `BertNormalizer` takes out as control characters.",
         ranges(scalar for scalar, text in control.items() if not text)),
        ("nonspacingMarks", "What `BertNormalizer` takes for an accent, once decomposed.",
         ranges(scalar for scalar, text in accents.items() if not text)),
        ("marks", "What `StripAccents` takes for an accent.", ranges(scalar for scalar, text in marks.items() if not text)),
    ]
    yield "LowercaseTable", "Lower case, one scalar at a time.", [
        ("mappings", "Scalar, its lower case, the second scalar of that or 0.", lower_case())]
    yield "CompatibilityTable", "Compatibility decompositions, whole.", [
        ("mappings", "Scalar and (from bit 24) number of scalars that it becomes, those scalars.", compatibility(), True)]


def script_names():
    names, line = [], "       "
    for name in SCRIPTS:
        item = f' "{name}",'
        if len(line) + len(item) > 120:
            names.append(line)
            line = "       "
        line += item
    names.append(line)
    return "    /// In the order of the numbers in `changes`, from 1.\n    static let names: [String] = [\n" + "\n".join(
        names) + "\n    ]\n"


def scripts():
    text = "".join(map(chr, SCALARS))
    number = dict.fromkeys(SCALARS, 0)
    for i, name in enumerate(SCRIPTS):
        split = pre_tokenizers.Split(Regex(rf"[^\p{{{name}}}]+"), "removed")
        for piece, _ in split.pre_tokenize_str(text):
            number.update((ord(character), i + 1) for character in piece)
    yield "changes", "Where the script changes: scalar × 256 + script, in order; 0: none.", changes(number)
    yield "libraryChanges", "The same for `UnicodeScripts`, with numbers of its own; 0: goes with any.", changes(library_scripts())


def changes(number):
    last, found = 0, []
    for scalar in SCALARS:
        if number[scalar] != last:
            last = number[scalar]
            found.append(scalar << 8 | last)
    return found


def library_scripts():
    """Numbers scripts by whether two scalars are kept together."""
    split = pre_tokenizers.UnicodeScripts()

    def joins(reference):
        """The scalars that stay with `reference`."""
        found = set()
        for part in batches():
            text = "".join(reference + chr(scalar) for scalar in part) + reference
            starts = {start for _, (start, _) in split.pre_tokenize_str(text)}
            found |= {scalar for i, scalar in enumerate(part) if 2 * i + 1 not in starts}
        return found

    anything = joins("a") & joins("\u0439")
    number, count = dict.fromkeys(SCALARS, 0), 0
    rest = [scalar for scalar in SCALARS if scalar not in anything]
    starts = {start for _, (start, _) in split.pre_tokenize_str("".join(map(chr, rest)))}
    runs = []
    for i, scalar in enumerate(rest):
        if i in starts:
            runs.append([])
        runs[-1].append(scalar)
    while runs:
        count += 1
        head = chr(runs[0][0])
        text = "".join(head + chr(run[0]) for run in runs)
        starts = {start for _, (start, _) in split.pre_tokenize_str(text)}
        left = []
        for i, run in enumerate(runs):
            if 2 * i + 1 in starts:
                left.append(run)
            else:
                number.update(dict.fromkeys(run, count))
        runs = left
    assert count < 256
    return number
