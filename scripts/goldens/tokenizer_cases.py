"""Tokenizers of every kind, texts, and what `tokenizers` 0.23.3 makes of them.

    tokenizer_cases.py OUT [--count N] [--seed S] [--gguf NAME=FILE] [--folder NAME=FOLDER] [KIND …]

For each kind a folder with its tokenizer.json and texts.jsonl, a text and the library's answers a line:
`plain` (special tokens are text), `special` (they are tokens), `completed` (by the post-processor), `pair` (the text twice),
`decoded` and `decoded_special` (of `completed`, without and with special tokens). Lines without a text are decoded only.
`--list` names the kinds. Goldens: `tokenizer_cases.py Tests/TextTests/Goldens/tokenizers --count 40`.
The seed is fixed. Where two added tokens are the same once normalised, the library takes one or the other, from run to run:
there are none here. Of the kinds that begin with "probe-", one stage is on trial: the model behind it tells every byte and
where every word begins. Left out are the 13 numbers of Unicode 17 that the library's `Digits` knows and its regex does not.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import struct
os.environ["RUST_BACKTRACE"] = "0"  # where the library panics, the case is left out
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers as pre, processors, trainers

HERE = pathlib.Path(__file__).parent
NEWER = {*range(0x11DE0, 0x11DEA), *range(0x16FF4, 0x16FF7)}
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
SPACE = r"|\s*[\r\n]+|\s+(?!\S)|\s+"
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*" + SPACE
QWEN2 = LLAMA3.replace("{1,3}", "")
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
O200K = (rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{CONTRACTIONS}?|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{CONTRACTIONS}?|"
         r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*" + SPACE)
DEEPSEEK3 = [r"\p{N}{1,3}", "[一-龥\u3040-ゟ゠-ヿ]+",
             r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"""
             + SPACE]
CL100K = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+")

# Patterns that no family published: every construct of the engine.
PATTERNS = {
    "digits-from-the-right": r"\d{1,3}(?=(?:\d{3})*\b)", "atomic": r"(?>a|ab)c|\s", "lazy": r"<.+?>|\p{Lu}\p{Ll}*?\d",
    "possessive": r"\w++\s?|[^\w\s]*+", "lookbehind": r"(?<=[a-z])(?=[A-Z])|(?<!\d)\d{2}(?!\d)", "class": r"[^\P{L}a-f&&[^e]]+|[\]\-x]",
    "posix": r"[[:punct:]]+|[[:alpha:]&&[^a-m]]{2,}|[[:^space:][:digit:]]", "lines": r"^\s*.|.$|\R+", "case": r"(?i)straße|[k-s]+|É(?-i)x",
    "empty": r"x*", "script": r"\p{Han}+|\p{Hiragana}|\p{^Latin}|\p{Script=Greek}" .replace(r"|\p{Script=Greek}", ""),
    "nullable": r"(?:a|b*)*c|(?:\s*)+z", "interval": r"a{2}?b{,2}c{2,}?|\p{L}{3}+", "escapes": r"\x41|\x{1F600}|\u00e9|\t|\v|\0|\/|\-",
    "extended": r"(?x) a b \  # both" + "\n" + r"| (?:c d)+", "boundaries": r"\b\w|\B.\B|\A.|.\z",
}


