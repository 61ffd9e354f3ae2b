"""Goldens for all-MiniLM-L6-v2 from transformers (PyTorch): make_minilm.py MODEL_FOLDER inputs/minilm.json OUT

Token ids, the first sixteen numbers of each normalised embedding, and all cosines. MODEL_FOLDER is the model as the
store has it: `tutti pull minilm`, then `tutti show minilm` says where. transformers 5.23.0, tokenizers 0.23.3.
"""

import json
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

LIMIT = 256


def rounded(values):
    return [round(float(value), 6) for value in values]


def main():
    folder, inputs, out = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()), Path(sys.argv[3])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LIMIT)
    config = BertConfig.from_dict(json.loads((folder / "config.json").read_text()))
    model = BertModel.from_pretrained(folder, config=config).eval()
    sentences, vectors = [], []
    for text in inputs["sentences"]:
        ids = tokenizer.encode(text).ids
        with torch.no_grad():
            states = model(torch.tensor([ids])).last_hidden_state[0]
        mean = states.mean(0)
        vectors.append(mean / mean.norm())
        sentences.append({"text": text, "ids": ids, "norm_before": round(mean.norm().item(), 6),
                          "embedding": rounded(vectors[-1][:16]), "sum": round(vectors[-1].sum().item(), 6)})
    cosines = torch.stack(vectors) @ torch.stack(vectors).T
    golden = {"sentences": sentences, "cosines": [rounded(row) for row in cosines]}
    out.write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n")


main()
