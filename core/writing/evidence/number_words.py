"""Number words: the values that they say."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.text.word_lists import word_lists

_DATA: Any = word_lists(str(Path(__file__).with_name("figures.py")))
SCALES = {
    name.replace("_", " "): int(value) for value, names in _DATA["scales"].items() for name in names.split()
}
_WORDS = {kind: words.split() for kind, words in _DATA["values"].items()}
ORDINALS = {word: value for value, word in enumerate(_WORDS["ordinals"]) if value}
_VALUES = {word: value for value, word in enumerate(_WORDS["units"])}
_VALUES |= {word: 10 * value for value, word in enumerate(_WORDS["tens"]) if value > 1}
MULTIPLIERS = {word: SCALES.get(word, 12) for word in _WORDS["multipliers"]}
_ALSO = {word: [*map(float, said.split())] for said, words in _DATA["also"].items() for word in words.split()}
_COUNTING = {word: value for words in _DATA["counting"].values() for value, word in enumerate(words.split())}
_CARDINAL = "|".join((*_VALUES, *MULTIPLIERS))
_NUMBER_WORD = "|".join((_CARDINAL, *ORDINALS))
_RATIO = re.compile(
    _DATA["patterns"]["ratio"] % {"words": "|".join((_NUMBER_WORD, *_COUNTING))}, re.IGNORECASE
)
NUMBER_WORDS = re.compile(
    rf"\b(?:(?:(?:half )?an? (?={'|'.join(MULTIPLIERS)}))?(?:{_CARDINAL})"
    rf"(?:(?: |-| and )(?:{_CARDINAL}))*(?:-(?:{'|'.join(ORDINALS)}))?|{'|'.join(ORDINALS)})\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z]+|[0-9]+(?:\.[0-9]+)?")


def said_values(text: str) -> set[float]:
    """All values that words of the text may say: halves, ordinals, number words in several languages."""
    found: set[float] = set(spelled(text))
    before: list[float] = []
    for word in re.findall(r"[^\W\d_]+", text.casefold()):
        said = [*_ALSO.get(word, ()), *([float(_COUNTING[word])] if word in _COUNTING else [])]
        found.update(said, (value * SCALES[word] for value in before or [1.0] if word in SCALES))
        before = [float(SCALES[word])] if word in SCALES else said
    for ratio in _RATIO.finditer(text.casefold()):
        part, whole = (float(x) if x[0].isdigit() else _worth(x) for x in ratio.groups())
        if 0 < part < whole:
            found |= {float(round(100 * part / whole)), round(100 * part / whole, 1)}
    return found


def _worth(word: str) -> float:
    return float(_VALUES.get(word) or ORDINALS.get(word) or _COUNTING.get(word) or 0)


def spelled(text: str) -> Iterator[float]:
    """Values of English number words ("forty-two", "nine thousand", "a dozen"), and of their parts."""
    whole = part = 0.0
    for match in _WORD.finditer(text.casefold()):
        word = match[0]
        if value := _VALUES.get(word) or ORDINALS.get(word):
            part = value + (part if part % 10 == 0 else 0)
        elif word == "hundred" and 0 < part < 100:
            part *= 100
        elif word in MULTIPLIERS and part:
            whole, part = whole + part * MULTIPLIERS[word], 0.0
        else:
            if word != "and" or whole + part < 100:
                whole, part = 0.0, _unspelled(word, text[max(0, match.start() - 5) : match.start()])
            continue
        yield whole + part


def _unspelled(word: str, before: str) -> float:
    """What a multiplier behind the word multiplies: "1.5 million", "a dozen", "half a million"."""
    if word in ("a", "an"):
        return 0.5 if before.casefold() == "half " else 1.0
    return float(word[:300]) if word[0].isdigit() else 0.0