class Texts:
    """Texts out of characters that some stage treats differently."""
    ASCII = list("  \n\t\r''''aabcdeilmnorstuvxyzABCDEIKLMNORSTZ0123456789..,,!?-_/\\|()[]{}<>@#$%^&*+=~`\";:")
    SPACES = list("\u00a0\u1680\u2000\u2003\u2009\u200a\u2028\u2029\u202f\u205f\u3000\u0085\x0b\x0c") + ["  ", "   ", "\r\n", "\n\n"]
    OTHERS = list("éÉàöÖßẞñçøÅåÆæœŒþÐðıİſﬁﬀŁłŠšŽžƠơǅʰªº") + list("абвгдЖЩщЁёїґαβγΩωΣσςάώ") + list("שלוםאב\u05b8\u05bcمرحبا\u0651\u064e٣٤پ") + list(
        "नमस्तेकि\u094d\u093cபிกำไทยລາວမြန်") + list("中文字漢語龥㐀𠀀𪚥豈ひらカタナーｶ한국어각가각ㄱ") + list("😀👍🏽🎉❤️\u200d\ufe0f\u20e3🇩🇪☺™€£¥©®°±½²Ⅷ①㊥㍿Ａａ１㌀ﷺ") + [
        "👩‍👩‍👧‍👦", "e\u0301", "a\u0308\u0323", "q\u0300\u0345\u0334", "\u0301", "\u0e33", "ﬁ\u0301", "각\u11a8", "\u1100\u1161\u11a8", "\u212b", "\u2126"]
    CONTROL = [chr(c) for c in range(32) if c not in (9, 10, 13)] + list("\x7f\u0080\u009f\u00ad\u200b\u200c\u200e\u2060\ufeff\ufffd\ue000\uffff\U000e0001\U0010fffd\ud7ff\uf900")
    WORDS = ("the cat sat on mat Hello world don't I'll we've it's do not n't tokenizer Alice was beginning to get very tired 12345 3.14 "
             "http://x.y/z foo_bar camelCase HTTPServer über naïve Straße ½ ▁ ▁▁the ##ing </w> <0xE4> Ġ Ċ").split()

    def __init__(self, seed, tokens=()):
        self.draw = random.Random(seed)
        self.tokens = list(tokens)

    def any(self):
        while True:
            bound = self.draw.choice([0x250, 0x800, 0x3000, 0x10000, 0x20000, 0x30000, 0x110000])
            scalar = self.draw.randrange(bound)
            if not 0xD800 <= scalar < 0xE000 and scalar not in NEWER:
                return chr(scalar)

    def part(self):
        draw = self.draw
        kind = draw.randrange(20)
        if kind < 6:
            return draw.choice(self.ASCII)
        if kind < 11:
            return draw.choice(["", "", " "]) + draw.choice(self.WORDS)
        if kind < 14:
            return draw.choice(self.OTHERS)
        if kind < 15:
            return draw.choice(self.SPACES)
        if kind < 16:
            return draw.choice(self.CONTROL)
        if kind < 17 and self.tokens:
            return draw.choice(["", "", " ", "a"]) + draw.choice(self.tokens) + draw.choice(["", "", "  ", "b"])
        if kind < 19:
            return self.any()
        return " "

    def text(self):
        draw, text = self.draw, ""
        for _ in range(draw.choice([0, 1, 1, 2, 2, 3, 4, 6, 9, 14])):
            # Runs, so that every quantifier is met.
            text += self.part() * draw.choice([1] * 9 + [2, 3, 5])
        if draw.randrange(400) == 0:
            text += draw.choice(self.ASCII + self.OTHERS) * draw.randrange(20, 200)
        return text


def corpus():
    texts = Texts(1)
    lines = (HERE / "inputs/english.txt").read_text().splitlines() + (HERE / "inputs/code.txt").read_text().splitlines()
    return lines + [texts.text() for _ in range(1500)]


CORPUS = corpus()


def trained(model, trainer, normalizer=None, pre_tokenizer=None, lines=None):
    tok = Tokenizer(model)
    if normalizer:
        tok.normalizer = normalizer
    if pre_tokenizer:
        tok.pre_tokenizer = pre_tokenizer
    tok.train_from_iterator(lines or CORPUS, trainer)
    return tok


def byte_level(pattern, normalizer=None, ignore_merges=False, invert=False, size=700):
    """Byte-level BPE over the splits of a family."""
    patterns = pattern if isinstance(pattern, list) else [pattern]
    split = [pre.Split(Regex(one), "removed" if invert else "isolated", invert=invert) for one in patterns]
    stages = pre.Sequence(split + [pre.ByteLevel(add_prefix_space=False, use_regex=False)])
    return finish(byte_level_over(stages, normalizer, size), ignore_merges)


def byte_level_over(stages, normalizer=None, size=700):
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"], show_progress=False,
                                  initial_alphabet=pre.ByteLevel.alphabet())
    return trained(models.BPE(), trainer, normalizer, stages)


