"""Writes the table of wide characters: width-table.py [FILE, by default Sources/Terminal/Editor/WideCharacters.swift]

Needs `pip install unicodedata2==16.0.0`, the Unicode of the project's other tables.
"""
import pathlib
import sys
import unicodedata2 as unicode


def ranges():
    """First and last scalar of each run of East Asian Width W or F (UAX 11)."""
    found = []
    for scalar in range(0x110000):
        if unicode.east_asian_width(chr(scalar)) in "WF":
            if found and found[-1] == scalar - 1:
                found[-1] = scalar
            else:
                found += [scalar, scalar]
    return found


def main(file):
    lines, line = [], "       "
    for number in ranges():
        item = f" {number:#x},"
        if len(line) + len(item) > 120:
            lines.append(line)
            line = "       "
        line += item
    lines.append(line)
    file.write_text(
        f"// Made by scripts/width-table.py from Unicode {unicode.unidata_version}; do not edit.\n\n"
        "/// Scalars that take two cells of a terminal: East Asian Width W or F.\n"
        "enum WideCharacters {\n    /// First and last scalar of each range, in order.\n"
        "    static let ranges: [UInt32] = [\n" + "\n".join(lines) + "\n    ]\n}\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "Sources/Terminal/Editor/WideCharacters.swift"))
