"""Weights in PyTorch's container of before 1.6, and what they hold, for the reader of such files and for the fuzzer.

    python scripts/goldens/make_torch.py Tests/CheckpointsTests/Goldens/torch
"""
import collections
import json
import pickle
import sys
from pathlib import Path

import torch

out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
torch.manual_seed(7)


def save(value, name, **more):
    torch.save(value, out / name, _use_new_zipfile_serialization=False, **more)


whole = torch.randn(4, 6)
state = collections.OrderedDict(
    {
        "plain": torch.randn(2, 3),
        "turned": torch.randn(3, 2).t(),
        "channels_last": torch.randn(2, 3, 2, 2).to(memory_format=torch.channels_last),
        "part": whole[1:3, ::2],
        "same_storage": whole,
        "half": torch.randn(5).half(),
        "brain": torch.randn(5).bfloat16(),
        "number": torch.tensor(1.5),
        "empty": torch.zeros(0, 3),
        "count": torch.tensor(12),
    })
save(state, "state.pth")
# As a module saves itself, with its own notes beside the tensors.
save(torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2)).state_dict(), "module.pth")
torch.save(state, out / "zip.pth")
(out / "state.json").write_text(json.dumps(
    {name: {"shape": list(t.shape), "values": t.float().reshape(-1).tolist()} for name, t in state.items()}) + "\n")


class Trap:
    """What unpickling it would run: nothing worse than a word on the terminal."""

    def __reduce__(self):
        return print, ("unpickled",)


save({"weight": torch.zeros(1), "trap": Trap()}, "trap.pth")