def finish(tok, ignore_merges=False):
    tok.decoder = decoders.ByteLevel()
    text = json.loads(tok.to_str())
    text["model"]["ignore_merges"] = ignore_merges
    return Tokenizer.from_str(json.dumps(text))


def with_model(tok, **changes):
    text = json.loads(tok.to_str())
    text["model"].update(changes)
    return Tokenizer.from_str(json.dumps(text))


def gpt2_prefix():
    tok = finish(byte_level_over(pre.ByteLevel(add_prefix_space=True)))
    ids = [tok.token_to_id(name) for name in ("<|im_start|>", "<|im_end|>")]
    tok.post_processor = processors.RobertaProcessing(("<|im_end|>", ids[1]), ("<|im_start|>", ids[0]))
    return tok


def llama3():
    tok = byte_level(LLAMA3, ignore_merges=True)
    template = processors.TemplateProcessing("<|im_start|> $A", "<|im_start|> $A <|im_end|> $B:1",
                                             [("<|im_start|>", tok.token_to_id("<|im_start|>")), ("<|im_end|>", tok.token_to_id("<|im_end|>"))])
    tok.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template])
    return tok


def smollm():
    return finish(byte_level_over(pre.Sequence([pre.Digits(individual_digits=True), pre.ByteLevel(add_prefix_space=False)])))


def sentencepiece_bpe(normalizer, pre_tokenizer=None, decoder=None, bytes_=True, **changes):
    special = ["<unk>", "<s>", "</s>"]
    trainer = trainers.BpeTrainer(vocab_size=900, special_tokens=special, show_progress=False, limit_alphabet=250)
    tok = trained(models.BPE(unk_token="<unk>", fuse_unk=True), trainer, normalizer, pre_tokenizer)
    text = json.loads(tok.to_str())
    vocab = text["model"]["vocab"]
    if bytes_:
        for byte in range(256):
            vocab.setdefault(f"<0x{byte:02X}>", len(vocab))
    text["model"].update({"byte_fallback": bytes_, "fuse_unk": True, **changes})
    tok = Tokenizer.from_str(json.dumps(text))
    tok.decoder = decoder or decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tok.post_processor = processors.TemplateProcessing("<s> $A", "<s> $A <s> $B:1", [("<s>", 1)])
    return tok


def llama2():
    return sentencepiece_bpe(normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]))


def gemma():
    return sentencepiece_bpe(normalizers.Replace(" ", "▁"), pre.Split(" ", "merged_with_previous"),
                             decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]))


def metaspace_bpe(scheme, split, bytes_=True):
    return sentencepiece_bpe(None, pre.Metaspace(prepend_scheme=scheme, split=split),
                             decoders.Metaspace(prepend_scheme=scheme), bytes_)


def clip():
    trainer = trainers.BpeTrainer(vocab_size=700, special_tokens=["<unk>", "<|startoftext|>"], show_progress=False,
                                  end_of_word_suffix="</w>", limit_alphabet=120)
    tok = trained(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"), trainer,
                  normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]),
                  pre.Split(Regex(r"<\|startoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", invert=True))
    tok.decoder = decoders.BPEDecoder("</w>")
    return tok


def prefixed_bpe(fuse):
    trainer = trainers.BpeTrainer(vocab_size=600, special_tokens=["[UNK]"], show_progress=False, continuing_subword_prefix="##",
                                  limit_alphabet=80)
    tok = trained(models.BPE(unk_token="[UNK]", continuing_subword_prefix="##"), trainer, None, pre.Whitespace())
    tok.decoder = decoders.WordPiece("##", cleanup=True)
    return with_model(tok, fuse_unk=fuse)


def wordpiece(lowercase):
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=1000, special_tokens=special, show_progress=False, limit_alphabet=300)
    tok = trained(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100 if lowercase else 30), trainer,
                  normalizers.BertNormalizer(lowercase=lowercase), pre.BertPreTokenizer(),
                  [line.replace("▁", " ") for line in CORPUS])  # the mark has a meaning in GGUF
    tok.decoder = decoders.WordPiece(cleanup=True)
    tok.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tok.enable_padding(length=64)
    tok.enable_truncation(512)
    return tok


