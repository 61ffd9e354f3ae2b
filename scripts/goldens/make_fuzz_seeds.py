"""Small honest files for the fuzzer to bend: make_fuzz_seeds.py OUT TINY

OUT gets gguf/, safetensors/, tokenizer/, config/; TINY is the folder of the tiny checkpoints (make_tiny.py), whose
config.json files are copied. gguf 0.19, safetensors 0.8, tokenizers 0.23.3, numpy; seeded, so a second run gives the same.
"""

import json
import pathlib
import shutil
import sys

import gguf
import numpy as np
import safetensors.numpy
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TEXT = ["the cat sat on the mat", "naïve café, 3.14 €", "def f(x): return x + 1", "你好 世界", "HELLO World  two  spaces"]
rng = np.random.default_rng(7)


def floats(*shape):
    return (rng.standard_normal(shape) * 0.1).astype(np.float32)


def llama(path, arch, model, tokens, extra):
    hidden, inner, vocab = 32, 64, len(tokens)
    w = gguf.GGUFWriter(path, arch)
    w.add_block_count(1), w.add_context_length(64), w.add_embedding_length(hidden), w.add_feed_forward_length(inner)
    w.add_head_count(2), w.add_head_count_kv(1), w.add_layer_norm_rms_eps(1e-5), w.add_rope_freq_base(10000.0)
    w.add_tokenizer_model(model), w.add_token_list(tokens)
    extra(w)
    w.add_tensor("token_embd.weight", floats(vocab, hidden))
    w.add_tensor("output_norm.weight", floats(hidden))
    for name, shape in [("attn_norm", (hidden,)), ("attn_q", (hidden, hidden)), ("attn_k", (16, hidden)), ("attn_v", (16, hidden)),
                        ("attn_output", (hidden, hidden)), ("ffn_norm", (hidden,)), ("ffn_gate", (inner, hidden)),
                        ("ffn_up", (inner, hidden)), ("ffn_down", (hidden, inner))]:
        values = floats(*shape)
        if name.startswith("ffn_") and len(shape) == 2:
            kind = {"ffn_gate": gguf.GGMLQuantizationType.Q8_0, "ffn_up": gguf.GGMLQuantizationType.Q4_0}.get(name)
            if kind:
                w.add_tensor(f"blk.0.{name}.weight", gguf.quants.quantize(values, kind), raw_dtype=kind)
                continue
        w.add_tensor(f"blk.0.{name}.weight", values)
    w.write_header_to_file(), w.write_kv_data_to_file(), w.write_tensors_to_file(), w.close()


def make_gguf(out):
    def byte_level(w):
        w.add_tokenizer_pre("qwen2")
        w.add_token_types([1] * 270 + [3, 4])
        w.add_token_merges(["t h", "th e", "Ġ the", "c a", "ca t"])
        w.add_bos_token_id(270), w.add_eos_token_id(271), w.add_chat_template("{{ messages[0].content }}")
    letters = [chr(c) for c in list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))]
    letters += [chr(256 + n) for n in range(256 - len(letters))]
    words = ["th", "the", "Ġthe", "ca", "cat"] + [f"w{i}" for i in range(9)]
    llama(out / "byte-level.gguf", "llama", "gpt2", letters + words + ["<s>", "</s>"], byte_level)

    def pieces(w):
        w.add_token_scores([0.0] * 3 + [-1.0 * i for i in range(277 - 3)])
        w.add_token_types([2, 3, 3] + [6] * 256 + [1] * 18)
        w.add_bos_token_id(1), w.add_eos_token_id(2), w.add_add_bos_token(True)
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)] + list("▁thecasonm") + ["th", "the", "▁the", "ca", "cat", "▁s", "on", "▁m"]
    llama(out / "pieces.gguf", "qwen2", "llama", tokens, pieces)


def make_safetensors(out):
    safetensors.numpy.save_file({"a.weight": floats(4, 6), "b": floats(3).astype(np.float16), "empty": floats(0, 4)}, out / "small.safetensors",
                                metadata={"format": "pt"})
    safetensors.numpy.save_file({"x": np.arange(6, dtype=np.int64), "y": np.arange(5, dtype=np.uint8)}, out / "integers.safetensors")


def make_tokenizers(out):
    def save(name, tokenizer, trainer=None):
        if trainer:
            tokenizer.train_from_iterator(TEXT * 3, trainer)
        tokenizer.save(str(out / f"{name}.json"), pretty=False)

    t = Tokenizer(models.BPE())
    t.normalizer, t.decoder, t.post_processor = normalizers.NFC(), decoders.ByteLevel(), processors.ByteLevel(trim_offsets=False)
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(r"\p{N}|\s+(?!\S)|[^\s\p{L}\p{N}]+|\p{L}+"), "isolated"),
                                               pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.add_special_tokens(["<|im_end|>"])
    save("byte-level", t, trainers.BpeTrainer(vocab_size=120, special_tokens=["<|im_start|>"], show_progress=False))

    t = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    save("byte-fallback", t, trainers.BpeTrainer(vocab_size=90, special_tokens=["<unk>", "<s>", "</s>", "<0x41>"], show_progress=False))

    t = Tokenizer(models.Unigram())
    t.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    t.pre_tokenizer, t.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    t.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    save("unigram", t, trainers.UnigramTrainer(vocab_size=60, special_tokens=["<unk>", "</s>"], unk_token="<unk>", show_progress=False))

    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer, t.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    t.post_processor, t.decoder = processors.BertProcessing(("[SEP]", 1), ("[CLS]", 2)), decoders.WordPiece()
    t.enable_truncation(16)
    save("word-piece", t, trainers.WordPieceTrainer(vocab_size=80, special_tokens=["[UNK]", "[SEP]", "[CLS]"], show_progress=False))

    t = Tokenizer(models.WordLevel(unk_token="<unk>"))
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation(), pre_tokenizers.Digits(True)])
    t.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Strip()])
    save("word-level", t, trainers.WordLevelTrainer(special_tokens=["<unk>"], show_progress=False))


def main():
    out, tiny = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    for name, make in [("gguf", make_gguf), ("safetensors", make_safetensors), ("tokenizer", make_tokenizers)]:
        shutil.rmtree(out / name, ignore_errors=True)
        (out / name).mkdir(parents=True)
        make(out / name)
    shutil.rmtree(out / "config", ignore_errors=True)
    (out / "config").mkdir()
    for folder in sorted(tiny.iterdir()):
        for style in ["config.json", "config.v4.json"]:
            if (folder / style).exists():
                config = json.loads((folder / style).read_text())
                (out / "config" / f"{folder.name}.{style}").write_text(json.dumps(config))


main()
