#!/usr/bin/env python3
"""Checks that every link in Markdown files leads somewhere: usage, check-links.py FILE-OR-FOLDER…

Relative links must name a file or folder of the repository, and their #fragment a heading (or an `id`) of it. Links out
to the web are counted, not fetched: whether they answer is no property of a commit.
"""

import re
import sys
import urllib.parse
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
# [text](target "title") and ![picture](target); [name]: target; href="target" and src="target" in embedded HTML.
INLINE = re.compile(
    r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]"  # the text, which may hold a picture's brackets
    r"\(\s*<?([^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*)>?"  # the target, which may hold a pair of parentheses
    r"(?:\s+[\"'(][^)]*)?\s*\)"  # and a title
)
DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:[ \t]*<?(\S+?)>?(?:\s|$)", re.MULTILINE)
ATTRIBUTE = re.compile(r"\b(?:href|src)=\"([^\"]+)\"")
FENCE = re.compile(r"^\s*(```+|~~~+)")
CODE_SPAN = re.compile(r"(`+)(?!`)(?:(?!\n\n).)+?(?<!`)\1(?!`)", re.DOTALL)


def prose(path):
    """A Markdown file's text with fenced blocks and code spans taken out, line numbers unchanged."""
    lines = []
    fence = None
    for line in path.read_text(encoding="utf-8").splitlines():
        mark = FENCE.match(line)
        if fence is not None or mark:
            lines.append("")
            if fence is None:
                fence = mark.group(1)
            elif mark and mark.group(1).startswith(fence):
                fence = None
        else:
            lines.append(line)
    return "\n".join(lines)


def without_code_spans(text):
    return CODE_SPAN.sub(lambda span: "\n" * span.group().count("\n"), text)


def anchors(path):
    """The fragments that a Markdown file answers to, made from its headings as GitHub makes them."""
    found = {}
    names = set()
    for line in prose(path).splitlines():
        names.update(re.findall(r"\b(?:id|name)=\"([^\"]+)\"", line))
        heading = re.match(r"#{1,6}\s+(.*?)\s*#*\s*$", line)
        if heading:
            text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading.group(1)).replace("`", "")
            slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            count = found[slug] = found.get(slug, -1) + 1
            names.add(f"{slug}-{count}" if count else slug)
    return names


def fault(source, link):
    """What is wrong with a link within the repository, or None."""
    path, _, fragment = link.partition("#")
    path = urllib.parse.unquote(path)
    target = (REPOSITORY / path[1:] if path.startswith("/") else source.parent / path).resolve() if path else source
    if not target.is_relative_to(REPOSITORY):
        return "leads out of the repository"
    if not target.exists():
        return "no such file"
    if fragment and target.suffix == ".md" and urllib.parse.unquote(fragment) not in anchors(target):
        return f"no heading for #{fragment}"
    return None


def main():
    files = []
    for argument in map(Path, sys.argv[1:]):
        if not argument.exists():
            sys.exit(f"check-links: {argument} does not exist")
        files += sorted(argument.rglob("*.md")) if argument.is_dir() else [argument]
    if not files:
        sys.exit("check-links: name at least one Markdown file or folder that holds one")
    inside = outside = faults = 0
    for file in (file.resolve() for file in files):
        text = without_code_spans(prose(file))
        for match in (match for pattern in (INLINE, DEFINITION, ATTRIBUTE) for match in pattern.finditer(text)):
            link = match.group(1)
            if re.match(r"[a-z][a-z0-9+.-]*:", link, re.IGNORECASE):
                outside += 1
                continue
            inside += 1
            wrong = fault(file, link)
            if wrong:
                faults += 1
                number = text.count("\n", 0, match.start()) + 1
                print(f"{file.relative_to(REPOSITORY)}:{number}: {link}: {wrong}", file=sys.stderr)
    print(f"check-links: {len(files)} files, {inside} links within the repository, {faults} broken; "
          f"{outside} links to the web, not fetched")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
