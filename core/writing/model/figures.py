"""Numbers of a text that are not in its source, in figures or in English words."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from core.text.word_lists import word_lists

_MAX_PARTS = 6  # of a date or a version; more are a list, each named alone
_MAX_NO_FIGURE = 12  # "one of them", "the two": seldom a claim
_WORD = re.compile(r"[a-z]+|[0-9]+(?:\.[0-9]+)?")

_DATA: Any = word_lists(__file__)
_NUMBER, _SPACED_GROUPS, _GROUPED = map(re.compile, _DATA["patterns"].values())
_VALUES: dict[str, int] = _DATA["values"]
_MULTIPLIERS: dict[str, int] = _DATA["multipliers"]
_NUMBER_WORD = "|".join((*_VALUES, *_MULTIPLIERS))
_NUMBER_WORDS = re.compile(rf"\b(?:{_NUMBER_WORD})(?:(?: |-| and )(?:{_NUMBER_WORD}))*\b", re.IGNORECASE)


def foreign_numbers(texts: Iterable[str], source: str) -> list[str]:
    """The numbers of the texts, as they are written, that the source does not have."""
    numbers = [*_numbers(source)]
    unscaled = {value for _, value, scaled in numbers if value == scaled}  # "40 Mio." may be 40 million
    known = {value for _, *values in numbers for value in values} | {*map(_shown, _spelled(source))}
    return [
        written
        for text in texts
        for written, value, scaled in (*_numbers(text), *_number_words(text))
        if scaled not in known and (value == scaled or value not in unscaled)
    ]


def _numbers(text: str) -> Iterator[tuple[str, str, str]]:
    """Each number as it is written, its value, and that times the word after it: "40 million"."""
    text = unicodedata.normalize("NFKC", text)
    text = _SPACED_GROUPS.sub(lambda match: re.sub(r"\s", ",", match[0]), text)
    for match in _NUMBER.finditer(text):
        written, values = match[1], _values(match[1])
        if match[2] and len(values) == 1:
            yield match[0], values[0], _shown(float(values[0]) * _MULTIPLIERS[match[2].casefold()])
        else:
            yield from ((written if len(values) <= _MAX_PARTS else value, value, value) for value in values)


def _values(written: str) -> list[str]:
    """One for "1,000", "1.000", "1 000" and "١٠٠٠"; those of the parts of a date, a version or a list."""
    plain = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in written)
    parts = re.split(r"\D", plain)
    if grouped := _GROUPED.fullmatch(plain):
        parts = [re.sub(r"\D", "", grouped[1]), *filter(None, [grouped[2]])]
    whole = [part.lstrip("0") or "0" for part in parts]
    return whole if len(parts) != 2 else [f"{whole[0]}.{parts[1].rstrip('0')}".rstrip(".")]


def _number_words(text: str) -> Iterator[tuple[str, str, str]]:
    """English number words that are a claim, in the shape of `_numbers`."""
    for words in _NUMBER_WORDS.findall(text):
        *_, amount = (0.0, *_spelled(words))
        if amount > _MAX_NO_FIGURE:
            yield words, _shown(amount), _shown(amount)


def _spelled(text: str) -> Iterator[float]:
    """Values of English number words ("forty-two", "nine thousand", "1.5 million"), and of their parts."""
    whole = part = 0.0
    for match in _WORD.finditer(text.casefold()):
        word = match[0]
        if word in _VALUES:
            part = _VALUES[word] + (part if part % 10 == 0 else 0)
            yield part
        elif word == "hundred" and 0 < part < 100:
            part *= 100
        elif word in _MULTIPLIERS and part:
            whole, part = whole + part * _MULTIPLIERS[word], 0.0
        else:
            if word != "and" or whole + part < 100:
                whole, part = 0.0, float(word) if word[0].isdigit() else 0.0
            continue
        yield whole + part


def _shown(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")
