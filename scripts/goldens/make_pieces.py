"""Goldens of the pre-tokenizers: make_pieces.py OUT.json   (tokenizers 0.23.3)

Random texts out of characters that each family treats differently, and the pieces into which Hugging Face `tokenizers`
(Oniguruma) cuts them with the published regexes. `default` has no publisher: its regexes are llama.cpp's.
A case is the text and the ends of its pieces, counted in Unicode scalars. The seed is fixed.
"""
import importlib.util
import json
import pathlib
import random
import sys
from tokenizers import Regex, normalizers, pre_tokenizers as pre

tables = importlib.util.spec_from_file_location("tables", pathlib.Path(__file__).parent.parent / "unicode-tables.py")
unicode_tables = importlib.util.module_from_spec(tables)
tables.loader.exec_module(unicode_tables)

CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
SPACE = r"|\s*[\r\n]+|\s+(?!\S)|\s+"
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"


def cl100k(number):
    return CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|" + number + r"| ?[^\s\p{L}\p{N}]+[\r\n]*" + SPACE


def o200k(number, contraction):
    return (rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{contraction}|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{contraction}|"
            + number + r"| ?[^\s\p{L}\p{N}]+[\r\n/]*" + SPACE)


FAMILIES = {
    "gpt-2": [GPT2],
    "smollm": [r"\p{N}", GPT2],
    "llama-bpe": [cl100k(r"\p{N}{1,3}")],
    "qwen2": [cl100k(r"\p{N}")],
    "qwen35": [CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*" + SPACE],
    "gpt-4o": [o200k(r"\p{N}{1,3}", CONTRACTIONS + "?")],
    "tekken": [o200k(r"\p{N}", "")],
    "deepseek-llm": [r"[\r\n]", rf"\s?[{unicode_tables.DEEPSEEK_LETTERS}]+", r"\s?[!-/:-~！-／：-～‘-‟　-。]+", r"\s+$",
                     "[一-龥ࠀ-一가-\ud7ff]+", r"\p{N}+"],
    "deepseek-coder": [r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[一-龥ࠀ-一가-\ud7ff]+", r"\p{N}"],
    "deepseek-v3": [r"\p{N}{1,3}", "[一-龥\u3040-ゟ゠-ヿ]+",
                    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
                    r"| ?[\p{P}\p{S}]+[\r\n]*" + SPACE],
    "falcon": [r"[\p{P}\$\+<=>\^~\|`]+", GPT2, "[0-9][0-9][0-9]"],
    "default": [r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]"],
}
ALPHABET = list("   \n\n\r\t'''abcdeslrvtmSTREVLMDAB0123457.,!/-_$+<=>^~|`{[(\"#@*") + [
    "\u017f", "é", "É", "ß", "ǅ", "ʰ", "ª", "中", "文", "か", "カ", "가", "ㄱ", "ا", "न", "\u0301", "\u0323", "\u094d", "\u20dd",
    "½", "²", "٣", "Ⅷ", "３", "\u00a0", "\u3000", "\u2028", "\u0085", "。", "！", "：", "‘", "«", "€", "∑", "😀", "\u200d", "\ufe0f",
    "\U0001f1e9", "\x00", "\x1b", "\u200b", "\ue000", "\U0010fffd", "\U00010400", "\U0001d55a", "ა", "ﬁ", "\u07ff", "\u0800", "\ud7a3", "𠜎"]
COMBINING = list("aAeoZ가각ᄀᄒ한") + [
    "\u0301", "\u0300", "\u0316", "\u0323", "\u0327", "\u031b", "\u0308", "\u0304", "\u0345", "\u0344", "\u212b", "\u2126", "\uf900",
    "\u1161", "\u11a8", "\u11ab", "\u11a7", "\u1100", "\u0958", "\u093c", "\u0915", "\u0f71", "\u0f72", "\u0f73", "é", "ắ", "\u1e9b",
    "\u0653", "\u0627", "\u0340", "\u037e", "\U0001d15e", "\U0001d165", "\u3099", "か", "\u05b4", "\u05bc", "\u05d9", "x"]


def texts(seed, alphabet, count, longest):
    draw = random.Random(seed)
    found = []
    for _ in range(count):
        text, length = "", draw.randrange(1, longest)
        while len(text) < length:
            # Runs, so that every quantifier is met.
            text += draw.choice(alphabet) * draw.choice([1, 1, 1, 1, 2, 3, 5])
        found.append(text)
    return found


def main(out):
    cases = texts(7, ALPHABET, 700, 40)
    result = {"texts": cases, "families": {}, "composed": []}
    for name, regexes in FAMILIES.items():
        split = pre.Sequence([pre.Split(Regex(regex), "isolated") for regex in regexes])
        result["families"][name] = [[end for _, (_, end) in split.pre_tokenize_str(text)] for text in cases]
    form = normalizers.NFC()
    result["composed"] = [[text, form.normalize_str(text)] for text in texts(8, COMBINING, 600, 14)]
    pathlib.Path(out).write_text(json.dumps(result, separators=(",", ":")).replace('],"', '],\n"') + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