def character_map():
    """A small precompiled character map: a trie as a double array, by trying offsets."""
    entries = {"ﬁ": "fi", "Ａ": "A", "ａ": "a", "½": "1⁄2", "\u00a0": " ", "\u3000": " ", "e\u0301": "é", "\t": " ", "\n": " ", "\r": " ",
               "\r\n": " ", "①": "1", "㍿": "株式会社", "\u200d": "", "\x7f": "", "İ": "i̇", "ﷺ": "صلى", "\u0301": "", "각": "kak", "´": " ́",
               "カ\u3099": "ガ", "😀": ":)", "ᄀ": "g", "न": "n", "न\u094d": "nn", "🇩": "D", "\u05bc": "x"}
    trie = {}
    for key in entries:
        node = trie
        for byte in key.encode():
            node = node.setdefault(byte, {})
        node[None] = key
    texts, places = b"", {}
    for key, value in entries.items():
        places[key] = len(texts)
        texts += value.encode() + b"\0"
    units, used = [0] * 65536, {0}
    bases = set()

    def place(node, index):
        labels = [0 if byte is None else byte for byte in node]
        base = next(b for b in range(1, 60000) if b not in bases and (index ^ b) < 60000
                    and all((index ^ b ^ label) not in used for label in labels))
        bases.add(base)
        start = index ^ base
        used.update(start ^ label for label in labels)
        units[index] |= base << 10 | (1 << 8 if None in node else 0)
        for byte, child in node.items():
            if byte is None:
                units[start] = places[child] | 1 << 31
            else:
                units[start ^ byte] = byte
        for byte, child in node.items():
            if byte is not None:
                place(child, start ^ byte)

    place(trie, 0)
    size = max(used) + 1
    size += -size % 256
    return struct.pack("<I", 4 * size) + struct.pack(f"<{size}I", *units[:size]) + texts


def precompiled():
    return normalizers.Precompiled(character_map())


def unigram(normalizer, pre_tokenizer, fallback=False):
    trainer = trainers.UnigramTrainer(vocab_size=4000, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False,
                                      max_piece_length=12)
    tok = trained(models.Unigram(), trainer, normalizer, pre_tokenizer)
    text = json.loads(tok.to_str())
    vocab = text["model"]["vocab"]
    if fallback:
        vocab += [[f"<0x{byte:02X}>", -20.0 - byte / 7] for byte in range(256)]
    # Most of the alphabet goes, so that there is something unknown.
    text["model"]["vocab"] = [entry for i, entry in enumerate(vocab) if i < 3 or len(entry[0]) > 1 or ord(entry[0]) < 0x400 or ord(entry[0]) % 3]
    text["model"]["byte_fallback"] = fallback
    tok = Tokenizer.from_str(json.dumps(text))
    tok.decoder = decoders.Metaspace()
    tok.post_processor = processors.TemplateProcessing("$A </s>", "$A </s> $B </s>", [("</s>", 1)])
    return tok


def t5():
    return unigram(precompiled(), pre.Sequence([pre.WhitespaceSplit(), pre.Metaspace()]))


def unigram_bytes():
    return unigram(normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]),
                   pre.Metaspace(prepend_scheme="first"), True)


def word_level():
    words = sorted({piece for line in CORPUS for piece, _ in pre.WhitespaceSplit().pre_tokenize_str(line)})[::2]
    tok = Tokenizer(models.WordLevel({"[UNK]": 0, **{word: i + 1 for i, word in enumerate(words)}}, unk_token="[UNK]"))
    tok.pre_tokenizer = pre.WhitespaceSplit()
    return tok


def probe(normalizer=None, pre_tokenizer=None, added=()):
    """Tells every byte of the normalised text, and whether a word begins with it."""
    letters = sorted(pre.ByteLevel.alphabet())
    vocab = {"[UNK]": 0}
    for letter in letters:
        vocab[letter] = len(vocab)
        vocab["##" + letter] = len(vocab)
    tok = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=1000000))
    if normalizer:
        tok.normalizer = normalizer
    # A byte-level normaliser writes letters itself.
    stages = [pre_tokenizer] if pre_tokenizer else []
    if not (isinstance(normalizer, normalizers.ByteLevel) or isinstance(pre_tokenizer, pre.ByteLevel)):
        stages.append(pre.ByteLevel(add_prefix_space=False, use_regex=False))
    tok.pre_tokenizer = pre.Sequence(stages)
    if added:
        tok.add_tokens(list(added))
    return tok


