"""A model that is measured: its file, and what a token of it costs at least."""

import os
import re
import subprocess

import gguf
import programs

TYPES = "F32 F16 BF16 Q8_0 Q6_K Q5_K_M Q5_K_S Q5_1 Q5_0 Q4_K_M Q4_K_S IQ4_NL Q4_1 Q4_0".split()


class Subject:
    def __init__(self, name, options):
        """`name`: of the catalog, a GGUF file, or NAME:TYPE for one made anew in another format."""
        self.name = name if not os.path.exists(name) else os.path.basename(name)
        source, _, type = name.rpartition(":")
        self.is_remade = bool(source) and type in TYPES
        if not self.is_remade:
            source = name
        if not os.path.exists(source):
            subprocess.run([options.tutti, "pull", source], check=True, stdout=subprocess.DEVNULL)
        if self.is_remade:
            self.file = os.path.join(options.cache, f"{re.sub('[^A-Za-z0-9.]+', '-', source)}-{type}.gguf")
            if not os.path.exists(self.file):
                subprocess.run([options.tutti, "quantize", source, self.file, type], check=True,
                               stdout=subprocess.DEVNULL)
        card, _, _ = programs.run_json([options.tutti, "show", self.file if self.is_remade else source, "--json"])
        self.file, self.shape, self.vocabulary = card["file"], card["shape"], card["vocabulary"]
        self.tensors = gguf.read_tensors(self.file)

    def is_read_whole(self, tensor):
        """The table of embeddings is looked up row by row, unless it is the output's matrix too."""
        tied = all(other.name != "output.weight" for other in self.tensors)
        return tensor.name != "token_embd.weight" or tied

    @property
    def weight_bytes(self):
        """What decoding reads of the file for a token."""
        return sum(tensor.bytes for tensor in self.tensors if self.is_read_whole(tensor))

    def cache_bytes(self, keys):
        """What a token with so many before it reads of a cache in float16."""
        seen = sum(min(keys, window or keys) for window in self.shape["windows"])
        return seen * self.shape["key_value_heads"] * self.shape["head_width"] * 2 * 2

    @property
    def multiply_adds(self):
        """Multiply-adds with the matrices of the blocks for a token of a prompt; attention and output not counted."""
        return sum(tensor.elements for tensor in self.tensors
                   if len(tensor.shape) > 1 and tensor.name.startswith("blk."))

    @property
    def is_float(self):
        """Whether most weights are floats, so that products are of floats too."""
        matrices = [tensor for tensor in self.tensors if len(tensor.shape) > 1 and tensor.name.startswith("blk.")]
        return 2 * sum(t.elements for t in matrices if t.type in gguf.FLOATS) > self.multiply_adds
