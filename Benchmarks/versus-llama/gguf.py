"""What a GGUF file says about its tensors: names, shapes and bytes, from the header alone."""

import dataclasses
import math
import os
import struct

# Bytes of the scalar kinds of metadata; 8 is a string, 9 an array.
SCALARS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
# The types of tensors that are stored as floats.
FLOATS = {0, 1, 30}


@dataclasses.dataclass
class GGUFTensor:
    name: str
    shape: list
    type: int
    bytes: int

    @property
    def elements(self):
        return math.prod(self.shape)


class Header:
    def __init__(self, file):
        self.file = file

    def number(self, format):
        return struct.unpack("<" + format, self.file.read(struct.calcsize(format)))[0]

    def string(self):
        return self.file.read(self.number("Q")).decode("utf-8", "replace")

    def value(self, kind):
        """Passes over a value; returns it if it is an unsigned 32-bit number."""
        if kind == 8:
            self.file.seek(self.number("Q"), os.SEEK_CUR)
        elif kind == 9:
            element, count = self.number("I"), self.number("Q")
            if element in SCALARS:
                self.file.seek(SCALARS[element] * count, os.SEEK_CUR)
            else:
                for _ in range(count):
                    self.value(element)
        elif kind == 4:
            return self.number("I")
        else:
            self.file.seek(SCALARS[kind], os.SEEK_CUR)


def read_tensors(path):
    """The tensors of a file; each reaches to the next, so bytes may count a little padding."""
    with open(path, "rb") as file:
        header = Header(file)
        if file.read(4) != b"GGUF":
            raise SystemExit(f"{path} is not a GGUF file")
        header.number("I")
        tensor_count, field_count = header.number("Q"), header.number("Q")
        alignment = 32
        for _ in range(field_count):
            name = header.string()
            value = header.value(header.number("I"))
            if name == "general.alignment":
                alignment = value
        found = []
        for _ in range(tensor_count):
            name = header.string()
            shape = [header.number("Q") for _ in range(header.number("I"))]
            found.append((header.number("I"), header.number("Q"), name, shape))
        start = -(-file.tell() // alignment) * alignment
    ends = sorted(offset for _, offset, _, _ in found)[1:] + [os.path.getsize(path) - start]
    ends = dict(zip(sorted(offset for _, offset, _, _ in found), ends))
    return [GGUFTensor(name, shape, type, ends[offset] - offset) for type, offset, name, shape in found]