def added_tokens(seed):
    draw = random.Random(seed)
    contents = ["<s>", "</s>", "<mask>", "[X]", "hello", "the", "The cat", "é", "<a><b>", "<b>", "  ", "\n\n", "中", "HTTP", "ſ", "ﬁ"]
    draw.shuffle(contents)
    flag = lambda: draw.randrange(3) == 0
    return [AddedToken(text, single_word=flag(), lstrip=flag(), rstrip=flag(), normalized=draw.randrange(2) == 0, special=flag())
            for text in contents[:9]]


def decoding(decoder):
    """Decodes rows of odd tokens."""
    tokens = ["a", "b", "▁", "▁the", "▁▁x", "the▁", "##ing", "##", "##a##", "</w>", "cat</w>", "a</w>b", "<0xE4>", "<0xB8>", "<0xAD>", "<0x41>", "<0xe4>",
              "<0xZZ>", "<0x+1>", "|", "<pad>", "a<pad>", "Ġ", "Ġthe", "Ã", "©", "Ċ", "é", "中", " ", "  ", " a ", "a ", " .", "?", "!", ",", "'", "n't", "'m",
              "do not", "'s", "'ve", "'re", " do not", "H", "H", "<s>", "</s>", "\u2581\u2581", "x", "xx", "😀", "<0xF0>", "<0x9F>", "<0x98>", "<0x80>"]
    tokens = list(dict.fromkeys(tokens))
    tok = Tokenizer(models.WordLevel({token: i for i, token in enumerate(tokens)}, unk_token="a"))
    tok.add_special_tokens(["<s>", "</s>"])
    if decoder:
        tok.decoder = decoder
    return tok


