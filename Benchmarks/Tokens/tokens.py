"""Megabytes per second that text is cut into tokens: ours beside Hugging Face `tokenizers`, on one thread each.

    pip install gguf==0.19.0 tokenizers==0.23.3
    python Benchmarks/Tokens/tokens.py MODEL.gguf... [--text FILE]

Run in the repository's folder; it builds `TokenBenchmark` itself. The peer is built from the GGUF's own vocabulary and
merges (for SentencePiece: from its scores, as `transformers` converts such vocabularies), with the published
pre-tokenizer, and must give the same ids. The text is Python's own library, code and comments, unless another is named.
"""
import os
os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
import argparse
import json
import pathlib
import subprocess
import sysconfig
import tempfile
import time
import numpy as np
import tokenizers
from gguf import GGUFReader
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers as pre

USER_DEFINED, CONTROL = 4, 3
QWEN2 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
         r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def metadata(path):
    fields = GGUFReader(path).fields
    return lambda key: fields["tokenizer.ggml." + key].contents() if "tokenizer.ggml." + key in fields else None


def sentencepiece_merges(tokens, scores, kinds):
    """Every way to put a token together from two, the best score first and of one score the shorter left part."""
    ids = {t: i for i, (t, k) in enumerate(zip(tokens, kinds)) if k != CONTROL}
    merges = []
    for token, i in ids.items():
        merges += [(-scores[i], len(token[:n]), token[:n], token[n:]) for n in range(1, len(token))
                   if token[:n] in ids and token[n:] in ids]
    return [m[2:] for m in sorted(merges, key=lambda m: m[0])]


def peer(meta):
    tokens, kinds = meta("tokens"), meta("token_type")
    vocabulary = {t: i for i, t in enumerate(tokens)}
    if meta("model") == "llama":
        vocabulary = {t.replace(" ", "\u2581") if k == 1 else t: i for i, (t, k) in enumerate(zip(tokens, kinds))}
        merges = sentencepiece_merges(tokens, meta("scores"), kinds)
        tok = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
        tok.normalizer = normalizers.Replace(" ", "\u2581")
        tok.pre_tokenizer = pre.Split(" ", "merged_with_previous")
    else:
        tok = Tokenizer(models.BPE(vocab=vocabulary, merges=[tuple(m.split(" ")) for m in meta("merges")]))
        if meta("pre") == "qwen2":
            tok.normalizer = normalizers.NFC()
            split = pre.Split(Regex(QWEN2), "isolated")
            tok.pre_tokenizer = pre.Sequence([split, pre.ByteLevel(add_prefix_space=False, use_regex=False)])
        elif meta("pre") == "smollm":
            digits = pre.Digits(individual_digits=True)
            tok.pre_tokenizer = pre.Sequence([digits, pre.ByteLevel(add_prefix_space=False, use_regex=True)])
        else:
            raise SystemExit(f"no peer for the pre-tokenizer {meta('pre')}")
    tok.add_tokens([AddedToken(t, normalized=False) for t, k in zip(tokens, kinds) if k == USER_DEFINED])
    return tok


def python_library(limit=10_000_000):
    """Python's own source files, in order of their names, up to `limit` bytes."""
    parts, size = [], 0
    for path in sorted(pathlib.Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        try:
            part = path.read_text("utf-8")
        except (UnicodeDecodeError, OSError):
            continue
        parts.append(part)
        size += len(part.encode())
        if size >= limit:
            break
    return "".join(parts).encode()[:limit].decode("utf-8", "ignore")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("models", nargs="+")
    options.add_argument("--text")
    options = options.parse_args()
    build = ["swift", "build", "-c", "release", "--product", "TokenBenchmark"]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    binaries = subprocess.run(build[:4] + ["--show-bin-path"], check=True, capture_output=True, text=True).stdout.strip()
    # Byte by byte: reading as text would turn \r\n into \n.
    text = pathlib.Path(options.text).read_bytes().decode() if options.text else python_library()
    with tempfile.TemporaryDirectory() as folder:
        file, ids = pathlib.Path(folder, "text"), pathlib.Path(folder, "ids")
        documents = cut(text)
        file.write_bytes("\0".join(documents).encode())
        megabytes = sum(len(document.encode()) for document in documents) / 1e6
        print(f"{megabytes:.1f} MB in {len(documents)} documents, tokenizers {tokenizers.__version__}")
        for model in options.models:
            run = [f"{binaries}/TokenBenchmark", model, str(file), str(ids)]
            ours = json.loads(subprocess.run(run, check=True, capture_output=True, text=True).stdout)
            tok = peer(metadata(model))
            rounds = [timed(tok, documents) for _ in range(3)]
            best, theirs = min(rounds)
            same = np.array_equal(np.fromfile(ids, "<i4"), np.array(theirs, dtype=np.int32))
            rate, their_rate = megabytes / ours["encode_seconds"], megabytes / best
            print(f"{pathlib.Path(model).name}: ours {rate:.1f} MB/s, tokenizers {their_rate:.2f} MB/s, "
                  f"ratio {rate / their_rate:.1f} (in the first of three rounds "
                  f"{rounds[0][0] / ours['first_encode_seconds']:.1f}), ids {'equal' if same else 'DIFFER'}, loaded in "
                  f"{ours['load_seconds'] * 1000:.0f} ms, decoded at {megabytes / ours['decode_seconds']:.0f} MB/s")


def cut(text, size=100_000):
    """Documents of about `size` characters, whole lines: the peer slows down in longer ones."""
    documents, document, length = [], [], 0
    for line in text.replace("\0", "").splitlines(keepends=True):
        document.append(line)
        length += len(line)
        if length >= size:
            documents.append("".join(document))
            document, length = [], 0
    return documents + (["".join(document)] if document else [])


def timed(tok, documents):
    start, ids = time.perf_counter(), []
    for document in documents:
        ids += tok.encode(document, add_special_tokens=False).ids
    return time.perf_counter() - start, ids


if __name__ == "__main__":
    main()
