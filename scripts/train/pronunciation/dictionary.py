"""The words that the network learns: spelling and phones of the CMU dictionary, some of them held out."""

import hashlib
import re
from pathlib import Path

ENTRY = re.compile(r"""^\s*"?([^":]+)"?: "([A-Z0-9 ]+)",?$""")
LETTERS = "abcdefghijklmnopqrstuvwxyz'"


def read_words(path):
    """Spelling to phones, of the words that are letters and apostrophes only; the first pronunciation of each."""
    words = {}
    for line in Path(path).read_text().splitlines():
        match = ENTRY.match(line)
        if match and all(letter in LETTERS for letter in match[1]):
            words.setdefault(match[1], match[2].split())
    return words


def held_out(word):
    """True for one word in twenty, always the same ones."""
    return int(hashlib.sha256(word.encode()).hexdigest()[:8], 16) % 20 == 0