def kinds():
    D, N = decoders, normalizers
    bert = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    found = {
        "bpe-gpt2": lambda: finish(byte_level_over(pre.ByteLevel(add_prefix_space=False))), "bpe-gpt2-prefix": gpt2_prefix,
        "bpe-smollm": smollm, "bpe-llama3": llama3, "bpe-qwen2": lambda: byte_level(QWEN2, N.NFC()),
        "bpe-o200k": lambda: byte_level(O200K), "bpe-o200k-inverted": lambda: byte_level(O200K, invert=True),
        "bpe-deepseek3": lambda: byte_level(DEEPSEEK3), "bpe-cl100k": lambda: byte_level(CL100K),
        "bpe-byte-unknown": lambda: with_model(byte_level(GPT2, size=300), unk_token="<|im_end|>", fuse_unk=True),
        "bpe-llama2": llama2, "bpe-gemma": gemma, "bpe-metaspace-first": lambda: metaspace_bpe("first", False),
        "bpe-metaspace-always": lambda: metaspace_bpe("always", True), "bpe-metaspace-unknown": lambda: metaspace_bpe("never", True, False),
        "bpe-clip": clip, "bpe-prefix": lambda: prefixed_bpe(False), "bpe-prefix-fused": lambda: prefixed_bpe(True),
        "wordpiece": lambda: wordpiece(True), "wordpiece-cased": lambda: wordpiece(False),
        "unigram-t5": t5, "unigram-bytes": unigram_bytes, "word-level": word_level,
    }
    stages = {
        "nfc": N.NFC(), "nfd": N.NFD(), "nfkc": N.NFKC(), "nfkd": N.NFKD(), "lowercase": N.Lowercase(), "strip": N.Strip(),
        "strip-left": N.Strip(left=True, right=False), "strip-right": N.Strip(left=False, right=True), "accents": N.StripAccents(),
        "accents-nfd": N.Sequence([N.NFD(), N.StripAccents()]), "replace": N.Replace("a", "<b>"), "replace-regex": N.Replace(Regex(r"\s+|(?i)x"), "_"),
        "replace-empty": N.Replace("", "-"), "prepend": N.Prepend("▁ "), "nmt": N.Nmt(), "byte-level": N.ByteLevel(), "precompiled": precompiled(),
        "bert": N.BertNormalizer(), "bert-clean": N.BertNormalizer(**{**bert, "clean_text": True}),
        "bert-chinese": N.BertNormalizer(**{**bert, "handle_chinese_chars": True}), "bert-accents": N.BertNormalizer(**{**bert, "strip_accents": True}),
    }
    for name, stage in stages.items():
        found["probe-normalizer-" + name] = lambda stage=stage: probe(stage)
    splits = {
        "byte-level": pre.ByteLevel(), "whitespace": pre.Whitespace(), "whitespace-split": pre.WhitespaceSplit(), "bert": pre.BertPreTokenizer(),
        "digits": pre.Digits(), "digits-individual": pre.Digits(individual_digits=True), "delimiter": pre.CharDelimiterSplit("a"),
        "scripts": pre.UnicodeScripts(), "fixed": pre.FixedLength(3), "split-string": pre.Split("th", "isolated"),
        "byte-level-twice": pre.Sequence([pre.Digits(), pre.ByteLevel(add_prefix_space=True)]),
    }
    for behavior in ("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"):
        splits["punctuation-" + behavior] = pre.Punctuation(behavior)
        splits["split-" + behavior] = pre.Split(Regex(r"\s|\d+"), behavior)
        splits["split-inverted-" + behavior] = pre.Split(Regex(r"[a-z]"), behavior, invert=True)
    for scheme in ("first", "never", "always"):
        splits["metaspace-" + scheme] = pre.Metaspace(prepend_scheme=scheme)
        splits["metaspace-unsplit-" + scheme] = pre.Sequence([pre.Punctuation(), pre.Metaspace(replacement="_", prepend_scheme=scheme, split=False)])
    for name, pattern in PATTERNS.items():
        splits["regex-" + name] = pre.Split(Regex(pattern), "isolated")
    for name, stage in splits.items():
        found["probe-pre-tokenizer-" + name] = lambda stage=stage: probe(None, stage)
    for seed in range(6):  # none with Strip: added tokens behind it make the library panic, and then hang
        normalizer = [None, N.Lowercase(), N.NFKD(), N.Sequence([N.Replace("x", "yy"), N.Lowercase()]), N.Prepend("▁"), N.BertNormalizer()][seed]
        found[f"probe-added-{seed}"] = lambda seed=seed, normalizer=normalizer: probe(
            normalizer, pre.Metaspace(prepend_scheme="first") if seed % 2 else None, added_tokens(seed))
    rows = {
        "none": None, "byte-level": D.ByteLevel(), "replace": D.Replace("▁", " "), "replace-regex": D.Replace(Regex("[xy]+|▁"), ""), "wordpiece": D.WordPiece(),
        "wordpiece-untidy": D.WordPiece("##", cleanup=False), "byte-fallback": D.ByteFallback(), "fuse": D.Fuse(), "strip": D.Strip("a", 1, 0),
        "metaspace": D.Metaspace(), "metaspace-never": D.Metaspace(prepend_scheme="never"), "bpe": D.BPEDecoder(), "ctc": D.CTC(), "ctc-untidy": D.CTC(cleanup=False),
        "llama2": D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)]),
        "fuse-strip": D.Sequence([D.Fuse(), D.Strip("a", 2, 1)]), "fuse-replace": D.Sequence([D.Fuse(), D.Replace("the", "THE")]),
        "bytes-metaspace": D.Sequence([D.ByteFallback(), D.Metaspace()]), "fallback-byte-level": D.Sequence([D.ByteFallback(), D.ByteLevel()]),
        "bpe-wordpiece": D.Sequence([D.BPEDecoder(), D.WordPiece(), D.CTC()]),
    }
    for name, decoder in rows.items():
        found["decoder-" + name] = lambda decoder=decoder: decoding(decoder)
    return found


