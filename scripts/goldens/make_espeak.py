"""Phonemes of a few sentences from one espeak-ng process for each clause, with the marks put back: Goldens/espeak.json.

    python3 scripts/goldens/make_espeak.py > Tests/SpeechTests/Goldens/espeak.json

The committed file was made by Debian 12's espeak-ng 1.51, voice en-us.
"""

import json
import re
import subprocess
import unicodedata

SENTENCES = [
    "Hello, world.",
    "The quick brown fox jumps over the lazy dog.",
    "Are you coming to the party tonight?",
    "Do not touch that wire!",
    "First, open the valve; then, count to ten: one, two, three.",
    "Chapter four begins with a storm on the northern sea.",
    "We measured twenty seven degrees at noon.",
    "Her violin lesson was moved from Tuesday to Thursday.",
    "I would rather walk than take the bus.",
    "Thank you for calling, how can I help you today?",
]


def espeak(*arguments):
    return subprocess.run(["espeak-ng", *arguments], check=True, capture_output=True, text=True).stdout


def phonemes(sentence):
    whole = ""
    for words, mark in re.findall(r"(.+?)([,;:.!?])(?:\s|$)", sentence):
        said = " ".join(espeak("-q", "--ipa", "-v", "en-us", words).split())
        whole += re.sub(r"\([^)]+\)", "", said) + mark + (" " if mark in ",;:" else "")
    return unicodedata.normalize("NFD", whole.strip())


version = re.search(r"\d+\.\d+", espeak("--version")).group()
sentences = [{"text": text, "phonemes": phonemes(text)} for text in SENTENCES]
print(json.dumps({"version": version, "sentences": sentences}, ensure_ascii=False, indent=1))