def from_gguf(path):
    """The tokenizer.json of a real vocabulary, with the family's published stages."""
    from gguf import GGUFReader
    fields = GGUFReader(path).fields
    meta = lambda key: fields["tokenizer." + key].contents() if "tokenizer." + key in fields else None
    texts, types = meta("ggml.tokens"), meta("ggml.token_type")
    vocab = {text: i for i, text in enumerate(texts)}
    special = [AddedToken(text, special=True, normalized=False) for text, kind in zip(texts, types) if kind in (2, 3)]
    user = [AddedToken(text, normalized=False) for text, kind in zip(texts, types) if kind == 4]
    if meta("ggml.model") == "gpt2":
        tok = Tokenizer(models.BPE(vocab, [tuple(merge.split(" ")) for merge in meta("ggml.merges")]))
        if meta("ggml.pre") == "qwen2":
            tok.normalizer = normalizers.NFC()
            tok.pre_tokenizer = pre.Sequence([pre.Split(Regex(QWEN2), "isolated"), pre.ByteLevel(add_prefix_space=False, use_regex=False)])
        else:
            tok.pre_tokenizer = pre.Sequence([pre.Digits(individual_digits=True), pre.ByteLevel(add_prefix_space=False)])
        tok.decoder = decoders.ByteLevel()
    else:
        # Merges as SentencePiece would find them: every way to make a token of two, the better scores first.
        words = {text for text, kind in zip(texts, types) if kind == 1}
        scores = meta("ggml.scores")
        merges = sorted((-scores[vocab[word]], vocab[word], word[:i], word[i:]) for word in words for i in range(1, len(word))
                        if word[:i] in words and word[i:] in words)
        vocab = {text.replace(" ", "▁") if kind == 1 else text: i for i, (text, kind) in enumerate(zip(texts, types))}
        tok = Tokenizer(models.BPE(vocab, [(left, right) for _, _, left, right in merges], unk_token="<unk>", fuse_unk=True, byte_fallback=True))
        tok.normalizer = normalizers.Replace(" ", "▁")
        tok.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tok.add_special_tokens(special)
    tok.add_tokens(user)
    return tok


def answers(tok, texts, count, decodes_only):
    tok.no_padding()
    tok.no_truncation()
    size = tok.get_vocab_size()
    for _ in range(count):
        line = {}
        try:
            if decodes_only:
                ids = [texts.draw.randrange(size) for _ in range(texts.draw.randrange(12))]
                line["completed"] = ids
            else:
                text = line["text"] = texts.text()
                tok.encode_special_tokens = True
                line["plain"] = tok.encode(text, add_special_tokens=False).ids
                tok.encode_special_tokens = False
                special = tok.encode(text, add_special_tokens=False).ids
                if special != line["plain"]:
                    line["special"] = special
                ids = tok.encode(text).ids
                if ids != special:
                    line["completed"] = ids
                    line["pair"] = tok.encode(text, text).ids
            line["decoded"] = tok.decode(ids)
            shown = tok.decode(ids, skip_special_tokens=False)
            if shown != line["decoded"]:
                line["decoded_special"] = shown
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # the library gives up, or its Rust panics, which is no Exception
            continue
        yield line


def write(folder, tok, count, seed, source=None):
    folder.mkdir(parents=True, exist_ok=True)
    if source:
        for file in pathlib.Path(source).glob("*.json"):
            if file.name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
                shutil.copy(file, folder / file.name)
    else:
        (folder / "tokenizer.json").write_text(tok.to_str())
    tokens = [token.content for token in tok.get_added_tokens_decoder().values()][:60]
    # A generator of its own for each kind, so that they can be made one by one.
    texts = Texts(f"{seed} {folder.name}", tokens)
    with open(folder / "texts.jsonl", "w") as out:
        for line in answers(tok, texts, count, folder.name.startswith("decoder-")):
            out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("kinds", nargs="*")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--gguf", action="append", default=[])
    parser.add_argument("--folder", action="append", default=[])
    parser.add_argument("--list", action="store_true")
    options = parser.parse_intermixed_args()
    known = kinds()
    if options.list:
        print("\n".join(known))
        return
    for item in options.gguf:
        name, path = item.split("=", 1)
        write(options.out / name, from_gguf(path), options.count, options.seed)
    for item in options.folder:
        name, path = item.split("=", 1)
        write(options.out / name, Tokenizer.from_file(path + "/tokenizer.json"), options.count, options.seed, path)
    for name in options.kinds or ([] if options.gguf or options.folder else known):
        write(options.out / name, known[name](), options.count, options.seed)


if __name__ == "__main__":
    main()
